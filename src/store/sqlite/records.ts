// Rows that are not resources: tokens, jobs, keys. An expired row behaves as absent until it is swept.
import { FhirError } from '../../fhir/outcome.ts'
import type { RecordRow } from '../store.ts'
import type { Connection, SqlValue } from './connection.ts'
import type { PackedRecord } from './message.ts'

const COLUMNS = 'collection, key, value, owner, expires_at'
const VALID = '(expires_at IS NULL OR expires_at > ?)'
const SWEEP_ROWS = 1000

function toRow([collection, key, value, owner, expiresAt]: SqlValue[]): RecordRow {
  return {
    collection: collection as string,
    key: key as string,
    value: JSON.parse(value as string),
    ...(owner === null ? {} : { owner: owner as string }),
    ...(expiresAt === null ? {} : { expiresAt: expiresAt as number }),
  }
}

/** Returns the unexpired row, or undefined. */
export function getRecord(connection: Connection, collection: string, key: string): RecordRow | undefined {
  const row = connection.get(`SELECT ${COLUMNS} FROM record WHERE collection = ? AND key = ? AND ${VALID}`, [
    collection,
    key,
    Date.now(),
  ])
  return row && toRow(row)
}

/** Returns the unexpired rows of a collection (of one owner, where given), by key. */
export function listRecords(connection: Connection, collection: string, owner?: string): RecordRow[] {
  const owned = owner === undefined ? [] : [owner]
  return connection
    .all(
      `SELECT ${COLUMNS} FROM record WHERE collection = ? ${owner === undefined ? '' : 'AND owner = ?'}
       AND ${VALID} ORDER BY key`,
      [collection, ...owned, Date.now()],
    )
    .map(toRow)
}

/** Applies one change inside a transaction. Throws FhirError `conflict` for an `add` onto an unexpired row, before writing. */
export function applyRecord(connection: Connection, change: PackedRecord): void {
  if (change.kind === 'delete') {
    deleteRecord(connection, change.collection, change.key)
    return
  }
  if (change.kind === 'expire') {
    expireRecord(connection, change)
    return
  }
  const { collection, key, value, owner, expiresAt } = change.row
  if (change.kind === 'add' && getRecord(connection, collection, key))
    throw new FhirError('conflict', `A record of ${collection} with this key exists already`)
  connection.run(`INSERT OR REPLACE INTO record (${COLUMNS}) VALUES (?, ?, ?, ?, ?)`, [
    collection,
    key,
    value,
    owner ?? null,
    toEnd(expiresAt),
  ])
}

function expireRecord(
  connection: Connection,
  { collection, key, expiresAt }: PackedRecord & { kind: 'expire' },
): void {
  connection.run(`UPDATE record SET expires_at = ? WHERE collection = ? AND key = ? AND ${VALID}`, [
    toEnd(expiresAt),
    collection,
    key,
    Date.now(),
  ])
}

// A far instant has no place in an integer column: it is never reached.
function toEnd(expiresAt: number | undefined): number | null {
  return expiresAt !== undefined && Number.isSafeInteger(Math.ceil(expiresAt)) ? Math.ceil(expiresAt) : null
}

/** Returns the unexpired row and deletes it, inside a transaction. */
export function takeRecord(connection: Connection, collection: string, key: string): RecordRow | undefined {
  const row = getRecord(connection, collection, key)
  if (row) deleteRecord(connection, collection, key)
  return row
}

function deleteRecord(connection: Connection, collection: string, key: string): void {
  connection.run('DELETE FROM record WHERE collection = ? AND key = ?', [collection, key])
}

/** Deletes some of the expired rows, inside a transaction; false where none was left. */
export function sweepRecords(connection: Connection): boolean {
  const { changes } = connection.run(
    `DELETE FROM record WHERE (collection, key) IN
     (SELECT collection, key FROM record WHERE expires_at <= ? LIMIT ${SWEEP_ROWS})`,
    [Date.now()],
  )
  return changes > 0
}

/** Tells every process, on commit, that records have changed. */
export function raiseEpoch(connection: Connection): void {
  connection.run('UPDATE epoch SET value = value + 1', [])
}
