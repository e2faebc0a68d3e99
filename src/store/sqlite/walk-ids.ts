// Walking in the order of `_id`: refs of one type lie together in the index of `ref`, in the order of their ids. https://hl7.org/fhir/R4/search.html#sort
import { isUnchanged, type Question } from './base.ts'
import { currentPlace } from './compile.ts'
import type { Connection } from './connection.ts'
import { compileAfter, compileKey, type Found, type Key, type Want } from './order.ts'
import { compileChecks } from './probe.ts'
import type { Meter } from './snapshot.ts'
import { allOf, join, raw, type Sql, sql } from './sql.ts'

const CHUNK = 1024

/** As `walk`, for a sort whose first key is `_id`; later keys decide nothing within a type. */
export function walkIds(
  connection: Connection,
  question: Question,
  want: Want,
  meter: Meter,
): Found[] | 'heavy' {
  const { type } = question
  const { descending } = want.sort[0]!
  const query = toQuery(connection, question, want)
  const [first, last] = [`${type}/`, `${type}0`]
  const found: Found[] = []
  // The same id of another type may have been the last: that id counts itself, and the conditions say the rest.
  let start = want.after ? first + want.after.keys[0] : descending ? last : first
  const stop = descending ? first : last
  for (let inclusive = true; ; inclusive = false) {
    const from = begin(descending, inclusive, start)
    const end = edgeOf(connection, descending, from, stop)
    const range = sql`${from} AND ${close(descending, end ?? stop)}`
    const { text, params } = query(range, want.limit - found.length)
    for (const [rid, ...keys] of connection.all(text, params))
      found.push({ rid: rid as number, keys: keys as Key[], past: 0 })
    if (found.length >= want.limit || end === undefined) return found
    start = end
    meter.left -= CHUNK
    if (meter.left < 0) return 'heavy'
  }
}

function toQuery(connection: Connection, question: Question, { sort, after, asOf }: Want) {
  const place = currentPlace('b')
  const base = { from: raw(''), rid: raw('b.rid'), place, seq: raw('b.seq') }
  const columns = sort.map((key) => compileKey(connection, key, question.type, place))
  const checks = [
    compileAfter(sort, columns, base.rid, after),
    ...compileChecks(connection, question, undefined, base),
    isUnchanged(base, asOf),
  ]
  const keys = join(columns, ', ')
  const order = raw(sort[0]!.descending ? 'DESC' : 'ASC')
  return (range: Sql, limit: number): Sql =>
    sql`SELECT b.rid, ${keys} FROM resource b WHERE ${range} AND b.deleted = 0 AND ${allOf(checks)} ORDER BY b.ref ${order} LIMIT 0 + ${limit}`
}

function begin(descending: boolean, inclusive: boolean, start: string): Sql {
  const sign = `${descending ? '<' : '>'}${inclusive ? '=' : ''}`
  return sql`b.ref ${raw(sign)} ${start}`
}

// With the end itself: no ref is where a type begins or ends.
function close(descending: boolean, end: string): Sql {
  return descending ? sql`b.ref >= ${end}` : sql`b.ref <= ${end}`
}

function edgeOf(connection: Connection, descending: boolean, from: Sql, stop: string): string | undefined {
  const order = raw(descending ? 'DESC' : 'ASC')
  const query = sql`SELECT ref FROM resource b WHERE ${from} AND ${close(descending, stop)} ORDER BY ref ${order} LIMIT 1 OFFSET 0 + ${CHUNK - 1}`
  return connection.get(query.text, query.params)?.[0] as string | undefined
}
