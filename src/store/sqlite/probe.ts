// Which condition to start from: how many rows each would give, counted up to a cap. https://www.sqlite.org/optoverview.html
import {
  type Chain,
  compareAxis,
  type Expr,
  type Has,
  type Match,
  type Selection,
  toPoint,
} from '../../search/query.ts'
import {
  type Base,
  conjuncts,
  isSingle,
  type Probe,
  type Question,
  type Seek,
  toBase,
  toQuestion,
} from './base.ts'
import { compileId } from './bounds.ts'
import { compileExpr, compileRow, groupMatches, toMatch } from './compile.ts'
import { isFacetExpr } from './compile-facet.ts'
import type { Connection } from './connection.ts'
import { seekFacets } from './seek-facets.ts'
import { allOf, join, raw, type Sql, sql } from './sql.ts'

/** Counts above the last cap are not known: such a condition is dense. */
export const CAPS: readonly number[] = [256, 4096]
/** Before a walk is given up. */
export const WIDE_CAPS: readonly number[] = [16_384]
/** For a worker thread: every count is taken to its end. */
export const NO_CAP: readonly number[] = [256, 4096, Number.MAX_SAFE_INTEGER]

const MAX_UNION = 60
/** Of what `entry_long` holds every entry is longer than this (ms). */
const LONG = 86_400_000

/** Returns the Seek with the fewest rows; undefined where there is none, or none below the last of `caps`. */
export function probe(
  connection: Connection,
  type: string,
  parts: readonly Expr[],
  caps: readonly number[],
): Probe | undefined {
  const seeks = parts.map((part) => toSeek(connection, type, part, caps))
  for (const cap of caps) {
    let best: Probe | undefined
    seeks.forEach((seek, index) => {
      if (!seek) return
      const count = seek.count ?? countRows(connection, seek, best ? best.count : cap + 1)
      if (count <= cap && (!best || count < best.count)) best = { seek, index, count }
    })
    if (best) return best
  }
  return undefined
}

/** Returns the first condition that is one value of one parameter: walked in order of rid. */
export function findPoint(connection: Connection, type: string, parts: readonly Expr[]): Probe | undefined {
  for (const [index, part] of parts.entries()) {
    if (part.kind !== 'match' && part.kind !== 'compartment') continue
    const seek = toSeek(connection, type, part, CAPS)
    if (seek?.point) return { seek, index, count: Number.MAX_SAFE_INTEGER }
  }
  return undefined
}

/** Returns how many rows `seek` gives, counted up to `cap`. */
export function countRows(connection: Connection, { rids }: Seek, cap: number): number {
  const { text, params } = sql`SELECT count(*) FROM (${rids} LIMIT 0 + ${cap})`
  return Number(connection.get(text, params)![0])
}

/** Returns the Seek for one condition; undefined where no index leads there, or only through more rows than `caps`. */
export function toSeek(
  connection: Connection,
  type: string,
  expr: Expr,
  caps: readonly number[],
): Seek | undefined {
  if (isFacetExpr(expr)) return seekFacets(connection, type, expr)
  switch (expr.kind) {
    case 'all':
    case 'none':
    case 'not':
    case 'type':
    case 'granted':
    case 'needs':
      return undefined
    case 'match':
    case 'compartment':
      return seekMatch(connection, type, toMatch(expr))
    case 'and':
      return seekAnd(connection, type, conjuncts(expr), caps)
    case 'or':
      return seekOr(connection, type, expr.of, caps)
    case 'chain':
      return seekChain(connection, type, expr, caps)
    case 'has':
      return seekHas(connection, type, expr, caps)
  }
}

const NOTHING: Seek = { rids: raw('SELECT 0 AS rid WHERE 0'), exact: true }

function seekMatch(connection: Connection, type: string, match: Match): Seek {
  if (match.param === '_id') return seekId(type, match)
  const param = connection.paramId(`${type}.${match.param}`)
  if (param === undefined) return NOTHING
  const point = toPoint(match)
  const ranges = rangesOf(param, match)
  // No two of them hold the same entry.
  const once = isSingle(connection, `${type}.${match.param}`)
  const seek = { rids: join(ranges, ' UNION ALL '), exact: true, once }
  return point === undefined ? seek : { ...seek, point: { param, lo: point } }
}

// `hi > x` alone says nothing of `lo`, by which rows are ordered: an entry of at most a day begins after x less a day,
// and the longer ones have an index of their own. An entry's lo never lies above its hi.
function rangesOf(param: number, match: Match): Sql[] {
  const { lo, hi } = match
  const row = compileRow([match], 'e')
  const ends: Sql[] = []
  if (hi?.max !== undefined && (lo?.max === undefined || compareAxis(hi.max, lo.max) < 0))
    ends.push(sql` AND e.lo <= ${hi.max}`)
  const from = sql`SELECT e.rid AS rid FROM entry e WHERE e.param = ${param} AND ${row}${join(ends, '')}`
  if (lo?.min !== undefined || typeof hi?.min !== 'number') return [from]
  const long = sql`SELECT e.rid AS rid FROM entry e INDEXED BY entry_long WHERE e.param = ${param} AND e.hi - e.lo > 86400000 AND ${row}`
  return [sql`${from} AND e.lo > ${hi.min - LONG - 1} AND e.hi - e.lo <= 86400000`, long]
}

function seekId(type: string, match: Match): Seek {
  const point = toPoint(match)
  const [first, last] = [`${type}/`, `${type}0`]
  const range = typeof point === 'string' ? sql`1` : sql`x.ref >= ${first} AND x.ref < ${last}`
  const condition = compileId(match, type, raw('x.ref'))
  return {
    rids: sql`SELECT x.rid AS rid FROM resource x WHERE x.deleted = 0 AND ${range} AND ${condition}`,
    exact: true,
  }
}

function seekAnd(
  connection: Connection,
  type: string,
  parts: readonly Expr[],
  caps: readonly number[],
): Seek | undefined {
  const best = probe(connection, type, parts, caps)
  return best && { rids: best.seek.rids, exact: best.seek.exact && parts.length === 1 }
}

function seekOr(
  connection: Connection,
  type: string,
  of: readonly Expr[],
  caps: readonly number[],
): Seek | undefined {
  const { matches, others } = groupMatches(of)
  const ranges = matches.flatMap((group) => seekGroup(connection, type, group))
  if (ranges.length + others.length > MAX_UNION) return undefined
  const seeks: Seek[] = [...ranges]
  for (const part of others) {
    const seek = toSeek(connection, type, part, caps)
    if (!seek) return undefined
    seeks.push(seek)
  }
  if (seeks.length === 0) return NOTHING
  // Each in brackets of its own: a part may be a compound or end in what a compound may not hold.
  const rids = join(
    seeks.map((seek) => sql`SELECT rid FROM (${seek.rids})`),
    ' UNION ALL ',
  )
  return { rids, exact: seeks.every(({ exact }) => exact) }
}

function seekGroup(connection: Connection, type: string, group: readonly Match[]): Seek[] {
  const isText = (match: Match) => match.param !== '_id' && typeof toPoint(match) === 'string'
  const points = group.filter(isText)
  const param = connection.paramId(`${type}.${group[0]!.param}`)
  if (points.length < 2 || param === undefined)
    return group.map((match) => seekMatch(connection, type, match))
  const rids = sql`SELECT e.rid AS rid FROM entry e WHERE e.param = ${param} AND ${compileRow(points, 'e')}`
  const rest = group.filter((match) => !isText(match))
  return [{ rids, exact: true }, ...rest.map((match) => seekMatch(connection, type, match))]
}

function seekChain(
  connection: Connection,
  type: string,
  chain: Chain,
  caps: readonly number[],
): Seek | undefined {
  const param = connection.paramId(`${type}.${chain.param}`)
  if (param === undefined) return NOTHING
  const branches: Sql[] = []
  for (const to of chain.to) {
    const targets = selectRids(connection, to, caps)
    if (!targets) return undefined
    branches.push(
      sql`SELECT e.rid AS rid FROM (${targets.rids}) c CROSS JOIN resource x ON x.rid = c.rid CROSS JOIN entry e ON e.param = ${param} AND e.lo = x.ref`,
    )
  }
  return branches.length === 0 ? NOTHING : { rids: join(branches, ' UNION ALL '), exact: true }
}

function seekHas(connection: Connection, type: string, has: Has, caps: readonly number[]): Seek | undefined {
  const param = connection.paramId(`${has.from.type}.${has.param}`)
  const typeId = connection.typeId(type)
  if (param === undefined || typeId === undefined) return NOTHING
  const referrers = selectRids(connection, has.from, caps)
  if (!referrers) return undefined
  const rids = sql`SELECT x.rid AS rid FROM (${referrers.rids}) c CROSS JOIN entry e INDEXED BY entry_rid ON e.rid = c.rid AND e.param = ${param} CROSS JOIN resource x ON x.ref = e.lo AND x.type = ${typeId} AND x.deleted = 0`
  // About one reference each: to follow them all in order to count them would cost as much as the search.
  return { rids, exact: true, count: referrers.count, cost: OTHER_COST }
}

// Exactly the current resources selected, once each; undefined where too many rows, or no index, lead there.
function selectRids(
  connection: Connection,
  selection: Selection,
  caps: readonly number[],
): { rids: Sql; count: number } | undefined {
  const question = toQuestion(connection, selection)
  if (!question) return { rids: NOTHING.rids, count: 0 }
  const best = probe(connection, question.type, question.parts, caps)
  if (!best && caps !== NO_CAP) return undefined
  const base = toBase(question, best)
  const checks = allOf(compileChecks(connection, question, best, base))
  const rids = sql`SELECT ${base.rid} AS rid ${base.from} AND ${checks}`
  return { rids, count: best?.count ?? Number.MAX_SAFE_INTEGER - 1 }
}

// Microseconds, about: the rows of one value lie close together; others are found one by one.
const POINT_COST = 0.5
const OTHER_COST = 2

function costOf(expr: Expr): number {
  if (isFacetExpr(expr)) return POINT_COST
  if (expr.kind === 'compartment') return POINT_COST
  return expr.kind === 'match' && toPoint(expr) !== undefined ? POINT_COST : OTHER_COST
}

function toChecks({ parts }: Question, best: Probe | undefined): Expr[] {
  const left = parts.filter((_, index) => !(best?.seek.exact && best.index === index))
  return left.sort((a, b) => costOf(a) - costOf(b))
}

/** Returns what it costs (µs, about) to ask a resource what `best` leaves to be asked: most fail at the first condition. */
export function costOfChecks(question: Question, best: Probe | undefined): number {
  const [first] = toChecks(question, best)
  return first ? costOf(first) : 0
}

/** Returns the conditions still to be asked of the resources of `base`, where `best` is what led to them; cheap ones first. */
export function compileChecks(
  connection: Connection,
  question: Question,
  best: Probe | undefined,
  { place }: Base,
): readonly Sql[] {
  return toChecks(question, best).map((part) => compileExpr(connection, part, question.type, place))
}
