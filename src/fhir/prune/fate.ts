// What each part of a resource stands or falls with: the references whose loss it would not outlive. https://hl7.org/fhir/R4/conformance-rules.html#cardinality
import { isNumber } from '../primitives.ts'
import type { Resource } from '../resource.ts'
import { isContent, type PruneRule, ruleOf } from './rules.ts'
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
  readonly losses: ReadonlyMap<object, readonly string[]>
  /** Name → the same of what it names. */
  readonly named: ReadonlyMap<string, readonly string[]>
  readonly scopes: ReadonlyMap<object, Scope>
}

interface Walk extends Fates {
  readonly keys: Set<string>
  readonly losses: Map<object, readonly string[]>
  readonly named: Map<string, readonly string[]>
  readonly scopes: Map<object, Scope>
}

/** Keys and names with which all of a value may be lost, the first of its parts, and anything in it. */
interface Fate {
  readonly whole: readonly string[]
  readonly part: readonly string[]
  readonly any: readonly string[]
}

const SAFE: Fate = { whole: NONE, part: NONE, any: NONE }

/** Returns the fates of everything in `resource`, in one walk. */
export function findFates(resource: Resource, ground: Ground): Fates {
  const walk: Walk = { ground, keys: new Set(), losses: new Map(), named: new Map(), scopes: new Map() }
  fateOfResource(resource, openScope(ground, resource, OUTERMOST, '0'), walk)
  return walk
}

/** True of what is not a primitive. */
export function isElement(value: unknown): value is Row {
  return typeof value === 'object' && value !== null && !isNumber(value)
}

/** True of an object that is a Reference with a literal: by its definition or, where R4 has none, by its looks. */
export function isReference(value: Row, { node }: Child): boolean {
  return typeof value['reference'] === 'string' && (node === 'Reference' || node === UNKNOWN)
}

function fateOfResource(resource: Resource, scope: Scope, walk: Walk): Fate {
  walk.scopes.set(resource, scope)
  const fate = fateOfObject(resource, resource.resourceType, scope, walk)
  // A document, a message or an answer is whole or is not that any more; a collection may hold less.
  const isWhole = resource.resourceType === 'Bundle' && resource['type'] !== 'collection'
  const whole = isWhole ? fate.any : fate.whole
  walk.losses.set(resource, whole)
  return { whole, part: whole, any: fate.any }
}

function fateOfContained(resource: Resource, scope: Scope, walk: Walk): Fate {
  const fate = fateOfResource(resource, scope, walk)
  if (typeof resource.id === 'string') add(walk.named, containedName(scope, resource.id), fate.whole)
  return fate
}

function fateOfValue(value: unknown, child: Child, scope: Scope, walk: Walk): Fate {
  if (Array.isArray(value)) return join(value.map((each) => fateOfValue(each, child, scope, walk)))
  if (!isElement(value)) return SAFE
  if (child.node === 'Resource') {
    const resource = value as Resource
    if (child.stem === 'contained') return fateOfContained(resource, scope, walk)
    return fateOfResource(resource, openScope(walk.ground, resource, scope, String(walk.scopes.size)), walk)
  }
  const inner = fateOfObject(value, child.node, scope, walk)
  return isReference(value, child) ? fall(inner, readReference(value, scope, walk)) : inner
}

function readReference({ reference }: Row, scope: Scope, { ground, keys }: Walk): readonly string[] {
  const names = toNames(ground, scope, String(reference))
  for (const name of names) if (isKey(name)) keys.add(name)
  return names
}

/** True of `Type/id`, false of what names a part of the same resource. */
export function isKey(name: string): boolean {
  return name.charCodeAt(0) >= 0x41
}

// `fate` and, for all of it, what stands in `with`.
function fall(fate: Fate, with_: readonly string[]): Fate {
  if (with_.length === 0) return fate
  const whole = unite([fate.whole, with_])
  return { whole, part: whole, any: unite([fate.any, with_]) }
}

function fateOfObject(object: Row, node: string, scope: Scope, walk: Walk): Fate {
  if (node !== 'Bundle.entry' && node !== 'Parameters.parameter')
    return weigh(object, shapeOf(walk.ground.definitions, node), scope, walk)
  const inner = weigh(
    object,
    shapeOf(walk.ground.definitions, node),
    scopeOfEntry(walk.ground, scope, object),
    walk,
  )
  const key = toEntryKey(walk.ground, object)
  if (key !== undefined) walk.keys.add(key)
  const fate = fall(inner, key === undefined ? NONE : [key])
  const name = entryName(walk.ground, scope, object)
  walk.losses.set(object, fate.whole)
  if (name !== undefined) add(walk.named, name, fate.whole)
  return fate
}

// Cardinalities and rules of one object, from the fates of its elements.
function weigh(object: Row, shape: Shape, scope: Scope, walk: Walk): Fate {
  const rule = ruleOf(shape.node, object)
  const whole: (readonly string[])[] = []
  const any: (readonly string[])[] = []
  const contents: (readonly string[])[] = []
  const needed: (readonly string[])[] = []
  for (const unit of unitsOf(object, shape)) {
    const fate = fateOfUnit(object, unit, scope, walk)
    const { stem } = unit.child
    any.push(fate.any)
    if (isContent(shape.node, stem)) contents.push(fate.whole)
    if (rule.needs?.includes(stem)) needed.push(fate.whole)
    whole.push(toll(stem, fate, shape, rule))
  }
  const all = unite(any)
  if (all.length === 0) return SAFE
  whole.push(uniteIfAll(contents))
  if (rule.needs) whole.push(needed.length === 0 ? all : uniteIfAll(needed))
  const lost = unite(whole)
  return { whole: lost, part: lost, any: all }
}

// What of the fate of one element its parent shares. A modifier extension may change what all the rest means.
function toll(stem: string, fate: Fate, { required }: Shape, rule: PruneRule): readonly string[] {
  if (stem === 'modifierExtension') return fate.any
  if (rule.every?.includes(stem)) return fate.part
  return required.has(stem) || rule.with?.includes(stem) ? fate.whole : NONE
}

/** An element of an object: its property, its companion, or both. */
export interface Unit {
  readonly name: string
  readonly child: Child
  readonly companion: Child
}

/** Returns the elements of an object, each once. */
export function unitsOf(object: Row, shape: Shape): readonly Unit[] {
  const units: Unit[] = []
  for (const property of Object.keys(object)) {
    const name = property.startsWith('_') ? property.slice(1) : property
    if (name !== property && Object.hasOwn(object, name)) continue
    units.push({ name, child: childOf(shape, name), companion: childOf(shape, `_${name}`) })
  }
  return units
}

function fateOfUnit(object: Row, { name, child, companion }: Unit, scope: Scope, walk: Walk): Fate {
  const [value, beside] = [object[name], object[`_${name}`]]
  if (beside === undefined) return fateOfValue(value, child, scope, walk)
  if (!Array.isArray(beside)) return withValue(value, fateOfValue(beside, companion, scope, walk))
  const values: readonly unknown[] = Array.isArray(value) ? value : []
  return join(beside.map((each, at) => withValue(values[at], fateOfValue(each, companion, scope, walk))))
}

// A primitive that has a value outlives its companion.
function withValue(value: unknown, fate: Fate): Fate {
  return value === undefined || value === null ? fate : { whole: NONE, part: NONE, any: fate.any }
}

// Of an array: all of it is lost with the last item.
function join(items: readonly Fate[]): Fate {
  const any = unite(items.map((item) => item.any))
  if (any.length === 0) return SAFE
  const wholes = items.map((item) => item.whole)
  return { whole: uniteIfAll(wholes), part: unite(wholes), any }
}

function uniteIfAll(lists: readonly (readonly string[])[]): readonly string[] {
  return lists.every((list) => list.length > 0) ? unite(lists) : NONE
}

function unite(lists: readonly (readonly string[])[]): readonly string[] {
  const filled = lists.filter((list) => list.length > 0)
  if (filled.length < 2) return filled[0] ?? NONE
  return [...new Set(filled.flat())]
}

function add(map: Map<string, readonly string[]>, name: string, list: readonly string[]): void {
  map.set(name, unite([map.get(name) ?? NONE, list]))
}
