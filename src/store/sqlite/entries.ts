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

/** Rows of new resources that wait to be written together, in the order of the index: each of its pages is met once. */
export interface Waiting {
  add(rid: number, rows: EntryRows): void
  /** Forgets them: what they belong to was undone. */
  clear(): void
  /** Writes them. Harmless where none wait. */
  flush(connection: Connection): void
}

/** Returns an empty wait. */
export function createWaiting(): Waiting {
  let rows: SqlValue[][] = []
  return {
    add(rid, triples) {
      for (let i = 0; i < triples.length; i += 3)
        rows.push([triples[i]!, triples[i + 1]!, rid, triples[i + 2]!])
    },
    clear() {
      rows = []
    },
    flush(connection) {
      if (rows.length === 0) return
      const sorted = rows.sort(byPlace)
      rows = []
      const many = sorted.length - (sorted.length % ROWS_AT_ONCE)
      for (let i = 0; i < many; i += ROWS_AT_ONCE)
        connection.run(INSERT_MANY, sorted.slice(i, i + ROWS_AT_ONCE).flat())
      for (let i = many; i < sorted.length; i++) connection.run(INSERT_ONE, sorted[i]!)
    },
  }
}

// As the index orders them, but for text beyond the first plane of Unicode, where it does not matter.
function byPlace(a: readonly SqlValue[], b: readonly SqlValue[]): number {
  if (a[0] !== b[0]) return (a[0] as number) - (b[0] as number)
  const [x, y] = [a[1]!, b[1]!]
  if (typeof x !== typeof y) return typeof x === 'number' ? -1 : 1
  if (x === y) return (a[2] as number) - (b[2] as number)
  return x < y ? -1 : 1
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
