// What each part of a resource stands or falls with: the references whose loss it would not outlive. https://hl7.org/fhir/R4/conformance-rules.html#cardinality
import { isNumber } from '../primitives.ts'
import type { Resource } from '../resource.ts'
import { isContent, ruleOf } from './rules.ts'
import {
  containedName,
  entryName,
  type Ground,
  NONE,
  OUTERMOST,
  openScope,
  type Scope,
  scopeOfEntry,
  toEntryKey,
  toNames,
} from './scope.ts'
import { type Child, childOf, type Shape, shapeOf, UNKNOWN } from './shape.ts'

export type Row = Readonly<Record<string, unknown>>

/** The references of one resource, with what follows from each. Keys are `Type/id`, names `#…` (contained) and `@…` (entries). */
export interface Fates {
  readonly ground: Ground
  /** Keys of all of our own resources that it refers to or shows, and that may be hidden. */
  readonly keys: ReadonlySet<string>
  /** Resource or entry → keys and names: it is lost with any of them. */
  readonly losses: ReadonlyMap<object, Fate>
  /** Name → the same of what it names. */
  readonly named: ReadonlyMap<string, Fate>
  readonly scopes: ReadonlyMap<object, Scope>
}

/** Keys and names with any of which something may be lost; none where nothing takes it away. */
type Fate = readonly string[]

interface Walk extends Fates {
  readonly keys: Set<string>
  readonly losses: Map<object, Fate>
  readonly named: Map<string, Fate>
  readonly scopes: Map<object, Scope>
  /** Keys and names in the order in which the walk met them: those of one value stand together. */
  readonly met: string[]
}

/** Returns the fates of everything in `resource`, in one walk. */
export function findFates(resource: Resource, ground: Ground): Fates {
  const walk: Walk = {
    ground,
    keys: new Set(),
    losses: new Map(),
    named: new Map(),
    scopes: new Map(),
    met: [],
  }
  fateOfResource(resource, openScope(ground, resource, OUTERMOST, '0'), walk)
  return walk
}

/** True of what is not a primitive. */
export function isElement(value: unknown): value is Row {
  return typeof value === 'object' && value !== null && !isNumber(value)
}

/** True of an object that is a Reference with a literal: by its definition or, where R4 has none, by its looks. */
export function isReference(value: Row, { node }: Child): boolean {
  return (node === 'Reference' || node === UNKNOWN) && typeof value['reference'] === 'string'
}

/** True of `Type/id`, false of what names a part of the same resource. */
export function isKey(name: string): boolean {
  return name.charCodeAt(0) >= 0x41
}

function fateOfResource(resource: Resource, scope: Scope, walk: Walk): Fate {
  const from = walk.met.length
  walk.scopes.set(resource, scope)
  const fate = fateOfObject(resource, resource.resourceType, scope, walk)
  // A document, a message or an answer is whole or is not that any more; a collection may hold less.
  const isWhole = resource.resourceType === 'Bundle' && resource['type'] !== 'collection'
  const losses = isWhole ? unite([walk.met.slice(from)]) : fate
  walk.losses.set(resource, losses)
  return losses
}

function fateOfContained(resource: Resource, scope: Scope, walk: Walk): Fate {
  const fate = fateOfResource(resource, scope, walk)
  if (typeof resource.id === 'string') add(walk.named, containedName(scope, resource.id), fate)
  return fate
}

function fateOfValue(value: unknown, child: Child, scope: Scope, walk: Walk): Fate {
  if (!isElement(value)) return NONE
  if (child.node === 'Resource') {
    const resource = value as unknown as Resource
    if (child.stem === 'contained') return fateOfContained(resource, scope, walk)
    return fateOfResource(resource, openScope(walk.ground, resource, scope, String(walk.scopes.size)), walk)
  }
  const inner = fateOfObject(value, child.node, scope, walk)
  return isReference(value, child) ? unite([inner, readReference(value, scope, walk)]) : inner
}

function readReference({ reference }: Row, scope: Scope, { ground, keys, met }: Walk): Fate {
  const names = toNames(ground, scope, String(reference))
  for (const name of names) {
    met.push(name)
    if (isKey(name)) keys.add(name)
  }
  return names
}

function fateOfObject(object: Row, node: string, scope: Scope, walk: Walk): Fate {
  const { ground, keys, losses, named, met } = walk
  const shape = shapeOf(ground.definitions, node)
  if (node !== 'Bundle.entry' && node !== 'Parameters.parameter') return weigh(object, shape, scope, walk)
  const inner = weigh(object, shape, scopeOfEntry(ground, scope, object), walk)
  const key = toEntryKey(ground, object)
  if (key !== undefined) {
    keys.add(key)
    met.push(key)
  }
  const fate = key === undefined ? inner : unite([inner, [key]])
  losses.set(object, fate)
  const name = entryName(ground, scope, object)
  if (name !== undefined) add(named, name, fate)
  return fate
}

// Cardinalities and rules of one object, from the fates of its elements.
function weigh(object: Row, shape: Shape, scope: Scope, walk: Walk): Fate {
  const { met } = walk
  const from = met.length
  const rule = ruleOf(shape.node, object)
  const fates: Fate[] = []
  const contents: Fate[] = []
  const needed: Fate[] = []
  let isHeld = false
  for (const unit of unitsOf(object, shape)) {
    const { stem } = unit.child
    const before = met.length
    const items = fatesOfUnit(object, unit, scope, walk)
    const fate = uniteIfAll(items)
    if (rule.needs?.includes(stem)) needed.push(fate)
    if (fate.length === 0) isHeld ||= isContent(stem)
    else contents.push(fate)
    if (met.length === before) continue
    if (stem === 'modifierExtension') fates.push(met.slice(before))
    else if (rule.every?.includes(stem)) fates.push(...items)
    else if (shape.required.has(stem) || rule.with?.includes(stem)) fates.push(fate)
  }
  if (met.length === from) return NONE
  if (!isHeld) fates.push(...contents)
  if (rule.needs) fates.push(needed.length === 0 ? met.slice(from) : uniteIfAll(needed))
  return unite(fates)
}

/** An element of an object: its property, its companion, or both. */
export interface Unit {
  readonly name: string
  readonly child: Child
  readonly companion?: Child
}

/** Returns the elements of an object, each once. */
export function unitsOf(object: Row, shape: Shape): readonly Unit[] {
  const properties = Object.keys(object)
  const companions = properties.filter((property) => property.charCodeAt(0) === UNDERSCORE)
  if (companions.length === 0) return properties.map((name) => ({ name, child: childOf(shape, name) }))
  const names = new Set(properties.map((name) => (name.charCodeAt(0) === UNDERSCORE ? name.slice(1) : name)))
  return [...names].map((name) => ({
    name,
    child: childOf(shape, name),
    ...(Object.hasOwn(object, `_${name}`) && { companion: childOf(shape, `_${name}`) }),
  }))
}

const UNDERSCORE = 0x5f
const HELD: readonly Fate[] = [NONE]

// Of each item where the element is a list. A primitive that has a value outlives its companion.
function fatesOfUnit(
  object: Row,
  { name, child, companion }: Unit,
  scope: Scope,
  walk: Walk,
): readonly Fate[] {
  const value = object[name]
  const values: readonly unknown[] = Array.isArray(value) ? value : [value]
  if (companion === undefined) {
    if (!isElement(values[0]) && values.length < 2) return HELD
    return values.map((each) => fateOfValue(each, child, scope, walk))
  }
  const beside = object[`_${name}`]
  const besides: readonly unknown[] = Array.isArray(beside) ? beside : [beside]
  const longer = besides.length > values.length ? besides : values
  return longer.map((_, at) => {
    const fate = fateOfValue(besides[at], companion, scope, walk)
    return (values[at] ?? null) === null ? fate : NONE
  })
}

function uniteIfAll(fates: readonly Fate[]): Fate {
  return fates.every((fate) => fate.length > 0) ? unite(fates) : NONE
}

function unite(fates: readonly Fate[]): Fate {
  const filled = fates.filter((fate) => fate.length > 0)
  if (filled.length < 2) return filled[0] ?? NONE
  return [...new Set(filled.flat())]
}

function add(map: Map<string, Fate>, name: string, fate: Fate): void {
  map.set(name, unite([map.get(name) ?? NONE, fate]))
}
