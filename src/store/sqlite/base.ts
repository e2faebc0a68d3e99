// The rows that an answer is made from: a set of resources, or one of the orders that they can be walked in.
import type { Expr, Match, Selection } from '../../search/query.ts'
import { type Bounds, compareAxis } from '../../search/query.ts'
import { isFacetExpr } from './compile-facet.ts'
import type { Connection } from './connection.ts'
import { currentPlace, type Place } from './place.ts'
import { raw, type Sql, sql, TRUE } from './sql.ts'

/** A way to reach resources by index. */
export interface Seek {
  /** `SELECT … AS rid`: current resources of the type asked for, each once or more often. */
  readonly rids: Sql
  /** True where the rows satisfy the whole condition, false where it must be asked of each again. */
  readonly exact: boolean
  /** Set where it is one value of one parameter: its rows are ordered by rid. */
  readonly point?: { readonly param: number; readonly lo: number | string }
  /** How many rows it gives, where that is known without counting. */
  readonly count?: number
  /** True where it gives no resource twice. */
  readonly once?: boolean
  /** What a row costs (µs, about), where it takes more than the next entry of an index. */
  readonly cost?: number
}

/** The Seek that gives the fewest rows, for the condition at `index`. */
export interface Probe {
  readonly seek: Seek
  readonly index: number
  readonly count: number
}

/** Rows that each stand for one current resource. */
export interface Base {
  /** `FROM … WHERE …`, to which conditions can be added with AND. */
  readonly from: Sql
  readonly rid: Sql
  readonly place: Place
  /** SQL for the sequence of the resource's newest version. */
  readonly seq: Sql
}

// Without a join: the resource's own row is looked up where a condition asks for it, after those that do not.
function baseOf(alias: string, from: Sql): Base {
  const rid = raw(`${alias}.rid`)
  const column = (name: string) => raw(`(SELECT ${name} FROM resource WHERE rid = ${alias}.rid)`)
  return { from, rid, place: { rid, ref: column('ref'), depth: 1 }, seq: column('seq') }
}

/** Returns each resource that `seek` gives, once. */
function baseOfSeek({ rids, once }: Seek): Base {
  return baseOf(
    'c',
    once ? sql`FROM (${rids}) c WHERE 1` : sql`FROM (SELECT DISTINCT rid FROM (${rids})) c WHERE 1`,
  )
}

/** Returns the resources listed. */
export function baseOfList(rids: readonly number[]): Base {
  return baseOf('c', sql`FROM (SELECT value AS rid FROM json_each(${JSON.stringify(rids)})) c WHERE 1`)
}

/** Returns the entries `b` of one parameter: a resource may stand there more than once. */
export function baseOfEntries(param: number, range: Sql): Base {
  return baseOf('b', sql`FROM entry b WHERE b.param = ${param} AND ${range}`)
}

/** Returns all current resources of a type, ordered by rid. */
export function baseOfType(typeId: number): Base {
  const from = sql`FROM resource b INDEXED BY resource_type WHERE b.type = ${typeId} AND b.deleted = 0`
  return { from, rid: raw('b.rid'), place: currentPlace('b'), seq: raw('b.seq') }
}

/** Returns the condition that a resource has not been changed after `asOf`; undefined where none can have been. */
export function isUnchanged({ seq }: Base, asOf: number | undefined): Sql {
  return asOf === undefined ? TRUE : sql`${seq} <= ${asOf}`
}

/** A Selection as the planner sees it: conditions that must all hold, none of them `none`, of a type that exists. */
export interface Question {
  readonly type: string
  readonly typeId: number
  readonly parts: readonly Expr[]
}

/** Returns the question that `selection` asks of the current resources; undefined where nothing can match. */
export function toQuestion(connection: Connection, { type, where }: Selection): Question | undefined {
  const typeId = connection.typeId(type)
  const parts = gatherFacets(conjuncts(where))
  if (typeId === undefined || parts.some(({ kind }) => kind === 'none')) return undefined
  return { type, typeId, parts: parts.length > 1 ? mergeRanges(connection, type, parts) : parts }
}

// What the facet row answers is one condition: it is looked up once.
function gatherFacets(parts: readonly Expr[]): readonly Expr[] {
  const facets = parts.filter(isFacetExpr)
  return facets.length < 2
    ? parts
    : [...parts.filter((part) => !isFacetExpr(part)), { kind: 'and', of: facets }]
}

/** Returns the base of `best`, or of the whole type. */
export function toBase({ typeId }: Question, best: Probe | undefined): Base {
  return best ? baseOfSeek(best.seek) : baseOfType(typeId)
}

/** Returns the conditions that must all hold, taken out of nested conjunctions. */
export function conjuncts(expr: Expr): readonly Expr[] {
  if (expr.kind === 'all') return []
  return expr.kind === 'and' ? expr.of.flatMap(conjuncts) : [expr]
}

/** True where no resource ever had two entries of `Type.code`. */
export function isSingle(connection: Connection, name: string): boolean {
  return connection.get('SELECT several FROM param WHERE name = ?', [name])?.[0] === 0
}

/** Returns the same conditions with those on one single-valued parameter (a date from and to) made into one. */
function mergeRanges(connection: Connection, type: string, parts: readonly Expr[]): readonly Expr[] {
  const merged: Expr[] = []
  for (const part of parts) {
    const at = merged.findIndex((other) => isMergeable(other, part))
    const other = merged[at]
    if (other?.kind === 'match' && part.kind === 'match' && isSingle(connection, `${type}.${part.param}`))
      merged[at] = intersect(other, part)
    else merged.push(part)
  }
  return merged
}

function isMergeable(a: Expr, b: Expr): boolean {
  if (a.kind !== 'match' || b.kind !== 'match' || a.param !== b.param) return false
  return isRange(a) && isRange(b)
}

function isRange({ contains, endsWith }: Match): boolean {
  return contains === undefined && endsWith === undefined
}

function intersect(a: Match, b: Match): Match {
  return { kind: 'match', param: a.param, lo: narrow(a.lo, b.lo), hi: narrow(a.hi, b.hi) }
}

function narrow(a: Bounds | undefined, b: Bounds | undefined): Bounds | undefined {
  if (!a || !b) return a ?? b
  const low = tighter(a, b, 'min', 1)
  const high = tighter(a, b, 'max', -1)
  return { min: low.min, minOpen: low.minOpen, max: high.max, maxOpen: high.maxOpen }
}

// Of two ends the one that lets less through; at the same value the open one.
function tighter(a: Bounds, b: Bounds, end: 'min' | 'max', sign: 1 | -1): Bounds {
  const [x, y] = [a[end], b[end]]
  if (x === undefined || y === undefined) return x === undefined ? b : a
  const order = compareAxis(x, y) * sign
  if (order !== 0) return order > 0 ? a : b
  return a[`${end}Open`] ? a : b
}
