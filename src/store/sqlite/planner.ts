// How a page is found: drive by the rarest condition, or walk the order where all are dense. https://www.sqlite.org/optoverview.html
import type { Selection } from '../../search/query.ts'
import { type Base, baseOfList, isUnchanged, type Probe, type Question, toBase, toQuestion } from './base.ts'
import { compileExpr } from './compile.ts'
import { isFacetExpr } from './compile-facet.ts'
import type { Connection } from './connection.ts'
import { compileAfter, compileKey, compileOrder, type Found, type Key, type Want } from './order.ts'
import { currentPlace, pastPlace } from './place.ts'
import { CAPS, compileChecks, costOfChecks, findPoint, probe, WIDE_CAPS } from './probe.ts'
import { seekFacets } from './seek-facets.ts'
import { listSet, toSet } from './set.ts'
import { sizeOf } from './size.ts'
import type { Meter } from './snapshot.ts'
import { allOf, join, raw, type Sql, sql, TRUE } from './sql.ts'
import { walk } from './walk.ts'

/** A walk of more rows than this is given up for the set of matches, where nobody set a tighter bound. */
const MAX_WALK = 10_000
/** So many matches are collected and sorted without a thought. */
const FEW = 256
/** Where nothing is rare most pages are full after so many rows. */
const SOON = 1024
/** What it costs (µs, about) to take one row from an index, and to look up what it is sorted by. */
const ROW_COST = 0.3
const KEY_COST = 2

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
  // One value alone, as far as access goes, is walked as it lies, however much there is of it.
  if (want.sort.length === 0 && isAlone(connection, question))
    return findDense(connection, question, want, meter)
  const best = probe(connection, question.type, question.parts, CAPS)
  return best
    ? findFrom(connection, question, best, want, meter)
    : findDense(connection, question, want, meter)
}

function isAlone(connection: Connection, { type, parts }: Question): boolean {
  const [facets, others] = [parts.filter(isFacetExpr), parts.filter((part) => !isFacetExpr(part))]
  if (others.length !== 1 || !findPoint(connection, type, others)) return false
  return facets.every((part) => seekFacets(connection, type, part) === undefined)
}

// The rows of `best` are few enough to collect, though a walk may meet a page of them sooner.
function findFrom(
  connection: Connection,
  question: Question,
  best: Probe,
  want: Want,
  meter: Meter | undefined,
): Found[] | 'heavy' {
  const collecting =
    best.count * (ROW_COST + costOfChecks(question, best) + (want.sort.length > 0 ? KEY_COST : 0))
  const step = ROW_COST + costOfChecks(question, undefined)
  if (best.count > FEW && rowsToWalk(connection, question, best, want) * step < collecting) {
    const walked = walk(connection, question, want, { left: Math.ceil(collecting / step) }, best)
    if (walked !== 'heavy') return walked
  }
  if (meter) meter.left -= Math.ceil(collecting)
  return meter && meter.left < 0 ? 'heavy' : collect(connection, question, best, want)
}

/** Of what a person's record or one's own data holds so few satisfy a further condition: about one in so many. */
const FURTHER = 4

// A match in every so many rows. The rows of one value are ordered as a page without sort is.
function rowsToWalk(connection: Connection, { type, parts }: Question, best: Probe, want: Want): number {
  if (best.seek.point && want.sort.length === 0) return want.limit
  const rows = (sizeOf(connection, type) / best.count) * want.limit
  return want.sort.length > 0 && isFacetExpr(parts[best.index]!) ? rows * FURTHER ** (parts.length - 1) : rows
}

function findDense(
  connection: Connection,
  question: Question,
  want: Want,
  meter: Meter | undefined,
): Found[] | 'heavy' {
  const { type, parts } = question
  if (meter) meter.left -= SOON
  const soon = walk(connection, question, want, { left: SOON })
  if (soon !== 'heavy') return soon
  const wide = probe(connection, type, parts, WIDE_CAPS)
  if (wide) return findFrom(connection, question, wide, want, meter)
  const walked = walk(connection, question, want, meter ?? { left: MAX_WALK })
  if (walked !== 'heavy' || meter) return walked
  return collectSet(connection, question, want)
}

function collect(connection: Connection, question: Question, best: Probe, want: Want): Found[] {
  const base = toBase(question, best)
  return readBase(connection, question, base, compileChecks(connection, question, best, base), want)
}

function collectSet(connection: Connection, question: Question, want: Want): Found[] {
  const rids = listSet(toSet(connection, question))
  const { sort, after, asOf, limit } = want
  // In the order of the set itself no more is needed of it than the page.
  if (sort.length > 0 || asOf !== undefined) return readBase(connection, question, baseOfList(rids), [], want)
  const page = rids.filter((rid) => rid > (after?.rid ?? 0)).slice(0, limit)
  return page.map((rid) => ({ rid, keys: [], past: 0 }))
}

function readBase(
  connection: Connection,
  { type }: Question,
  base: Base,
  conditions: readonly Sql[],
  want: Want,
): Found[] {
  const keys = want.sort.map((key) => compileKey(connection, key, type, base.place))
  const checks = allOf([isUnchanged(base, want.asOf), ...conditions])
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
  const query = sql`SELECT * FROM (${rows}) WHERE ${after} ORDER BY ${order} LIMIT 0 + ${want.limit}`
  return connection.all(query.text, query.params).map(([rid, past, ...keys]) => ({
    rid: rid as number,
    keys: keys as Key[],
    past: past as number,
  }))
}
