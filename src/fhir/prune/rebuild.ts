// A resource without what is lost, sharing what is not. https://hl7.org/fhir/R4/json.html
import type { Resource } from '../resource.ts'
import { type Fates, isElement, isKey, isReference, type Row, type Unit, unitsOf } from './fate.ts'
import { dropOrphans } from './orphans.ts'
import { isContent, ruleOf } from './rules.ts'
import { type Scope, scopeOfEntry, toNames } from './scope.ts'
import { type Child, type Shape, shapeOf } from './shape.ts'

interface Removal {
  readonly fates: Fates
  /** Keys and names that are lost. */
  readonly lost: ReadonlySet<string>
}

/** Returns all keys and names that are lost with the hidden keys. */
export function spread({ named }: Fates, hidden: Iterable<string>): ReadonlySet<string> {
  const fallsWith = new Map<string, string[]>()
  for (const [name, losses] of named)
    for (const loss of losses) {
      const names = fallsWith.get(loss)
      if (names) names.push(name)
      else fallsWith.set(loss, [name])
    }
  const lost = new Set(hidden)
  for (const each of lost) for (const name of fallsWith.get(each) ?? []) lost.add(name)
  return lost
}

/** Returns the keys among `names`, and those with which what they name is lost. */
export function toKeys({ named }: Fates, names: readonly string[]): readonly string[] {
  const reached = new Set(names)
  for (const each of reached) for (const next of named.get(each) ?? []) reached.add(next)
  return [...reached].filter(isKey)
}

/** Returns `resource` without what is lost; the resource itself where that is nothing, undefined where it is lost. */
export function rebuild(resource: Resource, fates: Fates, lost: ReadonlySet<string>): Resource | undefined {
  return rebuildResource(resource, { fates, lost })
}

function rebuildResource(resource: Resource, removal: Removal): Resource | undefined {
  const { fates, lost } = removal
  if (fates.losses.get(resource)?.some((loss) => lost.has(loss))) return undefined
  const shape = shapeOf(fates.ground.definitions, resource.resourceType)
  const left = rebuildObject(resource, shape, fates.scopes.get(resource)!, removal) as Resource | undefined
  if (left === resource || left === undefined) return left
  // Narrative retells all of the resource.
  const { text: _, ...rest } = left
  return dropOrphans(resource, (shape.children.get('text')?.node === 'Narrative' ? rest : left) as Resource)
}

function rebuildValue(value: unknown, child: Child, scope: Scope, removal: Removal): unknown {
  if (Array.isArray(value)) return rebuildArray(value, child, scope, removal)
  if (!isElement(value)) return value
  if (child.node === 'Resource') return rebuildResource(value as Resource, removal)
  const { fates, lost } = removal
  if (isReference(value, child)) {
    const names = toNames(fates.ground, scope, String(value['reference']))
    if (names.some((name) => lost.has(name))) return undefined
  }
  if (fates.losses.get(value)?.some((loss) => lost.has(loss))) return undefined
  const inner = child.node === 'Bundle.entry' ? scopeOfEntry(fates.ground, scope, value) : scope
  return rebuildObject(value, shapeOf(fates.ground.definitions, child.node), inner, removal)
}

function rebuildArray(
  array: readonly unknown[],
  child: Child,
  scope: Scope,
  removal: Removal,
): readonly unknown[] | undefined {
  const items = array.map((each) => rebuildValue(each, child, scope, removal))
  if (items.every((each, at) => each === array[at])) return array
  const left = items.filter((each) => each !== undefined)
  return left.length > 0 ? left : undefined
}

function rebuildObject(object: Row, shape: Shape, scope: Scope, removal: Removal): Row | undefined {
  const rule = ruleOf(shape.node, object)
  let changes: Map<string, unknown> | undefined
  for (const unit of unitsOf(object, shape)) {
    const { name, child } = unit
    const { stem } = child
    const [value, beside] = rebuildUnit(object, unit, scope, removal)
    if (value === object[name] && (!unit.companion || beside === object[`_${name}`])) continue
    const isGone = value === undefined && beside === undefined
    if (isGone && (shape.required.has(stem) || rule.with?.includes(stem))) return undefined
    if (stem === 'modifierExtension') return undefined
    if (rule.every?.includes(stem) && (isGone || isShorter(value, object[name]))) return undefined
    changes ??= new Map()
    changes.set(name, value).set(`_${name}`, beside)
  }
  if (changes === undefined) return object
  for (const name of rule.retells ?? []) changes.set(name, undefined).set(`_${name}`, undefined)
  const left = replace(object, changes)
  const stems = unitsOf(left, shape).map((unit) => unit.child.stem)
  if (!stems.some(isContent)) return undefined
  if (rule.needs && !rule.needs.some((stem) => stems.includes(stem))) return undefined
  return left
}

const isShorter = (after: unknown, before: unknown) =>
  Array.isArray(after) && Array.isArray(before) && after.length < before.length

function replace(object: Row, changes: ReadonlyMap<string, unknown>): Row {
  const left: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(object)) {
    const now = changes.has(name) ? changes.get(name) : value
    if (now !== undefined) left[name] = now
  }
  return left
}

// The value and its companion; an array and its companion keep their places in step.
function rebuildUnit(
  object: Row,
  { name, child, companion }: Unit,
  scope: Scope,
  removal: Removal,
): readonly [unknown, unknown] {
  const value = object[name]
  if (companion === undefined) return [rebuildValue(value, child, scope, removal), undefined]
  const beside = object[`_${name}`]
  if (!Array.isArray(beside)) return [value, rebuildValue(beside, companion, scope, removal)]
  const besides = beside.map((each) => rebuildValue(each, companion, scope, removal) ?? null)
  if (besides.every((each, at) => each === beside[at])) return [value, beside]
  const values: readonly unknown[] = Array.isArray(value) ? value : beside.map(() => null)
  const places = besides
    .map((_, at) => at)
    .filter((at) => besides[at] !== null || (values[at] ?? null) !== null)
  return [atAnyValue(places, values), atAnyValue(places, besides)]
}

// Undefined where there would be nothing but nulls.
function atAnyValue(places: readonly number[], array: readonly unknown[]): readonly unknown[] | undefined {
  const left = places.map((at) => array[at] ?? null)
  return left.some((each) => each !== null) ? left : undefined
}
