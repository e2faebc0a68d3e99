// A new version made from what a reader was shown, with what was not shown put back. https://hl7.org/fhir/R4/http.html#update
import type { Definitions } from './definitions.ts'
import { sameValue } from './document.ts'
import { isElement, type Row, unitsOf } from './prune/fate.ts'
import { alignItems, matchItems } from './prune/match.ts'
import { dropOrphans } from './prune/orphans.ts'
import { ruleOf } from './prune/rules.ts'
import { type Child, childOf, shapeOf } from './prune/shape.ts'
import type { Resource } from './resource.ts'

export interface ShownVersions {
  readonly stored: Resource
  /** `stored` as `prune` shows it to the reader. */
  readonly visible: Resource
  /** What the reader made of `visible`. */
  readonly given: Resource
}

export interface Merged {
  /** What to store. */
  readonly resource: Resource
  /**
   * Paths (`Encounter.diagnosis`) of stored elements that were hidden and are not in it: the reader removed the element around
   * them, or wrote another value where there may be one. For the audit record, never for the reader.
   */
  readonly lost: readonly string[]
}

interface Merge {
  readonly definitions: Definitions
  readonly lost: string[]
}

/** The node of a primitive in an array together with its companion. */
const PAIR = '(pair)'

/**
 * Returns `given` with what `visible` lacks of `stored`, in its place: single elements where the reader wrote none, items of
 * lists behind the item they followed. Items are recognised by being equal to what was shown, by id, then by position.
 */
export function mergeHidden({ stored, visible, given }: ShownVersions, definitions: Definitions): Merged {
  if (stored === visible) return { resource: given, lost: [] }
  const merge: Merge = { definitions, lost: [] }
  const { resourceType } = stored
  const whole = mergeObject(
    stored,
    visible,
    given,
    { stem: resourceType, node: resourceType },
    resourceType,
    merge,
  )
  const { contained } = given
  const spared = new Set(Array.isArray(contained) ? contained.map((each) => each?.id) : [])
  return { resource: dropOrphans(stored, whole as Resource, spared), lost: [...new Set(merge.lost)] }
}

// Stored, visible and given; each undefined where it is not there.
type Three = readonly [unknown, unknown, unknown]

function mergeObject(s: Row, v: Row, g: Row, { node }: Child, path: string, merge: Merge): Row {
  if (sameValue(s, v)) return g
  const shape = shapeOf(merge.definitions, node)
  const merged: Record<string, unknown> = {}
  const stems = new Set(unitsOf(g, shape).map(({ child }) => child.stem))
  const retold = ruleOf(node, s).retells ?? []
  for (const { name, child } of unitsOf(s, shape)) {
    const at = node === PAIR ? path : `${path}.${child.stem}`
    const isShown = name in v || `_${name}` in v
    const isTaken = !isShown && stems.has(child.stem) && !(name in g) && !(`_${name}` in g)
    const isCopy = child.node === 'Narrative' || retold.includes(name)
    if (isTaken) merge.lost.push(at)
    else mergeUnit([s, v, g], name, child, at, isCopy ? { ...merge, lost: [] } : merge, merged)
  }
  for (const [name, value] of Object.entries(g)) if (!(name in s)) merged[name] ??= value
  return merged
}

function mergeUnit(
  [s, v, g]: readonly [Row, Row, Row],
  name: string,
  child: Child,
  path: string,
  merge: Merge,
  into: Record<string, unknown>,
): void {
  const companion = `_${name}`
  const put = (property: string, value: unknown) => {
    if (value !== undefined) into[property] = value
  }
  if (!(companion in s)) {
    put(name, mergeValue([s[name], v[name], g[name]], child, path, merge))
    put(companion, g[companion])
  } else if (Array.isArray(s[companion])) {
    const pairs = [s, v, g].map((each) => toPairs(each[name], each[companion])) as unknown as Three
    const merged = mergeValue(pairs, { stem: child.stem, node: PAIR }, path, merge) as
      | readonly Row[]
      | undefined
    put(name, fromPairs(merged, 'value'))
    put(companion, fromPairs(merged, 'beside'))
  } else if (name in s && name in v && !(name in g) && !(companion in g)) {
    if (!sameValue(s[companion], v[companion])) merge.lost.push(path)
  } else {
    put(name, g[name])
    put(
      companion,
      mergeValue(
        [s[companion], v[companion], g[companion]],
        childOf({ node: '', children: new Map(), required: new Set() }, companion),
        path,
        merge,
      ),
    )
  }
}

function toPairs(value: unknown, beside: unknown): readonly Row[] | undefined {
  const [values, besides] = [value, beside].map((each) => (Array.isArray(each) ? each : []))
  const length = Math.max(values!.length, besides!.length)
  if (length === 0) return undefined
  return Array.from({ length }, (_, at) => ({
    ...((values![at] ?? null) !== null && { value: values![at] }),
    ...((besides![at] ?? null) !== null && { beside: besides![at] }),
  }))
}

function fromPairs(pairs: readonly Row[] | undefined, name: string): readonly unknown[] | undefined {
  const items = pairs?.map((pair) => pair[name] ?? null)
  return items?.some((item) => item !== null) ? items : undefined
}

function mergeValue([s, v, g]: Three, child: Child, path: string, merge: Merge): unknown {
  if (s === v || s === undefined) return g
  if (Array.isArray(s) && isList(v) && isList(g)) return mergeList(s, v ?? [], g ?? [], child, path, merge)
  if (v === undefined && g === undefined) return s
  if (isElement(s) && isElement(v) && isElement(g)) {
    const type = child.node === 'Resource' ? String(s['resourceType']) : child.node
    return mergeObject(s, v, g, { stem: child.stem, node: type }, path, merge)
  }
  if (!sameValue(s, v)) merge.lost.push(path)
  return g
}

function isList(value: unknown): value is readonly unknown[] | undefined {
  return value === undefined || Array.isArray(value)
}

function mergeList(
  s: readonly unknown[],
  v: readonly unknown[],
  g: readonly unknown[],
  child: Child,
  path: string,
  merge: Merge,
): readonly unknown[] | undefined {
  const shown = alignItems(s, v)
  const matched = matchItems(v, g)
  const kept = new Map([...matched].map(([at, of]) => [shown[of]!, g[at]] as const))
  const merged: unknown[] = []
  const hidden = hiddenBehind(s, shown, kept)
  merged.push(...(hidden.get(-1) ?? []))
  for (const [at, item] of g.entries()) {
    const of = matched.get(at)
    if (of === undefined) merged.push(item)
    else {
      const place = shown[of]!
      merged.push(mergeValue([s[place], v[of], item], child, path, merge), ...(hidden.get(place) ?? []))
    }
  }
  for (const [of, place] of shown.entries())
    if (!kept.has(place) && !sameValue(s[place], v[of])) merge.lost.push(path)
  return merged.length > 0 ? merged : undefined
}

// Hidden items by the place of the item that stands and that they follow; -1 for those before all.
function hiddenBehind(
  s: readonly unknown[],
  shown: readonly number[],
  kept: ReadonlyMap<number, unknown>,
): ReadonlyMap<number, readonly unknown[]> {
  const seen = new Set(shown)
  const behind = new Map<number, unknown[]>()
  let last = -1
  for (const [place, item] of s.entries()) {
    if (kept.has(place)) last = place
    else if (!seen.has(place)) {
      const items = behind.get(last)
      if (items) items.push(item)
      else behind.set(last, [item])
    }
  }
  return behind
}
