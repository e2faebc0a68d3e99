// How a page is found: drive by the rarest condition, or walk the order where all are dense. https://www.sqlite.org/optoverview.html
import type { Expr, Selection, SortKey } from '../../search/query.ts'
import { compileExpr, currentPlace, pastPlace } from './compile.ts'
import type { Connection } from './connection.ts'
import { compileAfter, compileKey, compileOrder, type Found, type Key, type Position } from './order.ts'
import { CAPS, compileChecks, conjuncts, NO_CAP, type Probe, probe } from './probe.ts'
import type { Meter } from './snapshot.ts'
import { allOf, join, raw, type Sql, sql, TRUE } from './sql.ts'
import { walk } from './walk.ts'

/** What is wanted of one Selection. */
export interface Want {
  readonly sort: readonly SortKey[]
  readonly after?: Position
  readonly limit: number
  /** Resources changed after this write sequence are left to `findChanged`. */
  readonly asOf: number
}

/** A walk of more rows than this is given up for the sets of matches, where nobody set a tighter bound. */
const MAX_WALK = 20_000

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
  const parts = conjuncts(selection.where)
  if (isEmpty(connection, selection.type, parts)) return []
  const best = probe(connection, selection.type, parts, CAPS)
  if (best) {
    if (meter) meter.left -= best.count
    return collect(connection, selection.type, parts, best, want)
  }
  const found = walk(connection, selection.type, parts, want, meter ?? { left: MAX_WALK })
  if (found !== 'heavy' || meter) return found
  const rarest = probe(connection, selection.type, parts, NO_CAP)
  return collect(connection, selection.type, parts, rarest, want)
}

/** True where nothing can match: the type was never written, or a condition is never true. */
export function isEmpty(connection: Connection, type: string, parts: readonly Expr[]): boolean {
  return connection.typeId(type) === undefined || parts.some(({ kind }) => kind === 'none')
}

/** Returns `FROM …` over each current resource that `best` leads to (or each of the type), once, as table `r`. */
export function fromProbe(connection: Connection, type: string, best: Probe | undefined): Sql {
  if (!best)
    return sql`FROM resource r INDEXED BY resource_type WHERE r.type = ${connection.typeId(type)!} AND r.deleted = 0`
  return sql`FROM (SELECT DISTINCT rid FROM (${best.seek.rids})) c CROSS JOIN resource r ON r.rid = c.rid WHERE r.deleted = 0`
}

function collect(
  connection: Connection,
  type: string,
  parts: readonly Expr[],
  best: Probe | undefined,
  want: Want,
): Found[] {
  const keys = want.sort.map((key) => compileKey(connection, key, type, currentPlace('r')))
  const checks = allOf([sql`r.seq <= ${want.asOf}`, ...compileChecks(connection, type, parts, best, 'r')])
  const rows = sql`SELECT r.rid AS rid, r.seq AS seq${nameKeys(keys)} ${fromProbe(connection, type, best)} AND ${checks}`
  return readInOrder(connection, rows, want, false)
}

/**
 * Returns the first `limit` resources of `selection` after `after` that stood at `asOf` and were changed since, as they
 * stood then; left out are those deleted since, and those whose current version the policy hides.
 */
export function findChanged(connection: Connection, selection: Selection, want: Want): Found[] {
  const { type, where, policy } = selection
  const typeId = connection.typeId(type)
  if (typeId === undefined) return []
  const place = pastPlace('r', raw('v.prior'))
  const keys = want.sort.map((key) => compileKey(connection, key, type, place))
  const checks = allOf([
    sql`p.method <> 'DELETE'`,
    compileExpr(connection, where, type, place),
    policy ? compileExpr(connection, policy, type, currentPlace('r')) : TRUE,
  ])
  const rows = sql`SELECT r.rid AS rid, v.prior AS seq${nameKeys(keys)} FROM version v INDEXED BY version_prior CROSS JOIN resource r ON r.rid = v.rid CROSS JOIN version p ON p.seq = v.prior WHERE v.seq > ${want.asOf} AND v.prior IS NOT NULL AND v.prior <= ${want.asOf} AND r.type = ${typeId} AND r.deleted = 0 AND ${checks}`
  return readInOrder(connection, rows, want, true)
}

function nameKeys(keys: readonly Sql[]): Sql {
  return join(
    keys.map((key, i) => sql`, ${key} AS k${raw(String(i))}`),
    '',
  )
}

function readInOrder(connection: Connection, rows: Sql, want: Want, past: boolean): Found[] {
  const columns = want.sort.map((_, i) => raw(`k${i}`))
  const after = compileAfter(want.sort, columns, raw('rid'), want.after)
  const order = compileOrder(want.sort, columns, raw('rid'))
  const query = sql`SELECT * FROM (${rows}) WHERE ${after} ORDER BY ${order} LIMIT ${want.limit}`
  return connection.all(query.text, query.params).map((row) => toFound(row, past))
}

/** Returns a row `rid, seq, keys…` as Found. */
export function toFound(row: readonly unknown[], past: boolean): Found {
  const [rid, seq, ...keys] = row as [number, number, ...Key[]]
  return { rid, seq, keys, past }
}
