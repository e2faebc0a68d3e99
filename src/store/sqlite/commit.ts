// One commit applied inside the writer's transaction: expectations, versions, index rows, records.
import { FhirError } from '../../fhir/outcome.ts'
import type { Connection, SqlValue } from './connection.ts'
import {
  createWaiting,
  deleteEntries,
  type EntryRows,
  insertEntries,
  keepEntries,
  replaceEntries,
} from './entries.ts'
import { checkExpectation } from './expect.ts'
import { createFacetRow, createFacetWriter, type FacetParam, type FacetRow, facetParam } from './facets.ts'
import { governs, openGovernance } from './governance.ts'
import { createGrants, type Grants } from './grants.ts'
import { appendEntries } from './journal/append.ts'
import {
  type Applied,
  CREATED,
  type FlatEntries,
  type Outcome,
  type PackedChange,
  type PackedCommit,
  SKIPPED,
  UPDATED,
} from './message.ts'
import { applyRecord, raiseEpoch } from './records.ts'
import { readStanding, type Standing } from './standing.ts'

/** Changes of a commit from which the index rows of new resources are written together. */
const LARGE = 64

/** Who is who: requesters are told apart by it. */
const DIRECTORY: ReadonlySet<string> = new Set(['CareTeam', 'Group', 'Organization', 'PractitionerRole'])

/** Where the store stands: the last write sequence, instant and rid given out. */
export interface Ledger {
  seq: number
  at: number
  rid: number
}

export interface Committer {
  /**
   * Applies a commit; each change sees those before it. Throws FhirError where an expectation fails: then nothing of
   * this commit stays, and the transaction goes on.
   */
  apply(ledger: Ledger, commit: PackedCommit): Applied
  /** Takes note of names that a commit brings; once for each commit, in the order they were sent. */
  learn(names: readonly string[]): void
  readonly grants: Grants
  /** Forgets ids that a rollback of the whole transaction has undone. */
  forget(): void
}

/** Returns where the store stands, read inside the transaction: another process may have written. */
export function readLedger(connection: Connection): Ledger {
  const [seq, at] = connection.get('SELECT seq, at FROM version ORDER BY seq DESC LIMIT 1', []) ?? [0, 0]
  const [rid] = connection.get('SELECT max(rid) FROM resource', []) ?? []
  return { seq: seq as number, at: at as number, rid: (rid as number | null) ?? 0 }
}

/** Returns the committer of one connection. */
export function createCommitter(connection: Connection, governance = openGovernance(connection)): Committer {
  const names: string[] = []
  let ids: number[] = []
  const several = new Set<number>()
  const encoder = new TextEncoder()
  const waiting = createWaiting()
  let isLarge = false
  let isHierarchyChanged = false

  const facets = createFacetWriter(connection)
  const grants = createGrants(connection, governance, facets.valueId)
  /** By number of a name, how it stands in the facet row; null where it is a parameter of search. */
  const facetParams: (FacetParam | null)[] = []

  const paramId = (name: string) => connection.paramId(name) ?? intern('param', name)
  const typeId = (name: string) => connection.typeId(name) ?? intern('type', name)
  const intern = (table: 'param' | 'type', name: string) =>
    connection.run(`INSERT INTO ${table} (name) VALUES (?)`, [name]).lastInsertRowid

  // Entries of search become rows of the index; facets are gathered into their one row.
  function toRows(type: string, entries: FlatEntries, at: number): { rows: EntryRows; facets: FacetRow } {
    const rows: (number | string)[] = [paramId(`${type}._lastUpdated`), at, at]
    const row = createFacetRow()
    for (let i = 0; i < entries.length; i += 3) {
      const number = entries[i] as number
      const [lo, hi] = [entries[i + 1]!, entries[i + 2] ?? entries[i + 1]!]
      facetParams[number] ??= facetParam(names[number]!.slice(type.length + 1)) ?? null
      if (facetParams[number]) facets.add(row, facetParams[number], lo, hi)
      else {
        ids[number] ??= paramId(names[number]!)
        rows.push(ids[number], lo, hi)
      }
    }
    noteSeveral(rows)
    return { rows, facets: row }
  }

  function putFacets(rid: number, change: PackedChange & { kind: 'put' | 'index' }, row: FacetRow): void {
    facets.write(rid, typeId(change.type), row)
    grants.record(rid, change.standing)
  }

  // Of a parameter that never has two entries on one resource, two conditions are one range (probe.ts).
  function noteSeveral(rows: EntryRows): void {
    const seen = new Set<number>()
    for (let i = 0; i < rows.length; i += 3) {
      const param = rows[i] as number
      if (!seen.has(param)) seen.add(param)
      else if (!several.has(param)) {
        connection.run('UPDATE param SET several = 1 WHERE id = ?', [param])
        several.add(param)
      }
    }
  }

  function insertVersion(
    ledger: Ledger,
    change: PackedChange,
    rid: number,
    method: string,
    prior: SqlValue,
    document: SqlValue,
  ) {
    connection.run(
      'INSERT INTO version (seq, rid, type, prior, version_id, method, at, document) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
      [ledger.seq, rid, typeId(change.type), prior, change.versionId, method, ledger.at, document],
    )
  }

  function put(
    ledger: Ledger,
    change: PackedChange & { kind: 'put' },
    old: Standing | undefined,
    document: Uint8Array,
  ): Outcome {
    const { rows, facets: row } = toRows(change.type, change.entries, ledger.at)
    const rid = old?.rid ?? ++ledger.rid
    ledger.seq++
    insertVersion(ledger, change, rid, change.method, old?.seq ?? null, document)
    if (!old) {
      connection.run('INSERT INTO resource (rid, ref, type, seq) VALUES (?, ?, ?, ?)', [
        rid,
        `${change.type}/${change.id}`,
        typeId(change.type),
        ledger.seq,
      ])
      if (isLarge) waiting.add(rid, rows)
      else insertEntries(connection, rid, rows)
      putFacets(rid, change, row)
      return CREATED
    }
    connection.run('UPDATE resource SET seq = ?, deleted = 0 WHERE rid = ?', [ledger.seq, rid])
    if (!old.deleted) keep(rid, old.seq)
    replaceEntries(connection, rid, rows)
    putFacets(rid, change, row)
    return old.deleted ? CREATED : UPDATED
  }

  function remove(ledger: Ledger, change: PackedChange, old: Standing | undefined): Outcome {
    if (!old || old.deleted) return SKIPPED
    ledger.seq++
    insertVersion(ledger, change, old.rid, 'DELETE', old.seq, null)
    connection.run('UPDATE resource SET seq = ?, deleted = 1 WHERE rid = ?', [ledger.seq, old.rid])
    keep(old.rid, old.seq)
    deleteEntries(connection, old.rid)
    facets.remove(old.rid)
    grants.record(old.rid, undefined)
    return UPDATED
  }

  function keep(rid: number, seq: number): void {
    keepEntries(connection, rid, seq)
    facets.keep(rid, seq)
  }

  function reindex(change: PackedChange & { kind: 'index' }, old: Standing | undefined): Outcome {
    if (!old || old.deleted || old.versionId !== change.versionId) return SKIPPED
    const { rows, facets: row } = toRows(change.type, change.entries, old.at)
    replaceEntries(connection, old.rid, rows)
    putFacets(old.rid, change, row)
    return UPDATED
  }

  function applyChange(
    ledger: Ledger,
    change: PackedChange,
    documents: Uint8Array,
    stamp: Uint8Array,
  ): Outcome {
    const old = readStanding(connection, `${change.type}/${change.id}`)
    if (change.type === 'Organization') isHierarchyChanged ||= movesOrganization(change, old)
    // What looks at index rows must find those of the changes before it.
    if (old || (change.kind !== 'index' && (change.expect.noMatch || change.expect.oneMatch)))
      waiting.flush(connection)
    if (change.kind === 'index') return reindex(change, old)
    checkExpectation(connection, change, old)
    if (change.kind === 'delete') return remove(ledger, change, old)
    const document = documents.subarray(change.start, change.end)
    document.set(stamp, change.stampAt)
    return put(ledger, change, old, document)
  }

  // Rules speak of what is part of an organisation.
  function movesOrganization(change: PackedChange, old: Standing | undefined): boolean {
    const param = connection.paramId('Organization.partof')
    const after =
      change.kind !== 'delete' &&
      change.entries.some((value, i) => i % 3 === 0 && names[value as number] === 'Organization.partof')
    if (after) return true
    if (!old || old.deleted || param === undefined) return false
    return (
      connection.get('SELECT 1 FROM entry INDEXED BY entry_rid WHERE rid = ? AND param = ?', [
        old.rid,
        param,
      ]) !== undefined
    )
  }

  function applyAll(ledger: Ledger, { changes, records, journal, documents }: PackedCommit): Applied {
    // Time never falls as the sequence grows, even where the clock does.
    ledger.at = Math.max(Date.now(), ledger.at)
    const stamp = encoder.encode(toStamp(ledger.at))
    isHierarchyChanged = false
    isLarge = changes.length >= LARGE
    waiting.clear()
    const outcomes = changes.map((change) => applyChange(ledger, change, documents, stamp))
    waiting.flush(connection)
    for (const record of records) applyRecord(connection, record)
    if (records.some(({ quiet }) => !quiet)) raiseEpoch(connection)
    if (records.some(governs) || isHierarchyChanged) grants.reset()
    else if (changes.some(({ type }) => DIRECTORY.has(type))) grants.raise()
    grants.settle()
    if (journal.length > 0) appendEntries(connection, journal)
    return { at: ledger.at, outcomes }
  }

  function applyOrUndo(ledger: Ledger, commit: PackedCommit): Applied {
    const before = { ...ledger }
    connection.exec('SAVEPOINT one')
    try {
      const applied = applyAll(ledger, commit)
      connection.exec('RELEASE one')
      return applied
    } catch (error) {
      if (error instanceof FhirError) {
        connection.exec('ROLLBACK TO one; RELEASE one')
        Object.assign(ledger, before)
        forget()
      }
      throw error
    }
  }

  function forget(): void {
    ids = []
    facets.forget()
    grants.forget()
    several.clear()
    connection.forget()
  }

  return {
    apply: (ledger, commit) =>
      // A single change is refused before it writes anything: there is nothing to undo.
      commit.changes.length + commit.records.length > 1 || commit.journal.length > 0
        ? applyOrUndo(ledger, commit)
        : applyAll(ledger, commit),
    learn: (fresh) => void names.push(...fresh),
    grants,
    forget,
  }
}

/** Returns the instant as it stands in `meta.lastUpdated`: 24 characters. https://hl7.org/fhir/R4/datatypes.html#instant */
export function toStamp(at: number): string {
  return new Date(at).toISOString()
}
