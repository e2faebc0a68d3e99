// Rows are added to their chains, inside the writer's transaction. https://www.rfc-editor.org/rfc/rfc6234 (SHA-256)
import { hash } from 'node:crypto'
import type { Connection } from '../connection.ts'
import type { PackedEntry } from '../message.ts'

/** Where a chain ends. */
export interface Head {
  readonly seq: number
  readonly hash: Uint8Array
}

/** Returns the hash of a row that follows `before`. */
export function chainHash(before: Uint8Array, row: string): Uint8Array {
  return hash('sha256', Buffer.concat([before, Buffer.from(row)]), 'buffer')
}

/** Adds `entries` in order. The end of a chain is read here and now: another process may have added to it. */
export function appendEntries(connection: Connection, entries: readonly PackedEntry[]): void {
  for (const chain of ['audit', 'provision'] as const) {
    const of = entries.filter((entry) => entry.chain === chain)
    if (of.length > 0) appendTo(connection, chain, of)
  }
}

function appendTo(
  connection: Connection,
  chain: PackedEntry['chain'],
  entries: readonly PackedEntry[],
): void {
  let { seq, hash: last } = readHead(connection, chain)
  for (const { at, mark, row, keys } of entries) {
    last = chainHash(last, row)
    connection.run(`INSERT INTO ${chain} (seq, at, mark, row, hash) VALUES (?, ?, ?, ?, ?)`, [
      ++seq,
      at,
      mark,
      row,
      last,
    ])
    for (const key of keys)
      connection.run(`INSERT OR IGNORE INTO ${chain}_key (key, seq) VALUES (?, ?)`, [key, seq])
  }
  connection.run('UPDATE journal_head SET seq = ?, hash = ? WHERE chain = ?', [seq, last, chain])
}

// A row that somebody put behind the end must not keep the server from adding: it stays, and is found by `verify`.
function readHead(connection: Connection, chain: PackedEntry['chain']): Head {
  const [seq, last, highest] = connection.get(
    `SELECT seq, hash, (SELECT coalesce(max(seq), 0) FROM ${chain}) FROM journal_head WHERE chain = ?`,
    [chain],
  ) as [number, Uint8Array, number]
  return { seq: Math.max(seq, highest), hash: last }
}
