// How an item is told to belong to a slice. https://hl7.org/fhir/R4/profiling.html#discriminator
import { holdsPattern, isSame } from './compare.ts'
import { childNodes, type DataNode, parsePath, type Step, selectData } from './discriminator-path.ts'
import { quote } from './element-checks.ts'
import type { Discriminator, StructureElement } from './structure.ts'
import { typeOfProfile } from './target.ts'
import { childNamed, type ElementTree, toTree } from './tree.ts'
import { findQuietly, type Visit } from './visit.ts'
import type { Compiled } from './world.ts'

/** True where the item belongs; undefined where that cannot be told (a reference that is not resolved). */
export type Belongs = (item: DataNode, visit: Visit) => boolean | undefined

/** Returns the test of one discriminator for one slice. */
export function toBelongs(compiled: Compiled, { type, path }: Discriminator, slice: ElementTree): Belongs {
  const steps = parsePath(path)
  if (!steps) return () => undefined
  return (item, visit) => {
    const data = selectData(item, steps, visit)
    const tree = descend(compiled, slice, { steps, visit })
    if (data === undefined || tree === undefined) return undefined
    switch (type) {
      case 'value':
      case 'pattern':
        return isAsFixed(compiled, tree, { data, visit })
      case 'exists':
        return tree.element.max === '0'
          ? data.length === 0
          : tree.element.min > 0
            ? data.length > 0
            : undefined
      case 'type':
        return isOfType(compiled, typesAt(compiled, slice, { steps, visit }), data)
      case 'profile':
        return conforms(compiled, profilesAt(compiled, slice, { steps, visit }), { data, visit })
    }
  }
}

/** Returns what a slice demands at the path of its discriminator, for the sentence that says why an item is not of it. */
export function tellDemand(
  compiled: Compiled,
  { type, path }: Discriminator,
  slice: ElementTree,
  visit: Visit,
): string {
  const steps = parsePath(path)
  const tree = steps && descend(compiled, slice, { steps, visit })
  const what = tree && (type === 'value' || type === 'pattern') ? tellFixed(tree) : undefined
  if (what !== undefined) return `${path} = ${what}`
  if (tree && type === 'exists') return `${path} ${tree.element.max === '0' ? 'absent' : 'present'}`
  if (steps && type === 'type') return `${path}: ${typesAt(compiled, slice, { steps, visit }).join(' | ')}`
  if (steps && type === 'profile')
    return `${path}: ${profilesAt(compiled, slice, { steps, visit }).join(' | ')}`
  return path
}

function tellFixed({ element, children, slices }: ElementTree): string | undefined {
  const own = element.fixed ?? element.pattern
  if (own !== undefined) return quote(own)
  for (const child of [...children, ...slices]) {
    const found = tellFixed(child)
    if (found !== undefined) return found
  }
  return undefined
}

interface Way {
  readonly steps: readonly Step[]
  readonly visit: Visit
}

// The element of the slice at the discriminator's path, by way of the profiles its types name.
function descend(compiled: Compiled, slice: ElementTree, { steps, visit }: Way): ElementTree | undefined {
  let tree: ElementTree | undefined = slice
  for (const step of steps) {
    if (!tree) return undefined
    tree = descendOne(compiled, tree, { step, visit })
  }
  return tree
}

function descendOne(
  compiled: Compiled,
  tree: ElementTree,
  { step, visit }: { readonly step: Step; readonly visit: Visit },
): ElementTree | undefined {
  switch (step.kind) {
    case 'type':
      return tree
    case 'resolve':
      return profileTree(
        compiled,
        tree.element.types.flatMap(({ targetProfile = [] }) => targetProfile),
        visit,
      )
    case 'extension': {
      const extensions = childNamed(tree, 'extension')
      return extensions?.slices.find((each) => urlOf(each.element) === step.url)
    }
    case 'name': {
      const own = childNamed(tree, step.name)
      if (own) return own
      const profiles = tree.element.types.flatMap(({ profile = [] }) => profile)
      const other = profileTree(compiled, profiles, visit)
      return other && childNamed(other, step.name)
    }
  }
}

function urlOf({ types }: StructureElement): string | undefined {
  return types[0]?.profile?.[0]
}

function profileTree(
  compiled: Compiled,
  canonicals: readonly string[],
  visit: Visit,
): ElementTree | undefined {
  const [first] = canonicals
  const structure = first === undefined ? undefined : compiled.structure(first, visit)
  return structure && toTree(structure)
}

interface Found {
  readonly data: readonly DataNode[]
  readonly visit: Visit
}

/** Fixed values, patterns and required bindings at and beneath the element: one of the values must be as they say. */
function isAsFixed(compiled: Compiled, tree: ElementTree, { data, visit }: Found): boolean | undefined {
  if (!isTelling(tree)) return undefined
  return data.some((each) => isAs(compiled, tree, { data: [each], visit }))
}

function isAs(compiled: Compiled, tree: ElementTree, { data, visit }: Found): boolean {
  const [node] = data
  const { fixed, pattern, binding } = tree.element
  if (fixed !== undefined && !isSame(node?.value, fixed)) return false
  if (pattern !== undefined && !holdsPattern(node?.value, pattern)) return false
  if (binding?.strength === 'required' && binding.valueSet !== undefined) {
    const members = compiled.membership(binding.valueSet, visit)
    if (members && !codesIn(node?.value).some(([system, code]) => members.has(system, code))) return false
  }
  const telling = [
    ...tree.children,
    ...tree.children.flatMap(({ slices }) => slices.filter(({ element }) => element.min > 0)),
  ]
  return telling.filter(isTelling).every((child) => {
    const below = node ? childNodes(node, nameOf(child)) : []
    return below.some((each) => isAs(compiled, child, { data: [each], visit }))
  })
}

function nameOf({ element }: ElementTree): string {
  return element.path.slice(element.path.lastIndexOf('.') + 1).replace('[x]', '')
}

function isTelling({ element, children }: ElementTree): boolean {
  const own =
    element.fixed !== undefined || element.pattern !== undefined || element.binding?.strength === 'required'
  return (
    own ||
    children.some(
      (child) => isTelling(child) || child.slices.some((each) => each.element.min > 0 && isTelling(each)),
    )
  )
}

function codesIn(value: unknown): (readonly [string | undefined, string])[] {
  if (typeof value === 'string') return [[undefined, value]]
  const { coding, system, code } = (value ?? {}) as { coding?: unknown; system?: string; code?: unknown }
  if (Array.isArray(coding)) return coding.flatMap(codesIn)
  return typeof code === 'string' ? [[system ?? '', code]] : []
}

// The types that a slice allows at the path; of what a reference leads to, those of its targets.
function typesAt(compiled: Compiled, slice: ElementTree, { steps, visit }: Way): readonly string[] {
  if (steps.at(-1)?.kind === 'resolve')
    return profilesAt(compiled, slice, { steps, visit }).flatMap(
      (each) => typeOfProfile(compiled, each, visit) ?? [],
    )
  const { types = [], path = '' } = descend(compiled, slice, { steps, visit })?.element ?? {}
  return types.length > 0 ? types.map(({ code }) => code) : [path]
}

function profilesAt(compiled: Compiled, slice: ElementTree, { steps, visit }: Way): readonly string[] {
  const isTarget = steps.at(-1)?.kind === 'resolve'
  const tree = descend(compiled, slice, { steps: isTarget ? steps.slice(0, -1) : steps, visit })
  const types = tree?.element.types ?? []
  return types.flatMap(({ profile = [], targetProfile = [] }) => (isTarget ? targetProfile : profile))
}

function isOfType(
  compiled: Compiled,
  types: readonly string[],
  data: readonly DataNode[],
): boolean | undefined {
  const allowed = new Set(types)
  if (data.some(({ type }) => type === undefined)) return undefined
  const isAllowed = (type: string) =>
    allowed.has(type) || (allowed.has('Resource') && compiled.world.definitions.isResourceType(type))
  return data.length > 0 && data.every(({ type }) => isAllowed(type!))
}

function conforms(
  compiled: Compiled,
  canonicals: readonly string[],
  { data, visit }: Found,
): boolean | undefined {
  const checks = canonicals.flatMap((each) => compiled.profile(each, visit) ?? [])
  if (checks.length === 0 || data.some(({ value }) => value === undefined)) return undefined
  return data.some(({ value }) => checks.some((check) => findQuietly(check, value, visit).length === 0))
}
