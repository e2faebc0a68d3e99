// Versions of one resource, of types, or of all: newest first. https://hl7.org/fhir/R4/http.html#history
import type { HistoryPlan } from '../../access/plan.ts'
import type { Selection } from '../../search/query.ts'
import type { Page } from '../store.ts'
import { listCandidates } from './candidates.ts'
import type { Connection } from './connection.ts'
import { holdsNow, holdsThen } from './read.ts'
import { inSnapshot, lastSeq, loadVersions, type Meter } from './snapshot.ts'
import { allOf, raw, type Sql, sql, TRUE } from './sql.ts'

const CHUNK = 256

/** The versions that may be listed: sequences `from`..`to`, of these types, and of these resources where they are few. */
interface Span {
  readonly from: number
  readonly to: number
  readonly rids?: readonly number[]
  readonly types: ReadonlyMap<number, Sql>
}

/**
 * Returns one page of versions, newest first; the walk ends at the write sequence of its first page. A version is
 * listed where `where` holds both for it and for the current one (of a deletion: for what it deleted). With `budget`
 * (versions that may be looked at) returns 'heavy' where the answer would cost more.
 */
export function historyPage(connection: Connection, data: HistoryPlan, budget?: number): Page | 'heavy' {
  const meter = budget === undefined ? undefined : { left: budget }
  return inSnapshot(connection, () => readPage(connection, data, meter))
}

function readPage(connection: Connection, data: HistoryPlan, meter: Meter | undefined): Page | 'heavy' {
  const { count, after } = data
  const asOf = after?.asOf ?? lastSeq(connection)
  const span = toSpan(connection, data, asOf)
  const counting = data.total === 'accurate' && after === undefined
  const listed = span ? list(connection, span, count + 1, counting, meter) : { seqs: [], total: 0 }
  if (listed === 'heavy') return listed
  const seqs = listed.seqs.slice(0, count)
  const total = after ? after.total : counting ? listed.total : undefined
  const next = listed.seqs.length > count && count > 0
  return {
    matches: loadVersions(connection, seqs),
    included: [],
    ...(next && { next: { asOf, keys: [seqs.at(-1)!], rid: 0, ...(total !== undefined && { total }) } }),
    ...(total !== undefined && { total }),
    asOf,
  }
}

function toSpan(connection: Connection, data: HistoryPlan, asOf: number): Span | undefined {
  const types = new Map<number, Sql>()
  for (const selection of data.select) {
    const id = connection.typeId(selection.type)
    const condition = id !== undefined && toCondition(connection, selection, data, asOf)
    if (condition) types.set(id, condition)
  }
  const last = data.after ? Number(data.after.keys[0]) - 1 : asOf
  const to = data.before === undefined ? last : Math.min(last, firstSeqFrom(connection, data.before) - 1)
  const from = data.since === undefined ? 1 : firstSeqFrom(connection, data.since)
  if (types.size === 0 || to < from) return undefined
  return { from, to, types, rids: ridsOf(connection, data) }
}

function ridsOf(connection: Connection, { select, id }: HistoryPlan): readonly number[] | undefined {
  if (id === undefined) return listCandidates(connection, select, true)
  const row = connection.get('SELECT rid FROM resource WHERE ref = ?', [`${select[0]!.type}/${id}`])
  return row ? [row[0] as number] : []
}

function toCondition(
  connection: Connection,
  { type, where }: Selection,
  { at }: HistoryPlan,
  asOf: number,
): Sql | undefined {
  if (where.kind === 'none') return undefined
  const visible = [holdsThen(connection, where, type), holdsNow(connection, where, type)]
  if (!at) return allOf(visible)
  // Current from its own instant until that of its successor; an instant is as long as a millisecond.
  const successor = sql`(SELECT n.at FROM version n INDEXED BY version_rid WHERE n.rid = v.rid AND n.seq > v.seq AND n.seq <= ${asOf} ORDER BY n.seq LIMIT 1)`
  return allOf([
    sql`v.at < ${Math.max(at.to, at.from + 1)}`,
    sql`coalesce(${successor}, ${at.from + 1}) > ${at.from}`,
    ...visible,
  ])
}

/** Returns the sequence of the first version made at or after instant `at` (ms): instants never fall as it grows. */
export function firstSeqFrom(connection: Connection, at: number): number {
  let [low, high] = [1, lastSeq(connection) + 1]
  while (low < high) {
    const middle = Math.floor((low + high) / 2)
    const row = connection.get('SELECT seq, at FROM version WHERE seq >= ? ORDER BY seq LIMIT 1', [middle])
    if (!row || (row[1] as number) >= at) high = middle
    else low = (row[0] as number) + 1
  }
  return low
}

function list(
  connection: Connection,
  span: Span,
  limit: number,
  counting: boolean,
  meter: Meter | undefined,
): { seqs: number[]; total: number } | 'heavy' {
  const seqs: number[] = []
  let total = 0
  let to = span.to
  while (counting || seqs.length < limit) {
    const chunk = readChunk(connection, span, to)
    const passed = check(connection, span, chunk)
    total += passed.length
    if (seqs.length < limit) seqs.push(...passed.slice(0, limit - seqs.length))
    if (chunk.length < CHUNK) break
    to = chunk.at(-1)![0] - 1
    if (meter) meter.left -= CHUNK
    if (meter && meter.left < 0) return 'heavy'
  }
  return { seqs, total }
}

type Row = readonly [seq: number, type: number]

function readChunk(connection: Connection, span: Span, to: number): Row[] {
  const range = sql`v.seq >= ${span.from} AND v.seq <= ${to} ORDER BY v.seq DESC LIMIT 0 + ${CHUNK}`
  const query = sql`SELECT v.seq, v.type ${amongOf(span)} AND ${range}`
  return connection.all(query.text, query.params) as unknown as Row[]
}

function amongOf({ rids, types }: Span): Sql {
  const ids = [...types.keys()]
  if (rids?.length === 1) return sql`FROM version v INDEXED BY version_rid WHERE v.rid = ${rids[0]!}`
  if (rids)
    return sql`FROM json_each(${JSON.stringify(rids)}) j CROSS JOIN version v INDEXED BY version_rid ON v.rid = j.value WHERE 1`
  return ids.length === 1
    ? sql`FROM version v INDEXED BY version_type WHERE v.type = ${ids[0]!}`
    : sql`FROM version v WHERE v.type IN (${raw(ids.join(', '))})`
}

// Sequences of the rows that are listed, in their order: one question for each type among them.
function check(connection: Connection, span: Span, chunk: readonly Row[]): number[] {
  const byType = Map.groupBy(chunk, ([, type]) => type)
  const passed: number[] = []
  for (const [type, rows] of byType) {
    const condition = span.types.get(type)!
    const seqs = rows.map(([seq]) => seq)
    if (condition === TRUE) passed.push(...seqs)
    else passed.push(...checkType(connection, condition, seqs))
  }
  return passed.sort((a, b) => b - a)
}

function checkType(connection: Connection, condition: Sql, seqs: readonly number[]): number[] {
  const query = sql`SELECT v.seq FROM json_each(${JSON.stringify(seqs)}) j CROSS JOIN version v ON v.seq = j.value CROSS JOIN resource r ON r.rid = v.rid WHERE ${condition}`
  return connection.all(query.text, query.params).map(([seq]) => seq as number)
}
