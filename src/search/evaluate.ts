// The meaning of an Expr, in memory: the oracle every store is compared with. https://hl7.org/fhir/R4/search.html
import {
  ANY_TYPE,
  type Axis,
  type Bounds,
  compareAxis,
  type Expr,
  type IndexEntry,
  type Match,
  NEEDS_PARAM,
  PATIENT_PARAM,
  type Selection,
} from './query.ts'

/** A resource as a search sees it. */
export interface Indexed {
  readonly type: string
  readonly id: string
  readonly entries: readonly IndexEntry[]
}

/** The other current resources, for expressions that look at them. */
export interface World {
  /** What person `patient` (`Patient/id`) lets a grantee have at an instant; undefined: no grant is on record. */
  granted?(grantee: string, patient: string, at: number): Expr | undefined
  /** The resource that `Type/id` names, or undefined. */
  resolve(ref: string): Indexed | undefined
  /** Resources of `type` with an entry of reference parameter `param` equal to `ref`. */
  referrers(type: string, param: string, ref: string): Iterable<Indexed>
}

const EMPTY: World = { resolve: () => undefined, referrers: () => [] }

/** True where the resource with these entries (`_id` among them) satisfies `expr`; without a world nothing else exists. */
export function evaluate(
  expr: Expr,
  type: string,
  entries: readonly IndexEntry[],
  world: World = EMPTY,
): boolean {
  switch (expr.kind) {
    case 'all':
      return true
    case 'none':
      return false
    case 'and':
      return expr.of.every((part) => evaluate(part, type, entries, world))
    case 'or':
      return expr.of.some((part) => evaluate(part, type, entries, world))
    case 'not':
      return !evaluate(expr.of, type, entries, world)
    case 'compartment':
      return entries.some(({ param, lo }) => param === '_compartment' && lo === `${expr.name}/${expr.id}`)
    case 'type':
      return type === expr.type
    case 'granted':
      return entries
        .filter(({ param, lo }) => param === PATIENT_PARAM && lo !== expr.except)
        .every(({ lo }) => {
          const where = world.granted?.(expr.grantee, String(lo), expr.at ?? Date.now()) ?? expr.fallback
          return evaluate(where, type, entries, world)
        })
    case 'needs':
      return entries
        .filter(({ param }) => param === NEEDS_PARAM)
        .every(({ lo }) => {
          const needed = world.resolve(String(lo))
          return needed !== undefined && evaluate(expr.where, needed.type, needed.entries, world)
        })
    case 'match':
      return entries.some((entry) => matches(expr, entry))
    case 'chain':
      return entries.some(
        ({ param, lo }) => param === expr.param && selects(expr.to, world.resolve(String(lo)), world),
      )
    case 'has': {
      const id = entries.find(({ param }) => param === '_id')
      const found = id ? [...world.referrers(expr.from.type, expr.param, `${type}/${id.lo}`)] : []
      return found.some((referrer) => selects([expr.from], referrer, world))
    }
  }
}

function selects(selections: readonly Selection[], target: Indexed | undefined, world: World): boolean {
  if (!target) return false
  return selections.some(
    ({ type, where }) =>
      (type === target.type || type === ANY_TYPE) && evaluate(where, target.type, target.entries, world),
  )
}

function matches(match: Match, { param, lo, hi }: IndexEntry): boolean {
  if (param !== match.param || !within(lo, match.lo) || !within(hi, match.hi)) return false
  const { contains, endsWith } = match
  if (contains === undefined && endsWith === undefined) return true
  return typeof lo === 'string' && lo.includes(contains ?? '') && lo.endsWith(endsWith ?? '')
}

function within(value: Axis, { min, max, minOpen, maxOpen }: Bounds = {}): boolean {
  const low = min === undefined ? 1 : compareAxis(value, min)
  const high = max === undefined ? -1 : compareAxis(value, max)
  return (minOpen ? low > 0 : low >= 0) && (maxOpen ? high < 0 : high <= 0)
}
