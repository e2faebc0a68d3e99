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
  const sql = `SELECT count(*) FROM (SELECT 1 ${CHANGED} LIMIT 0 + ?)`
  return Number(connection.get(sql, [asOf, asOf, cap])![0])
}

// Of the version that stands the row is in facet; of older ones, and of what was deleted, in past_facet.
const facetOf = (column: string) => {
  const past = (seq: string) => `(SELECT ${column} FROM past_facet f WHERE f.rid = r.rid AND f.seq = ${seq})`
  return `CASE WHEN v.seq = r.seq AND r.deleted = 0 THEN (SELECT ${column} FROM facet f WHERE f.rid = r.rid) WHEN v.method = 'DELETE' THEN ${past('v.prior')} ELSE ${past('v.seq')} END`
}
const text = (id: string) => `(SELECT text FROM facet_value WHERE id = ${id})`
const SUBJECTS = `(SELECT group_concat(x.text, ' ') FROM subject s CROSS JOIN facet_value x ON x.id = s.patient WHERE s.rid = r.rid AND s.seq = CASE WHEN v.seq = r.seq AND r.deleted = 0 THEN 0 WHEN v.method = 'DELETE' THEN v.prior ELSE v.seq END)`

/** What `toVersion` reads, of version `v` of resource `r`. */
export const VERSION_COLUMNS = `v.type, r.ref, v.version_id, v.at, v.method, v.document, ${facetOf(text('f.source'))}, ${facetOf(`CASE f.patient WHEN -1 THEN ${SUBJECTS} ELSE ${text('f.patient')} END`)}`

// Rows come in the order of the list: it is the outer loop.
const BY_SEQ = `SELECT ${VERSION_COLUMNS} FROM json_each(?) j CROSS JOIN version v ON v.seq = j.value CROSS JOIN resource r ON r.rid = v.rid`
const CURRENT = `SELECT ${VERSION_COLUMNS} FROM json_each(?) j CROSS JOIN resource r ON r.rid = j.value CROSS JOIN version v ON v.seq = r.seq`

/** Returns the versions with these sequences, in this order. */
export function loadVersions(connection: Connection, seqs: readonly number[]): Version[] {
  return seqs.length === 0 ? [] : load(connection, BY_SEQ, seqs)
}

/** Returns the version to show of each resource, in this order: the current one where `past` is 0. */
export function loadFound(
  connection: Connection,
  found: readonly { readonly rid: number; readonly past: number }[],
): Version[] {
  if (found.length === 0) return []
  const rids = found.map(({ rid }) => rid)
  if (found.every(({ past }) => past === 0)) return load(connection, CURRENT, rids)
  const seqOf = (rid: number) => connection.get('SELECT seq FROM resource WHERE rid = ?', [rid])![0] as number
  return loadVersions(
    connection,
    found.map(({ rid, past }) => past || seqOf(rid)),
  )
}

function load(connection: Connection, sql: string, keys: readonly number[]): Version[] {
  return connection.all(sql, [JSON.stringify(keys)]).map((row) => toVersion(connection, row))
}

/** Returns a row of `VERSION_COLUMNS` as a Version. */
export function toVersion(connection: Connection, row: readonly SqlValue[]): Version {
  const [typeId, ref, versionId, at, method, document, source, patients] = row as [
    number,
    string,
    string,
    number,
    Version['method'],
    Uint8Array | null,
    string | null,
    string | null,
  ]
  const type = connection.typeName(typeId)
  const version = {
    type,
    id: ref.slice(type.length + 1),
    versionId,
    lastUpdated: at,
    method,
    ...(source !== null && { source }),
    ...(patients !== null && { patients: patients.split(' ') }),
  }
  return document === null ? version : { ...version, document }
}
