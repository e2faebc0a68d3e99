// Walking the order of the answer and asking the conditions of each row, until a page is full. https://www.sqlite.org/queryplanner.html
import { type Bounds, compareAxis, type SortKey } from '../../search/query.ts'
import {
  type Base,
  baseOfEntries,
  baseOfType,
  isSingle,
  isUnchanged,
  type Probe,
  type Question,
} from './base.ts'
import type { Connection } from './connection.ts'
import { compileAfter, compileKey, compileOrder, type Found, type Key, type Want } from './order.ts'
import { compileChecks, findPoint } from './probe.ts'
import type { Meter } from './snapshot.ts'
import { allOf, join, raw, type Sql, sql, TRUE } from './sql.ts'
import { walkIds } from './walk-ids.ts'

type Lo = number | string

/** Rows in order of rid. */
interface Run {
  readonly base: Base
  readonly checks: Sql
  /** The sort values that all of the run share. */
  readonly keys: readonly Key[]
}

const FIRST_CHUNK = 256
const LAST_CHUNK = 4096

/**
 * Returns the first `want.limit` resources after `want.after` for which the question holds; 'heavy' where more rows
 * than the meter has left would have to be looked at.
 */
export function walk(
  connection: Connection,
  question: Question,
  want: Want,
  meter: Meter,
  best?: Probe,
): Found[] | 'heavy' {
  const [first] = want.sort
  if (!first)
    return walkRun(connection, toRun(connection, question, want, best), want, want.after?.rid, meter)
  if (first.param === '_id') return walkIds(connection, question, want, meter)
  const param = connection.paramId(`${question.type}.${first.param}`)
  const found = param === undefined ? [] : walkKeys(connection, question, param, want, meter)
  if (found === 'heavy' || found.length >= want.limit) return found
  const rest = walkMissing(connection, question, param, { ...want, limit: want.limit - found.length }, meter)
  return rest === 'heavy' ? rest : [...found, ...rest]
}

function toRun(connection: Connection, question: Question, { asOf }: Want, best?: Probe): Run {
  const point = best?.seek.point ? best : findPoint(connection, question.type, question.parts)
  const { param, lo } = point?.seek.point ?? {}
  const base = param === undefined ? baseOfType(question.typeId) : baseOfEntries(param, sql`b.lo = ${lo!}`)
  const checks = allOf([...compileChecks(connection, question, point, base), isUnchanged(base, asOf)])
  return { base, checks, keys: [] }
}

// In chunks of known size, so that it is known how much was looked at without asking SQLite for each row.
function walkRun(
  connection: Connection,
  { base: { from, rid }, checks, keys }: Run,
  want: Want,
  afterRid: number | undefined,
  meter: Meter,
): Found[] | 'heavy' {
  const found = new Map<number, Found>()
  let start = afterRid ?? 0
  for (let size = FIRST_CHUNK; ; size = Math.min(size * 4, LAST_CHUNK)) {
    const edge = sql`SELECT ${rid} ${from} AND ${rid} > ${start} ORDER BY ${rid} LIMIT 1 OFFSET 0 + ${size - 1}`
    const end = connection.get(edge.text, edge.params)?.[0] as number | undefined
    const limit = want.limit - found.size
    const range = sql`${rid} > ${start} AND ${rid} <= ${end ?? Number.MAX_SAFE_INTEGER}`
    const query = sql`SELECT ${rid} ${from} AND ${range} AND ${checks} ORDER BY ${rid} LIMIT 0 + ${limit}`
    const rows = connection.all(query.text, query.params) as [number][]
    for (const [row] of rows) found.set(row, { rid: row, keys, past: 0 })
    if (found.size >= want.limit) return [...found.values()]
    // A full answer that holds one resource twice is not the end of the chunk.
    if (rows.length === limit) start = rows.at(-1)![0]
    else if (end === undefined) return [...found.values()]
    else start = end
    meter.left -= size
    if (meter.left < 0) return 'heavy'
  }
}

/** The walk along the entries of the first sort parameter. */
interface KeyWalk {
  readonly connection: Connection
  readonly param: number
  readonly key: SortKey
  /** Where the sort value of every match lies. */
  readonly bounds: Bounds
  readonly toChecks: (base: Base) => Sql
  readonly columns: (base: Base) => readonly Sql[]
  readonly want: Want
}

function walkKeys(
  connection: Connection,
  question: Question,
  param: number,
  want: Want,
  meter: Meter,
): Found[] | 'heavy' {
  const { type, parts } = question
  const key = want.sort[0]!
  const after = want.after?.keys[0]
  if (after === null) return []
  const single = isSingle(connection, `${type}.${key.param}`)
  const own = parts.find((part) => part.kind === 'match' && part.param === key.param)
  const bounds = single && own?.kind === 'match' ? { max: own.hi?.max, ...own.lo } : {}
  const along: KeyWalk = {
    connection,
    param,
    key,
    bounds,
    toChecks: (base) =>
      allOf([
        ...compileChecks(connection, question, undefined, base),
        isUnchanged(base, want.asOf),
        single ? TRUE : isExtreme(key.descending),
      ]),
    columns: (base) => [
      raw('b.lo'),
      ...want.sort.slice(1).map((other) => compileKey(connection, other, type, base.place)),
    ],
    want,
  }
  return walkChunks(along, after, meter)
}

// Of a resource's several entries the one that it is sorted by.
function isExtreme(descending: boolean): Sql {
  const beyond = raw(descending ? '>' : '<')
  return sql`NOT EXISTS (SELECT 1 FROM entry m INDEXED BY entry_rid WHERE m.rid = b.rid AND m.param = b.param AND (m.lo ${beyond} b.lo OR (m.lo = b.lo AND m.hi ${beyond} b.hi)))`
}

function walkChunks(along: KeyWalk, after: Lo | undefined, meter: Meter): Found[] | 'heavy' {
  const found: Found[] = []
  let from = after
  for (let size = FIRST_CHUNK; ; size = Math.min(size * 4, LAST_CHUNK)) {
    const first = edgeOf(along, from, 0)
    if (first === undefined) return found
    const end = edgeOf(along, first, size)
    const limit = along.want.limit - found.length
    const block = end !== undefined && compareAxis(first, end) === 0
    const rows = block ? walkBlock(along, first, limit, meter) : readRange(along, first, end, limit)
    if (rows === 'heavy') return rows
    found.push(...rows)
    if (found.length >= along.want.limit || end === undefined) return found
    from = block ? nextAfter(along, first) : end
    if (from === undefined) return found
    meter.left -= size
    if (meter.left < 0) return 'heavy'
  }
}

function within({ bounds: { min, max, minOpen, maxOpen } }: KeyWalk, column: Sql): Sql {
  return allOf([
    min === undefined ? TRUE : minOpen ? sql`${column} > ${min}` : sql`${column} >= ${min}`,
    max === undefined ? TRUE : maxOpen ? sql`${column} < ${max}` : sql`${column} <= ${max}`,
  ])
}

// The value `offset` entries on from `from`, which counts itself.
function edgeOf(along: KeyWalk, from: Lo | undefined, offset: number): Lo | undefined {
  const { connection, param, key } = along
  const range =
    from === undefined
      ? within(along, raw('lo'))
      : allOf([start(key, raw('lo'), from), stop(along, raw('lo'))])
  const order = raw(key.descending ? 'DESC' : 'ASC')
  const query = sql`SELECT lo FROM entry WHERE param = ${param} AND ${range} ORDER BY lo ${order} LIMIT 1 OFFSET 0 + ${offset}`
  return connection.get(query.text, query.params)?.[0] as Lo | undefined
}

function start({ descending }: SortKey, column: Sql, from: Lo): Sql {
  return descending ? sql`${column} <= ${from}` : sql`${column} >= ${from}`
}

// The far end of the bounds.
function stop(along: KeyWalk, column: Sql): Sql {
  const { min, minOpen, max, maxOpen } = along.bounds
  const far = along.key.descending ? { min, minOpen } : { max, maxOpen }
  return within({ ...along, bounds: far }, column)
}

function nextAfter(along: KeyWalk, lo: Lo): Lo | undefined {
  const { connection, param, key } = along
  const query = key.descending
    ? sql`SELECT max(lo) FROM entry WHERE param = ${param} AND lo < ${lo}`
    : sql`SELECT min(lo) FROM entry WHERE param = ${param} AND lo > ${lo}`
  return (connection.get(query.text, query.params)?.[0] ?? undefined) as Lo | undefined
}

// Entries from `first` on, before `end`.
function readRange(along: KeyWalk, first: Lo, end: Lo | undefined, limit: number): Found[] {
  const before = along.key.descending ? raw('b.lo >') : raw('b.lo <')
  const close = end === undefined ? stop(along, raw('b.lo')) : sql`${before} ${end}`
  return readEntries(along, allOf([start(along.key, raw('b.lo'), first), close]), limit)
}

function readEntries(
  { connection, param, toChecks, columns, want }: KeyWalk,
  range: Sql,
  limit: number,
): Found[] {
  const base = baseOfEntries(param, range)
  const keys = columns(base)
  const after = compileAfter(want.sort, keys, base.rid, want.after)
  const order = compileOrder(want.sort, keys, base.rid)
  const query = sql`SELECT b.rid, ${join(keys, ', ')} ${base.from} AND ${after} AND ${toChecks(base)} ORDER BY ${order} LIMIT 0 + ${limit}`
  return connection
    .all(query.text, query.params)
    .map(([rid, ...keys]) => ({ rid: rid as number, keys: keys as Key[], past: 0 }))
}

// Many entries of one value (sorted by gender): by rid, unless a second key orders them.
function walkBlock(along: KeyWalk, lo: Lo, limit: number, meter: Meter): Found[] | 'heavy' {
  const { connection, param, want, toChecks } = along
  const base = baseOfEntries(param, sql`b.lo = ${lo}`)
  if (want.sort.length > 1) {
    const size = sql`SELECT count(*) FROM (SELECT 1 ${base.from} LIMIT 0 + ${Math.max(meter.left, 0) + 1})`
    meter.left -= Number(connection.get(size.text, size.params)![0])
    return meter.left < 0 ? 'heavy' : readEntries(along, sql`b.lo = ${lo}`, limit)
  }
  const afterRid = want.after?.keys[0] === lo ? want.after.rid : undefined
  const run = { base, checks: toChecks(base), keys: [lo] }
  return walkRun(connection, run, { ...want, limit }, afterRid, meter)
}

// What has no value of the first key comes last.
function walkMissing(
  connection: Connection,
  question: Question,
  param: number | undefined,
  want: Want,
  meter: Meter,
): Found[] | 'heavy' {
  if (want.sort.length > 1) return 'heavy'
  const run = toRun(connection, question, want)
  const rid = run.base.rid
  const lacks =
    param === undefined
      ? TRUE
      : sql`NOT EXISTS (SELECT 1 FROM entry m INDEXED BY entry_rid WHERE m.rid = ${rid} AND m.param = ${param})`
  const checks = allOf([lacks, run.checks])
  const afterRid = want.after?.keys[0] === null ? want.after.rid : undefined
  return walkRun(connection, { ...run, checks, keys: [null] }, want, afterRid, meter)
}
