// A differential written out in full: the base's snapshot with what the profile changes. https://hl7.org/fhir/R4/profiling.html#snapshot
import { FhirError } from '../outcome.ts'
import type { Resource } from '../resource.ts'
import { insertSlice, type RawElement, rename, subtreeEnd } from './snapshot-list.ts'
import { mergeElement } from './snapshot-merge.ts'

/** Looks up a StructureDefinition by canonical; one without a snapshot gets its own made. */
export type FindStructure = (canonical: string) => Resource | undefined

export interface Snapshots {
  /** Returns the snapshot's elements; throws FhirError `unprocessable`, which names both rules or the chain, where there can be none. */
  of(definition: Resource): readonly RawElement[]
}

const R4 = 'http://hl7.org/fhir/StructureDefinition/'

/** Returns the maker of snapshots; each is made once. */
export function createSnapshots(find: FindStructure): Snapshots {
  const made = new Map<string, readonly RawElement[]>()
  const chain: string[] = []
  const of = (definition: Resource): readonly RawElement[] => {
    const url = String(definition['url'])
    const known = elementsOf(definition, 'snapshot') ?? made.get(url)
    if (known) return known
    if (chain.includes(url)) throw refuse(url, `it leads back to itself: ${[...chain, url].join(' → ')}`)
    chain.push(url)
    try {
      const elements = generate({ definition, url, snapshotOf })
      made.set(url, elements)
      return elements
    } finally {
      chain.pop()
    }
  }
  const snapshotOf = (canonical: string): readonly RawElement[] | undefined => {
    const definition = find(canonical)
    return definition && of(definition)
  }
  return { of }
}

/** Returns the snapshot's elements of `definition`, made from its differential whether it has a snapshot or not. */
export function generateSnapshot(definition: Resource, find: FindStructure): readonly RawElement[] {
  const { snapshot, ...rest } = definition
  return createSnapshots(find).of(rest as Resource)
}

interface Making {
  readonly definition: Resource
  readonly url: string
  readonly snapshotOf: (canonical: string) => readonly RawElement[] | undefined
}

/** A snapshot on its way. */
interface Draft extends Making {
  readonly elements: RawElement[]
  /** The elements of the base. */
  readonly before: readonly RawElement[]
  /** Choices that were spelled `valueQuantity`, with the types met so far. */
  readonly shortened: Map<string, NonNullable<RawElement['type']>>
}

function refuse(url: string, what: string): FhirError {
  return new FhirError('unprocessable', `No snapshot can be made of ${url}: ${what}`)
}

function elementsOf(
  definition: Resource,
  view: 'snapshot' | 'differential',
): readonly RawElement[] | undefined {
  const { element } = (definition[view] ?? {}) as { element?: readonly RawElement[] }
  return Array.isArray(element) && element.length > 0 ? element : undefined
}

function generate(making: Making): readonly RawElement[] {
  const { definition, url, snapshotOf } = making
  const { baseDefinition, type, derivation } = definition as Resource & Record<string, string | undefined>
  const changes = elementsOf(definition, 'differential') ?? []
  if (baseDefinition === undefined) {
    if (changes.length > 0) return changes
    throw refuse(url, 'it has neither a base nor elements')
  }
  const base = snapshotOf(baseDefinition)
  if (!base) throw refuse(url, `its base ${baseDefinition} is not known`)
  const root = base[0]!.path
  const renamed = base.map((each) => rename(each, root, root, type ?? root))
  const draft: Draft = {
    ...making,
    shortened: new Map(),
    before: renamed,
    elements: renamed.map(startFrom),
  }
  for (const change of changes) {
    if (typeof change?.path !== 'string') throw refuse(url, 'an element of its differential has no path')
    if (derivation === 'specialization' && isNew(draft, change)) append(draft, change)
    else lay(draft, change)
  }
  return draft.elements
}

function lay(draft: Draft, change: RawElement): void {
  const element = place(draft, change)
  const profiles = change.type?.flatMap(({ profile = [] }) => profile) ?? []
  // Where a profile is named for the type, its rules hold for the element.
  const rules = profiles.length === 1 ? draft.snapshotOf(profiles[0]!)?.[0]?.['constraint'] : undefined
  if (Array.isArray(rules))
    mergeElement(element, { id: element.id, path: element.path, constraint: rules }, draft.url)
  mergeElement(element, change, draft.url)
}

// What an element was in the base is kept with it.
function startFrom(element: RawElement): RawElement {
  return {
    ...element,
    base: element.base ?? { path: element.path, min: element.min ?? 0, max: element.max ?? '*' },
  }
}

function isNew({ elements }: Draft, { path, id }: RawElement): boolean {
  return !elements.some((each) => each.id === (id ?? path))
}

function append({ elements }: Draft, change: RawElement): void {
  const { path, min = 0, max = '*' } = change
  elements.push({ ...change, id: change.id ?? path, min, max, base: change.base ?? { path, min, max } })
}

/** A part of an id: `component:systolic`. */
interface Segment {
  readonly name: string
  readonly slice: string | undefined
}

// Returns the element of the draft that a change is of, brought forth where the draft has it only by its type.
function place(draft: Draft, change: RawElement): RawElement {
  const segments = segmentsOf(draft, change)
  let parent: RawElement | undefined
  for (const segment of segments) parent = parent ? child(draft, parent, segment) : root(draft, segment)
  return parent!
}

function root({ elements, url }: Draft, { name }: Segment): RawElement {
  if (elements[0]!.path !== name)
    throw refuse(url, `it has no element ${name}: the path begins with another type`)
  return elements[0]!
}

// The id says which slices a path leads through; without one they are those that came last.
function segmentsOf(draft: Draft, { id, path, sliceName }: RawElement): readonly Segment[] {
  const names = path.split('.')
  const parts = id?.split('.')
  if (parts?.length === names.length) {
    const own = parts.map((part) => {
      const colon = part.indexOf(':')
      return colon < 0
        ? { name: part, slice: undefined }
        : { name: part.slice(0, colon), slice: part.slice(colon + 1) }
    })
    const last = own.at(-1)!
    return [...own.slice(0, -1), { ...last, slice: last.slice ?? sliceName }]
  }
  const before = draft.elements.findLast((each) => isPrefix(each.path, path) && each.sliceName !== undefined)
  const inherited = before?.id.split('.') ?? []
  return names.map((name, at) => {
    const slice = at === names.length - 1 ? sliceName : inherited[at]?.split(':')[1]
    return { name, slice }
  })
}

function isPrefix(path: string, of: string): boolean {
  return of.startsWith(`${path}.`)
}

function child(draft: Draft, parent: RawElement, { name, slice }: Segment): RawElement {
  const found = draft.elements.find(({ id }) => id === `${parent.id}.${name}`)
  const element = found ?? named(draft, parent, name, slice) ?? brought(draft, parent, name)
  if (slice !== undefined && isWhole(element, slice)) return call(draft, element, slice)
  return slice === undefined || element.sliceName === slice ? element : sliceOf(draft, element, slice)
}

// R4's own profiles also give a name to an element that has no slicing: the element as a whole is called so.
function isWhole(element: RawElement, slice: string): boolean {
  const { path, slicing, sliceName } = element
  if (slicing !== undefined || sliceName !== undefined || slice.includes('/')) return false
  return typesNamed(element, slice) === undefined && !/\.(?:modifierE|e)xtension$/.test(path)
}

function call({ elements }: Draft, element: RawElement, sliceName: string): RawElement {
  const [before, id] = [element.id, `${element.id}:${sliceName}`]
  for (const each of elements)
    if (each.id.startsWith(`${before}.`)) Object.assign(each, { id: id + each.id.slice(before.length) })
  return Object.assign(element, { id, sliceName })
}

function named(
  { elements }: Draft,
  parent: RawElement,
  name: string,
  slice: string | undefined,
): RawElement | undefined {
  return slice === undefined ? undefined : elements.find(({ id }) => id === `${parent.id}.${name}:${slice}`)
}

// Not there yet: a type of a choice, or an element of the parent's type.
function brought(draft: Draft, parent: RawElement, name: string): RawElement {
  const choice = typeOfChoice(draft, parent, name)
  if (choice) return choice
  const hasChildren = draft.elements.some(({ id }) => id.startsWith(`${parent.id}.`))
  if (!hasChildren) {
    unfold(draft, parent)
    const found =
      draft.elements.find(({ id }) => id === `${parent.id}.${name}`) ?? typeOfChoice(draft, parent, name)
    if (found) return found
  }
  throw refuse(draft.url, `${parent.path} has no element ${name}`)
}

// `valueQuantity` is the slice of `value[x]` that is a Quantity.
function typeOfChoice(draft: Draft, parent: RawElement, name: string): RawElement | undefined {
  for (const element of draft.elements) {
    if (!element.id.startsWith(`${parent.id}.`) || !element.id.endsWith('[x]')) continue
    const stem = element.id.slice(parent.id.length + 1, -3)
    if (stem.includes('.') || !name.startsWith(stem)) continue
    const type = element.type?.find(({ code }) => `${stem}${code[0]!.toUpperCase()}${code.slice(1)}` === name)
    if (type) return shortened(draft, element, name, type)
  }
  return undefined
}

// The short spelling leaves no other type, but for those that are spelled so too.
function shortened(
  draft: Draft,
  element: RawElement,
  name: string,
  type: NonNullable<RawElement['type']>[number],
): RawElement {
  const types = draft.shortened.get(element.id) ?? (element.slicing ? undefined : [])
  const slice = sliceOf(draft, element, name, [type])
  if (!types) return slice
  const all = types.some(({ code }) => code === type.code) ? types : [...types, type]
  draft.shortened.set(element.id, all)
  Object.assign(element, { type: all })
  return slice
}

function sliceOf(draft: Draft, element: RawElement, slice: string, types?: RawElement['type']): RawElement {
  const id = `${element.id}:${slice}`
  const known = draft.elements.find((each) => each.id === id)
  if (known) return known
  ensureSliced(draft, element, slice)
  const { slicing, ...own } = element
  const outer = slice.includes('/') ? slice.slice(0, slice.lastIndexOf('/')) : undefined
  const model =
    outer === undefined ? own : draft.elements.find((each) => each.id === `${element.id}:${outer}`)
  if (!model) throw refuse(draft.url, `${element.path} has no slice ${outer} for ${slice} to lie in`)
  const { slicing: _, ...copied } = model
  const made: RawElement = {
    ...copied,
    id,
    sliceName: slice,
    min: 0,
    ...((types ?? typesNamed(element, slice)) && { type: types ?? typesNamed(element, slice)! }),
  }
  insertSlice(draft.elements, element, made)
  return made
}

// A slice of a choice that is named for one of its types has that type.
function typesNamed({ path, type }: RawElement, slice: string): RawElement['type'] {
  if (!path.endsWith('[x]')) return undefined
  const stem = path.slice(path.lastIndexOf('.') + 1, -3)
  const own = type?.filter(({ code }) => `${stem}${code[0]!.toUpperCase()}${code.slice(1)}` === slice)
  return own && own.length > 0 ? own : undefined
}

function ensureSliced({ elements, url }: Draft, element: RawElement, slice: string): void {
  if (element.slicing || slice.includes('/')) return
  const at = elements.indexOf(element)
  const path = element.path
  const isExtension = path.endsWith('.extension') || path.endsWith('.modifierExtension')
  if (!isExtension && !path.endsWith('[x]'))
    throw refuse(url, `${path} has the slice ${slice}, but no slicing that tells its slices apart`)
  const [type, way, rules] = isExtension ? ['value', 'url', 'open'] : ['type', '$this', 'closed']
  Object.assign(element, { slicing: { discriminator: [{ type, path: way }], ordered: false, rules } })
  elements[at] = element
}

// Puts the children of an element's type, profile or content reference beneath it.
function unfold(draft: Draft, parent: RawElement): void {
  const { elements } = draft
  const unsliced = parent.sliceName === undefined ? undefined : parent.id.slice(0, parent.id.lastIndexOf(':'))
  // As they were in the base: what this profile asks of them all is asked beside the slice.
  const siblings = draft.before.filter(({ id }) => unsliced !== undefined && id.startsWith(`${unsliced}.`))
  const copies =
    siblings.length > 0
      ? siblings.map((each) => rename(each, unsliced!, parent.path, parent.path, parent.id))
      : childrenOfType(draft, parent)
  elements.splice(elements.indexOf(parent) + 1, 0, ...copies.map(startFrom))
}

function childrenOfType(draft: Draft, parent: RawElement): readonly RawElement[] {
  const target = parent.contentReference?.replace(/^.*#/, '')
  if (target !== undefined) {
    const from = draft.elements.findIndex(({ id }) => id === target)
    if (from < 0) throw refuse(draft.url, `${parent.path} refers to ${target}, which is not there`)
    const end = subtreeEnd(draft.elements, draft.elements[from]!)
    return draft.elements
      .slice(from + 1, end)
      .filter(({ id }) => id.startsWith(`${target}.`))
      .map((each) => rename(each, target, target, parent.path, parent.id))
  }
  const codes = new Set(parent.type?.map(({ code }) => code) ?? [])
  if (codes.size !== 1)
    throw refuse(
      draft.url,
      `${parent.path} may be of ${codes.size} types: one must be chosen before what lies beneath it`,
    )
  const [type] = parent.type!
  const profile =
    parent.type!.length === 1 && type!.profile?.length === 1 ? type!.profile[0]! : `${R4}${type!.code}`
  const snapshot = draft.snapshotOf(profile) ?? draft.snapshotOf(`${R4}${type!.code}`)
  if (!snapshot) throw refuse(draft.url, `${profile}, the type of ${parent.path}, is not known`)
  const own = snapshot[0]!.path
  return snapshot.slice(1).map((each) => rename(each, own, own, parent.path, parent.id))
}
