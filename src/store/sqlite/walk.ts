// Walking the order of the answer and asking the conditions of each row, until a page is full. https://www.sqlite.org/queryplanner.html
import { compareAxis, type Expr, type SortKey } from '../../search/query.ts'
import { currentPlace } from './compile.ts'
import type { Connection } from './connection.ts'
import { compileAfter, compileKey, compileOrder, type Found } from './order.ts'
import { toFound, type Want } from './planner.ts'
import { compileChecks, findPoint } from './probe.ts'
import type { Meter } from './snapshot.ts'
import { allOf, join, raw, type Sql, sql, TRUE } from './sql.ts'

type Lo = number | string

/** The rows of one value of one parameter, or of a type: in order of rid. */
interface Run {
  readonly from: Sql
  readonly rid: Sql
  readonly checks: Sql
  /** The sort values that all of the run share. */
  readonly keys: readonly (Lo | null)[]
}

const FIRST_CHUNK = 256

/**
 * Returns the first `want.limit` resources of `type` after `want.after` for which all of `parts` hold; 'heavy' where
 * more rows than the meter has left would have to be looked at.
 */
export function walk(
  connection: Connection,
  type: string,
  parts: readonly Expr[],
  want: Want,
  meter: Meter,
): Found[] | 'heavy' {
  if (want.sort.length === 0)
    return walkRun(connection, toRun(connection, type, parts), want, want.after?.rid, meter)
  const [first] = want.sort
  const param = first!.param === '_id' ? undefined : connection.paramId(`${type}.${first!.param}`)
  if (first!.param === '_id') return 'heavy'
  const found = param === undefined ? [] : walkKeys(connection, type, param, parts, want, meter)
  if (found === 'heavy' || found.length >= want.limit) return found
  const rest = walkMissing(
    connection,
    type,
    param,
    parts,
    { ...want, limit: want.limit - found.length },
    meter,
  )
  return rest === 'heavy' ? rest : [...found, ...rest]
}

function toRun(
  connection: Connection,
  type: string,
  parts: readonly Expr[],
  extra: readonly Sql[] = [],
): Run {
  const point = findPoint(connection, type, parts)
  const checks = allOf([...extra, ...compileChecks(connection, type, parts, point, 'r')])
  if (!point) {
    const from = sql`FROM resource r INDEXED BY resource_type WHERE r.type = ${connection.typeId(type)!} AND r.deleted = 0`
    return { from, rid: raw('r.rid'), checks, keys: [] }
  }
  const { param, lo } = point.seek.point!
  const from = sql`FROM entry b CROSS JOIN resource r ON r.rid = b.rid WHERE b.param = ${param} AND b.lo = ${lo}`
  return { from, rid: raw('b.rid'), checks, keys: [] }
}

// In chunks of known size, so that it is known how much was looked at without asking SQLite for each row.
function walkRun(
  connection: Connection,
  run: Run,
  want: Want,
  afterRid: number | undefined,
  meter: Meter,
): Found[] | 'heavy' {
  const found = new Map<number, Found>()
  let from = afterRid ?? 0
  for (let size = FIRST_CHUNK; ; size = Math.min(size * 4, 4096)) {
    const edge = sql`SELECT ${run.rid} ${run.from} AND ${run.rid} > ${from} ORDER BY ${run.rid} LIMIT 1 OFFSET ${size - 1}`
    const end = connection.get(edge.text, edge.params)?.[0] as number | undefined
    const range = end === undefined ? TRUE : sql`${run.rid} <= ${end}`
    const limit = want.limit - found.size
    const query = sql`SELECT r.rid, r.seq ${run.from} AND ${run.rid} > ${from} AND ${range} AND r.seq <= ${want.asOf} AND ${run.checks} ORDER BY ${run.rid} LIMIT ${limit}`
    const rows = connection.all(query.text, query.params)
    for (const row of rows) found.set(row[0] as number, { ...toFound(row, false), keys: run.keys })
    if (found.size >= want.limit) return [...found.values()]
    // A full answer that holds one resource twice is not the end of the chunk.
    if (rows.length === limit) from = rows.at(-1)![0] as number
    else if (end === undefined) return [...found.values()]
    else from = end
    meter.left -= size
    if (meter.left < 0) return 'heavy'
  }
}

/** The walk along the entries of the first sort parameter. */
interface KeyWalk {
  readonly connection: Connection
  readonly param: number
  readonly key: SortKey
  /** Conditions on the entry `b` and its resource `r`, the keyset's not among them. */
  readonly checks: Sql
  readonly columns: readonly Sql[]
  readonly want: Want
}

function walkKeys(
  connection: Connection,
  type: string,
  param: number,
  parts: readonly Expr[],
  want: Want,
  meter: Meter,
): Found[] | 'heavy' {
  const key = want.sort[0]!
  const after = want.after?.keys[0]
  if (after === null) return []
  const others = want.sort.slice(1).map((other) => compileKey(connection, other, type, currentPlace('r')))
  const checks = allOf([
    sql`r.seq <= ${want.asOf}`,
    ...compileChecks(connection, type, parts, undefined, 'r'),
    isExtreme(key.descending),
  ])
  const along: KeyWalk = { connection, param, key, checks, columns: [raw('b.lo'), ...others], want }
  return walkChunks(along, after, meter)
}

// Of a resource's several entries the one that it is sorted by.
function isExtreme(descending: boolean): Sql {
  const beyond = raw(descending ? '>' : '<')
  return sql`NOT EXISTS (SELECT 1 FROM entry m INDEXED BY entry_rid WHERE m.rid = b.rid AND m.param = b.param AND (m.lo ${beyond} b.lo OR (m.lo = b.lo AND m.hi ${beyond} b.hi)))`
}

function walkChunks(along: KeyWalk, start: Lo | undefined, meter: Meter): Found[] | 'heavy' {
  const found: Found[] = []
  let from = start
  for (let size = FIRST_CHUNK; ; size = Math.min(size * 4, 4096)) {
    const first = edgeOf(along, from, 0)
    if (first === undefined) return found
    const end = edgeOf(along, first, size)
    const limit = along.want.limit - found.length
    const rows =
      end !== undefined && compareAxis(first, end) === 0
        ? walkBlock(along, first, limit, meter)
        : readRange(along, first, end, limit)
    if (rows === 'heavy') return rows
    found.push(...rows)
    if (found.length >= along.want.limit || end === undefined) return found
    from = compareAxis(first, end) === 0 ? nextAfter(along, first) : end
    if (from === undefined) return found
    meter.left -= size
    if (meter.left < 0) return 'heavy'
  }
}

// The value `offset` entries on from `from`, which counts itself.
function edgeOf({ connection, param, key }: KeyWalk, from: Lo | undefined, offset: number): Lo | undefined {
  const range = from === undefined ? TRUE : key.descending ? sql`lo <= ${from}` : sql`lo >= ${from}`
  const order = raw(key.descending ? 'DESC' : 'ASC')
  const query = sql`SELECT lo FROM entry WHERE param = ${param} AND ${range} ORDER BY lo ${order} LIMIT 1 OFFSET ${offset}`
  return connection.get(query.text, query.params)?.[0] as Lo | undefined
}

function nextAfter({ connection, param, key }: KeyWalk, lo: Lo): Lo | undefined {
  const query = key.descending
    ? sql`SELECT max(lo) FROM entry WHERE param = ${param} AND lo < ${lo}`
    : sql`SELECT min(lo) FROM entry WHERE param = ${param} AND lo > ${lo}`
  return (connection.get(query.text, query.params)?.[0] ?? undefined) as Lo | undefined
}

// Entries from `first` on, before `end`.
function readRange(along: KeyWalk, first: Lo, end: Lo | undefined, limit: number): Found[] {
  const { descending } = along.key
  const start = descending ? sql`b.lo <= ${first}` : sql`b.lo >= ${first}`
  const stop = end === undefined ? TRUE : descending ? sql`b.lo > ${end}` : sql`b.lo < ${end}`
  return readEntries(along, allOf([start, stop]), limit)
}

function readEntries(
  { connection, param, checks, columns, want }: KeyWalk,
  range: Sql,
  limit: number,
): Found[] {
  const after = compileAfter(want.sort, columns, raw('b.rid'), want.after)
  const order = compileOrder(want.sort, columns, raw('b.rid'))
  const query = sql`SELECT r.rid, r.seq, ${join(columns, ', ')} FROM entry b CROSS JOIN resource r ON r.rid = b.rid WHERE b.param = ${param} AND ${range} AND ${checks} AND ${after} ORDER BY ${order} LIMIT ${limit}`
  return connection.all(query.text, query.params).map((row) => toFound(row, false))
}

// Many entries of one value (sorted by gender): by rid, unless a second key orders them.
function walkBlock(along: KeyWalk, lo: Lo, limit: number, meter: Meter): Found[] | 'heavy' {
  const { connection, param, want, checks } = along
  if (want.sort.length > 1) {
    const size = sql`SELECT count(*) FROM (SELECT 1 FROM entry WHERE param = ${param} AND lo = ${lo} LIMIT ${meter.left + 1})`
    meter.left -= Number(connection.get(size.text, size.params)![0])
    return meter.left < 0 ? 'heavy' : readEntries(along, sql`b.lo = ${lo}`, limit)
  }
  const from = sql`FROM entry b CROSS JOIN resource r ON r.rid = b.rid WHERE b.param = ${param} AND b.lo = ${lo}`
  const afterRid = want.after?.keys[0] === lo ? want.after.rid : undefined
  return walkRun(
    connection,
    { from, rid: raw('b.rid'), checks, keys: [lo] },
    { ...want, limit },
    afterRid,
    meter,
  )
}

// What has no value of the first key comes last.
function walkMissing(
  connection: Connection,
  type: string,
  param: number | undefined,
  parts: readonly Expr[],
  want: Want,
  meter: Meter,
): Found[] | 'heavy' {
  if (want.sort.length > 1) return 'heavy'
  const lacks =
    param === undefined
      ? []
      : [
          sql`NOT EXISTS (SELECT 1 FROM entry m INDEXED BY entry_rid WHERE m.rid = r.rid AND m.param = ${param})`,
        ]
  const run = { ...toRun(connection, type, parts, lacks), keys: [null] }
  return walkRun(connection, run, want, want.after?.keys[0] === null ? want.after.rid : undefined, meter)
}
