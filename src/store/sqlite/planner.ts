// How a page is found: drive by the rarest condition, or walk the order where all are dense. https://www.sqlite.org/optoverview.html
import type { Expr, Selection, SortKey } from '../../search/query.ts'
import { type Base, baseOfSeek, baseOfType, conjuncts, isUnchanged, mergeRanges } from './base.ts'
import { compileExpr, currentPlace, pastPlace } from './compile.ts'
import type { Connection } from './connection.ts'
import { compileAfter, compileKey, compileOrder, type Found, type Key, type Position } from './order.ts'
import { CAPS, compileChecks, NO_CAP, type Probe, probe } from './probe.ts'
import type { Meter } from './snapshot.ts'
import { allOf, join, raw, type Sql, sql, TRUE } from './sql.ts'
import { walk } from './walk.ts'

/** What is wanted of one Selection. */
export interface Want {
  readonly sort: readonly SortKey[]
  readonly after?: Position
  readonly limit: number
  /** Resources changed after this write sequence are left to `findChanged`; undefined where there are none. */
  readonly asOf?: number
}

/** A Selection as the planner sees it: conditions that must all hold, none of them `none`, of a type that exists. */
export interface Question {
  readonly type: string
  readonly typeId: number
  readonly parts: readonly Expr[]
}

/** A walk of more rows than this is given up for the sets of matches, where nobody set a tighter bound. */
const MAX_WALK = 20_000
/** So many matches are collected and sorted without a thought. */
const FEW = 256

/** Returns the question that `selection` asks of the current resources; undefined where nothing can match. */
export function toQuestion(connection: Connection, { type, where }: Selection): Question | undefined {
  const typeId = connection.typeId(type)
  const parts = conjuncts(where)
  if (typeId === undefined || parts.some(({ kind }) => kind === 'none')) return undefined
  return { type, typeId, parts: parts.length > 1 ? mergeRanges(connection, type, parts) : parts }
}

/**
 * Returns the first `limit` resources of `selection` after `after`, in order, unchanged since `asOf`; 'heavy' where a
 * meter is given and runs out.
 */
export function find(
  connection: Connection,
  selection: Selection,
  want: Want,
  meter: Meter | undefined,
): Found[] | 'heavy' {
  const question = toQuestion(connection, selection)
  if (!question) return []
  const best = probe(connection, question.type, question.parts, CAPS)
  if (!best) return findDense(connection, question, want, meter)
  if (meter) meter.left -= best.count
  if (best.count > FEW && isWalkShorter(connection, best, want)) {
    const walked = walk(connection, question, want, { left: best.count })
    if (walked !== 'heavy') return walked
  }
  return collect(connection, question, best, want)
}

function findDense(
  connection: Connection,
  question: Question,
  want: Want,
  meter: Meter | undefined,
): Found[] | 'heavy' {
  const walked = walk(connection, question, want, meter ?? { left: MAX_WALK })
  if (walked !== 'heavy' || meter) return walked
  return collect(connection, question, probe(connection, question.type, question.parts, NO_CAP), want)
}

// Among so many resources a match in every so many: the rows that a walk would pass before the page is full. One value
// of one parameter is ordered as a page without sort is.
function isWalkShorter(connection: Connection, best: Probe, want: Want): boolean {
  if (best.seek.point && want.sort.length === 0) return true
  const resources = Number(connection.get('SELECT max(rid) FROM resource', [])![0])
  return (resources / best.count) * want.limit < best.count
}

function collect(connection: Connection, question: Question, best: Probe | undefined, want: Want): Found[] {
  const { type, parts } = question
  const base = toBase(question, best)
  const keys = want.sort.map((key) => compileKey(connection, key, type, base.place))
  const checks = allOf([isUnchanged(base, want.asOf), ...compileChecks(connection, type, parts, best, base)])
  const rows = sql`SELECT ${base.rid} AS rid, 0 AS past${nameKeys(keys)} ${base.from} AND ${checks}`
  return readInOrder(connection, rows, want)
}

/**
 * Returns the first `limit` resources of `selection` after `after` that stood at `asOf` and were changed since, as they
 * stood then; left out are those deleted since, and those whose current version the policy hides.
 */
export function findChanged(
  connection: Connection,
  { type, where, policy }: Selection,
  want: Want,
  asOf: number,
): Found[] {
  const typeId = connection.typeId(type)
  if (typeId === undefined) return []
  const place = pastPlace('r', raw('v.prior'))
  const keys = want.sort.map((key) => compileKey(connection, key, type, place))
  const checks = allOf([
    compileExpr(connection, where, type, place),
    policy ? compileExpr(connection, policy, type, currentPlace('r')) : TRUE,
  ])
  const rows = sql`SELECT r.rid AS rid, v.prior AS past${nameKeys(keys)} FROM version v INDEXED BY version_prior CROSS JOIN resource r ON r.rid = v.rid CROSS JOIN version p ON p.seq = v.prior WHERE v.seq > ${asOf} AND v.prior IS NOT NULL AND v.prior <= ${asOf} AND r.type = ${typeId} AND r.deleted = 0 AND p.method <> 'DELETE' AND ${checks}`
  return readInOrder(connection, rows, want)
}

function nameKeys(keys: readonly Sql[]): Sql {
  return join(
    keys.map((key, i) => sql`, ${key} AS ${raw(`k${i}`)}`),
    '',
  )
}

function readInOrder(connection: Connection, rows: Sql, want: Want): Found[] {
  const columns = want.sort.map((_, i) => raw(`k${i}`))
  const after = compileAfter(want.sort, columns, raw('rid'), want.after)
  const order = compileOrder(want.sort, columns, raw('rid'))
  const query = sql`SELECT * FROM (${rows}) WHERE ${after} ORDER BY ${order} LIMIT ${want.limit}`
  return connection.all(query.text, query.params).map(([rid, past, ...keys]) => ({
    rid: rid as number,
    keys: keys as Key[],
    past: past as number,
  }))
}

/** Returns the base of `best`, or of the whole type. */
export function toBase({ typeId }: Question, best: Probe | undefined): Base {
  return best ? baseOfSeek(best.seek) : baseOfType(typeId)
}
