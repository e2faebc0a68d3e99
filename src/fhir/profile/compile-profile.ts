// A profile's snapshot compiled to what it asks for beyond R4: most of its elements ask for nothing and cost nothing. https://hl7.org/fhir/R4/profiling.html
import { isRawNumber } from '../primitives.ts'
import type { Author } from './author.ts'
import { baseElement, type Frame, frameBeneath, toProperties } from './base.ts'
import { toElementChecks } from './element-checks.ts'
import { type ElementValue, toSlicesCheck } from './slicing.ts'
import type { Structure, StructureElement } from './structure.ts'
import { type ElementTree, lastName, toTree } from './tree.ts'
import { type Check, isObject, report, type Visit } from './visit.ts'
import type { Compiled } from './world.ts'

/** Where the compilation is. */
interface At {
  readonly compiled: Compiled
  readonly author: Author
}

/** Looks at one child of an element by name. */
type CheckChild = (parent: Readonly<Record<string, unknown>>, visit: Visit) => void

/** Returns the check of a value against the profile; what R4 itself demands is taken to hold. */
export function compileProfile(compiled: Compiled, structure: Structure): Check {
  const at: At = { compiled, author: { profile: structure.url } }
  const frame: Frame = { type: structure.type, path: structure.type }
  return toValueCheck(at, toTree(structure), frame) ?? (() => {})
}

// All that is asked of a single value and what lies beneath it; undefined for nothing.
function toValueCheck(at: At, tree: ElementTree, frame: Frame, known?: StructureElement): Check | undefined {
  const base = known ?? baseElement(at.compiled.world, frame)
  const own = toElementChecks(at.compiled, tree.element, toKnown(at, tree.element, base), at.author)
  const beneath = known
    ? frameBeneath(at.compiled.world, frame, { element: known, types: tree.element.types })
    : frame
  const children = beneath ? tree.children.flatMap((child) => toChildCheck(at, child, beneath) ?? []) : []
  if (own.length === 0 && children.length === 0) return undefined
  return (value, visit, companion) => {
    for (const check of own) check(value, visit, companion)
    if (isObject(value) && !isRawNumber(value)) for (const check of children) check(value, visit)
    else if (isObject(companion)) inCompanion(children, companion, visit)
  }
}

// What lies beneath a primitive stands in its companion.
function inCompanion(
  children: readonly CheckChild[],
  companion: Readonly<Record<string, unknown>>,
  visit: Visit,
): void {
  const at = visit.path.findLastIndex((step) => typeof step === 'string')
  const name = visit.path[at]
  if (name !== undefined && !String(name).startsWith('_')) visit.path[at] = `_${name}`
  for (const check of children) check(companion, visit)
  if (name !== undefined) visit.path[at] = name
}

function toKnown({ compiled }: At, element: StructureElement, base: StructureElement | undefined) {
  // The rules of a type are checked wherever R4 has it.
  const ofTypes = element.types.flatMap(
    ({ code }) => baseElement(compiled.world, { type: code, path: code })?.constraints ?? [],
  )
  const constraints = new Set([...(base?.constraints ?? []), ...ofTypes].map(({ key }) => key))
  return { types: base?.types ?? [], constraints, ...(base?.binding && { binding: base.binding }) }
}

function toChildCheck(at: At, tree: ElementTree, parent: Frame): CheckChild | undefined {
  const { world } = at.compiled
  const name = lastName(tree.element.path)
  const found = baseElement(world, { ...parent, path: `${parent.path}.${name}` })
  // `valueQuantity` where R4 has `value[x]`: the one type of the choice.
  const choice = found ? undefined : choiceNamed(at, parent, name)
  const base = found ?? choice
  if (!base) return undefined
  const frame = { ...parent, path: base.path }
  const properties = toProperties(base).filter(({ property }) => !choice || property === name)
  const valueCheck = toValueCheck(at, tree, frame, base)
  const slices = toSlicesCheck(at.compiled, {
    tree,
    author: at.author,
    toCheck: (slice) => toValueCheck(at, slice, frame, base),
  })
  const counts = toCountCheck(at, tree.element, base, choice !== undefined)
  if (!valueCheck && !slices && !counts) return undefined
  return (value, visit) => {
    const items = gather(value, properties)
    counts?.(items, visit)
    if (valueCheck) for (const item of items) visitItem(valueCheck, item, visit)
    slices?.(items, items[0] ? [String(items[0].steps[0])] : [], visit)
  }
}

function choiceNamed({ compiled }: At, parent: Frame, name: string): StructureElement | undefined {
  for (let end = name.length - 1; end > 0; end--) {
    if (!/[A-Z]/.test(name[end]!)) continue
    const stem = `${name.slice(0, end)}[x]`
    const base = baseElement(compiled.world, { ...parent, path: `${parent.path}.${stem}` })
    if (base && toProperties(base).some(({ property }) => property === name)) return base
  }
  return undefined
}

function visitItem(check: Check, item: ElementValue, visit: Visit): void {
  const { length } = visit.path
  visit.path.push(...item.steps)
  check(item.value, visit, item.companion)
  visit.path.length = length
}

interface Property {
  readonly property: string
  readonly type: string | undefined
}

// Every value of the element, with where it stands; a primitive may have a companion alone.
function gather(parent: Readonly<Record<string, unknown>>, properties: readonly Property[]): ElementValue[] {
  const items: ElementValue[] = []
  for (const { property, type } of properties) {
    const value = parent[property]
    const companion = parent[`_${property}`]
    if (value === undefined && companion === undefined) continue
    const step = value === undefined ? `_${property}` : property
    if (!Array.isArray(value) && !Array.isArray(companion)) {
      items.push({ value, companion, steps: [step], ...withType(value, type) })
      continue
    }
    const [values, companions] = [toList(value), toList(companion)]
    for (let i = 0; i < Math.max(values.length, companions.length); i++) {
      const one = values[i] ?? undefined
      items.push({
        value: one,
        companion: companions[i] ?? undefined,
        steps: [step, i],
        ...withType(one, type),
      })
    }
  }
  return items
}

function toList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

function withType(value: unknown, type: string | undefined): { type?: string } {
  const own = isObject(value) && typeof value['resourceType'] === 'string' ? value['resourceType'] : type
  return own === undefined ? {} : { type: own }
}

type CheckCounts = (items: readonly ElementValue[], visit: Visit) => void

function toCountCheck(
  { author }: At,
  { path, min, max, types }: StructureElement,
  base: StructureElement,
  isOneType: boolean,
): CheckCounts | undefined {
  const name = lastName(path)
  const checks: CheckCounts[] = []
  if (min > base.min)
    checks.push((items, visit) => {
      if (items.length < min)
        report(visit, { rule: 'profile-few', facts: { name, min, found: items.length, ...author } })
    })
  if (max === '0' && base.max !== '0')
    checks.push((items, visit) => {
      if (items[0])
        report(visit, { rule: 'profile-none', facts: author as Record<string, string> }, items[0].steps[0]!)
    })
  else if (max !== '*' && (base.max === '*' || Number(max) < Number(base.max)))
    checks.push((items, visit) => {
      if (items.length > Number(max))
        report(visit, { rule: 'profile-many', facts: { name, max, found: items.length, ...author } })
    })
  const allowed = new Set(types.map(({ code }) => code))
  if (!isOneType && allowed.size > 0 && base.types.some(({ code }) => !allowed.has(code) && !isGeneral(code)))
    checks.push((items, visit) => checkTypes(items, { allowed, author, visit }))
  if (checks.length === 0) return undefined
  return (items, visit) => {
    for (const check of checks) check(items, visit)
  }
}

// Of these a value says its own type.
function isGeneral(code: string): boolean {
  return code === 'Resource' || code === 'BackboneElement' || code === 'Element'
}

interface Allowed {
  readonly allowed: ReadonlySet<string>
  readonly author: Author
  readonly visit: Visit
}

function checkTypes(items: readonly ElementValue[], { allowed, author, visit }: Allowed): void {
  for (const { type, steps } of items) {
    if (type === undefined || allowed.has(type)) continue
    const facts = { types: [...allowed].join(' | '), found: type, ...author }
    report(visit, { rule: 'profile-type', facts }, ...steps)
  }
}
