// One consistent view of the store for a whole answer, and the versions that stood at an older write sequence.
import type { Version } from '../store.ts'
import type { Connection, SqlValue } from './connection.ts'

/** How many index rows an answer may still look at before it belongs in a worker thread. */
export interface Meter {
  left: number
}

/** Returns what `read` returns, all of it read from one state of the store; inside a transaction, from that one. */
export function inSnapshot<T>(connection: Connection, read: () => T): T {
  connection.run('SAVEPOINT answer', [])
  try {
    return read()
  } finally {
    connection.run('RELEASE answer', [])
  }
}

/** Returns the sequence of the newest version; 0 for an empty store. */
export function lastSeq(connection: Connection): number {
  return Number(connection.get('SELECT max(seq) FROM version', [])?.[0] ?? 0)
}

const CHANGED = 'FROM version INDEXED BY version_prior WHERE seq > ? AND prior IS NOT NULL AND prior <= ?'

/** Returns how many resources that stood at `asOf` were changed or deleted since, counted up to `cap`. */
export function countChanged(connection: Connection, asOf: number, cap: number): number {
  const sql = `SELECT count(*) FROM (SELECT 1 ${CHANGED} LIMIT ?)`
  return Number(connection.get(sql, [asOf, asOf, cap])![0])
}

const VERSIONS = `
  SELECT v.type, r.ref, v.version_id, v.at, v.method, v.document
  FROM json_each(?) j CROSS JOIN version v ON v.seq = j.value CROSS JOIN resource r ON r.rid = v.rid ORDER BY j.id`

/** Returns the versions with these sequences, in this order. */
export function loadVersions(connection: Connection, seqs: readonly number[]): Version[] {
  if (seqs.length === 0) return []
  return connection.all(VERSIONS, [JSON.stringify(seqs)]).map((row) => toVersion(connection, row))
}

/** Returns a row `type, ref, version_id, at, method, document` as a Version. */
export function toVersion(connection: Connection, row: readonly SqlValue[]): Version {
  const [typeId, ref, versionId, at, method, document] = row as [
    number,
    string,
    string,
    number,
    Version['method'],
    Uint8Array | null,
  ]
  const type = connection.typeName(typeId)
  const version = { type, id: ref.slice(type.length + 1), versionId, lastUpdated: at, method }
  return document === null ? version : { ...version, document }
}
