// Rows are added to their chains, inside the writer's transaction. https://www.rfc-editor.org/rfc/rfc6234 (SHA-256)
import { hash } from 'node:crypto'
import type { Connection, SqlValue } from '../connection.ts'
import { type PackedEntry, unpackEntries } from './pack.ts'

/** Where a chain ends. */
export interface Head {
  readonly seq: number
  readonly hash: Uint8Array
}

/** Returns the hash of a row that follows `before`. */
export function chainHash(before: Uint8Array, row: Uint8Array): Uint8Array {
  return hash('sha256', Buffer.concat([before, row]), 'buffer')
}

/** Adds packed entries in order. The end of a chain is read here and now: another process may have added to it. */
export function appendEntries(connection: Connection, lines: Uint8Array): void {
  const entries = [...unpackEntries(lines)]
  for (const chain of ['audit', 'provision'] as const) {
    const of = entries.filter((entry) => entry.chain === chain)
    if (of.length > 0) appendTo(connection, chain, of)
  }
}

const ROWS_AT_ONCE = 8
const ROW = '(?, ?, ?, CAST(? AS TEXT), ?)'
const KEY = '(?, ?)'

function appendTo(
  connection: Connection,
  chain: PackedEntry['chain'],
  entries: readonly PackedEntry[],
): void {
  let { seq, hash: last } = readHead(connection, chain)
  const rows: SqlValue[][] = []
  const keys: SqlValue[][] = []
  for (const { at, mark, row, keys: of } of entries) {
    last = chainHash(last, row)
    seq++
    rows.push([seq, at, mark, row, last])
    for (const key of of) keys.push([key, seq])
  }
  insertAll(connection, `INSERT INTO ${chain} (seq, at, mark, row, hash) VALUES `, ROW, rows)
  // In the order of the index: each of its pages is met once.
  keys.sort(byKey)
  insertAll(connection, `INSERT OR IGNORE INTO ${chain}_key (key, seq) VALUES `, KEY, keys)
  connection.run('UPDATE journal_head SET seq = ?, hash = ? WHERE chain = ?', [seq, last, chain])
}

function byKey([a]: readonly SqlValue[], [b]: readonly SqlValue[]): number {
  return a! < b! ? -1 : a === b ? 0 : 1
}

function insertAll(connection: Connection, sql: string, one: string, rows: readonly SqlValue[][]): void {
  const many = rows.length - (rows.length % ROWS_AT_ONCE)
  const manySql = sql + Array(ROWS_AT_ONCE).fill(one).join(', ')
  for (let i = 0; i < many; i += ROWS_AT_ONCE) connection.run(manySql, rows.slice(i, i + ROWS_AT_ONCE).flat())
  for (let i = many; i < rows.length; i++) connection.run(sql + one, rows[i]!)
}

// A row that somebody put behind the end must not keep the server from adding: it stays, and is found by `verify`.
function readHead(connection: Connection, chain: PackedEntry['chain']): Head {
  const [seq, last, highest] = connection.get(
    `SELECT seq, hash, (SELECT coalesce(max(seq), 0) FROM ${chain}) FROM journal_head WHERE chain = ?`,
    [chain],
  ) as [number, Uint8Array, number]
  return { seq: Math.max(seq, highest), hash: last }
}
