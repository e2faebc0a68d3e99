// The index rows of one resource: added, replaced by the difference, kept for the version they belonged to.
import type { Connection, SqlValue } from './connection.ts'

/** Triples: id of the parameter, lo, hi. */
export type EntryRows = readonly (number | string)[]

const ROWS_AT_ONCE = 8
const INSERT = 'INSERT OR IGNORE INTO entry (param, lo, rid, hi) VALUES '
const INSERT_ONE = `${INSERT}(?, ?, ?, ?)`
const INSERT_MANY = INSERT + Array(ROWS_AT_ONCE).fill('(?, ?, ?, ?)').join(', ')

/** Adds rows to `entry`; one that stands there already is left as it is. */
export function insertEntries(connection: Connection, rid: number, rows: EntryRows): void {
  const many = rows.length - (rows.length % (3 * ROWS_AT_ONCE))
  for (let i = 0; i < many; i += 3 * ROWS_AT_ONCE)
    connection.run(INSERT_MANY, toValues(rid, rows, i, i + 3 * ROWS_AT_ONCE))
  for (let i = many; i < rows.length; i += 3) connection.run(INSERT_ONE, toValues(rid, rows, i, i + 3))
}

function toValues(rid: number, rows: EntryRows, from: number, to: number): SqlValue[] {
  const values: SqlValue[] = []
  for (let i = from; i < to; i += 3) values.push(rows[i]!, rows[i + 1]!, rid, rows[i + 2]!)
  return values
}

/** Copies the rows of a resource to `past_entry`, as those of its version `seq`. */
export function keepEntries(connection: Connection, rid: number, seq: number): void {
  connection.run(
    `INSERT INTO past_entry (rid, seq, param, lo, hi)
     SELECT rid, ?, param, lo, hi FROM entry INDEXED BY entry_rid WHERE rid = ?`,
    [seq, rid],
  )
}

/** Makes `rows` the rows of a resource; writes only what differs from those that stand. */
export function replaceEntries(connection: Connection, rid: number, rows: EntryRows): void {
  const gone = new Map<string, SqlValue[]>()
  for (const old of connection.all('SELECT param, lo, hi FROM entry INDEXED BY entry_rid WHERE rid = ?', [
    rid,
  ]))
    gone.set(keyOf(old[0]!, old[1]!, old[2]!), old)
  const added: (number | string)[] = []
  for (let i = 0; i < rows.length; i += 3) {
    const [param, lo, hi] = [rows[i]!, rows[i + 1]!, rows[i + 2]!]
    if (!gone.delete(keyOf(param, lo, hi))) added.push(param, lo, hi)
  }
  for (const [param, lo, hi] of gone.values())
    connection.run('DELETE FROM entry WHERE param = ? AND lo = ? AND rid = ? AND hi = ?', [
      param!,
      lo!,
      rid,
      hi!,
    ])
  insertEntries(connection, rid, added)
}

/** Deletes the rows of a resource. */
export function deleteEntries(connection: Connection, rid: number): void {
  connection.run(
    `DELETE FROM entry WHERE (param, lo, rid, hi) IN
     (SELECT param, lo, rid, hi FROM entry INDEXED BY entry_rid WHERE rid = ?)`,
    [rid],
  )
}

// The number 5 and the text '5' are two entries.
function keyOf(...values: readonly SqlValue[]): string {
  return JSON.stringify(values)
}
