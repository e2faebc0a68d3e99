// The contract of every store: the only way to a resource. test/store/contract.ts runs it against each backend.

import type { ProvisionRow } from '../access/audit/provision.ts'
import type { AuditAction, AuditRow } from '../access/audit.ts'
import type {
  Change,
  Cursor,
  HistoryPlan,
  Plan,
  ReadPlan,
  ScanPlan,
  SearchPlan,
  VisiblePlan,
} from '../access/plan.ts'
import type { ConsentRecords } from '../consent/records.ts'
import type { CodeSystemStore } from '../fhir/code-system.ts'

/** One stored version. `document` is UTF-8 JSON as it is served; a deletion has none. */
export interface Version {
  readonly type: string
  readonly id: string
  readonly versionId: string
  /** Instant in ms. */
  readonly lastUpdated: number
  readonly method: 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly document?: Uint8Array
  /** Where it came from (`Organization/…`, or the person), and in whose record it is (`Patient/…`). */
  readonly source?: string
  readonly patients?: readonly string[]
  /** The entity tag's value of a document that shows less than what is stored. */
  readonly tag?: string
}

export interface Page {
  readonly matches: readonly Version[]
  readonly included: readonly Version[]
  /** True where the cap on included resources cut some off. */
  readonly includesCut?: boolean
  readonly next?: Cursor
  readonly total?: number
  /** The write sequence this page was read at. */
  readonly asOf: number
}

export interface Commit {
  /** One per change, in order; `created` where nothing stood there (or a tombstone); undefined for a skipped change. */
  readonly versions: readonly (CommittedVersion | undefined)[]
}

export interface CommittedVersion {
  readonly type: string
  readonly id: string
  readonly versionId: string
  readonly lastUpdated: number
  readonly created: boolean
  readonly document?: Uint8Array
}

/** What can be asked of a store, also from inside a transaction (where it sees the transaction's own writes). */
export interface Reader {
  /** The version asked for, a tombstone (no `document`), or undefined where nothing stands or it is not selected. */
  read(plan: Plan<ReadPlan>): Promise<Version | undefined>
  search(plan: Plan<SearchPlan>): Promise<Page>
  history(plan: Plan<HistoryPlan>): Promise<Page>
  /** Those of the references that lead to what may be shown. */
  visible(plan: Plan<VisiblePlan>): Promise<ReadonlySet<string>>
}

export interface CommitOptions {
  /** Ride in the same transaction. */
  readonly records?: readonly RecordChange[]
  readonly journal?: readonly JournalEntry[]
  /** Runs after the changes and before the commit, reading the transaction's own writes; a throw rolls everything back. */
  readonly beforeCommit?: (reader: Reader) => Promise<void>
}

export interface Store extends Reader {
  /** Every selected current resource, in constant memory. */
  scan(plan: Plan<ScanPlan>): AsyncIterable<Version>
  /**
   * All changes in one durable transaction, or none. Throws FhirError: `version-mismatch` (an expected version is not
   * the current one), `conflict` (an expected match set has changed: resolve again and retry), `multiple-matches`,
   * `storage-full` (507), `unavailable` (closing).
   */
  commit(changes: readonly Change[], options?: CommitOptions): Promise<Commit>
  readonly records: Records
  readonly consents: ConsentRecords
  readonly journal: Journal
  /** Code systems that are too large for a resource. */
  readonly codeSystems: CodeSystemStore
  /** A number that grows whenever another process may have changed the store: what caches are checked against. */
  epoch(): number
  /** Writes a consistent copy of the whole store to `file` while it is in use, its code systems to the folder `file.terminology`. */
  backup(file: string, onProgress?: (done: number, total: number) => void): Promise<void>
  /** Waits for every accepted commit, then lets go of the store. */
  close(): Promise<void>
}

/** One row that is not a resource: a token, a job, an offset, a sealing key. `value` is plain JSON. */
export interface RecordRow {
  readonly collection: string
  readonly key: string
  readonly value: unknown
  readonly owner?: string
  /** Instant in ms after which the row behaves as absent. */
  readonly expiresAt?: number
}

export type RecordChange = (
  | { readonly kind: 'add' | 'put'; readonly row: RecordRow }
  | { readonly kind: 'delete'; readonly collection: string; readonly key: string }
  /** Another end for an unexpired row, and nothing else of it: who changes it at the same time is not undone. */
  | { readonly kind: 'expire'; readonly collection: string; readonly key: string; readonly expiresAt: number }
) & {
  /** Nobody keeps what such a row said before, or that there was none: the epoch stays. */
  readonly quiet?: boolean
}

export interface Records {
  get(collection: string, key: string): Promise<RecordRow | undefined>
  /** Throws FhirError `conflict` where an unexpired row has the key already. */
  add(row: RecordRow): Promise<void>
  put(row: RecordRow): Promise<void>
  /** Returns the row and deletes it, at most once however many ask at the same time. */
  take(collection: string, key: string): Promise<RecordRow | undefined>
  list(collection: string, owner?: string): Promise<readonly RecordRow[]>
  delete(collection: string, key: string): Promise<void>
}

export type JournalEntry =
  | { readonly kind: 'audit'; readonly row: AuditRow }
  | { readonly kind: 'provision'; readonly row: ProvisionRow }

/** A row with its place in its chain. */
export interface Kept<Row> {
  readonly seq: number
  readonly row: Row
}

export interface JournalPage<Row> {
  readonly rows: readonly Kept<Row>[]
  /** What to ask `after` for the rest; undefined where nothing is left. */
  readonly next?: number
}

interface JournalQuestion {
  /** Instants in ms: at or after `from`, before `to`. */
  readonly from?: number
  readonly to?: number
  /** Rows kept before this one. */
  readonly after?: number
  readonly limit: number
}

/** Every condition that is given must hold. */
export interface AuditQuestion extends JournalQuestion {
  readonly patient?: string
  readonly subject?: string
  readonly organization?: string
  readonly action?: AuditAction
  readonly subtype?: string
}

export interface ProvisionQuestion extends JournalQuestion {
  readonly patient: string
  readonly recipient?: string
}

/** What a walk along the chains came to. */
export interface Verdict {
  /** Rows looked at. */
  readonly rows: number
  /** The first place of a chain where a row was changed, removed or put in. */
  readonly broken?: { readonly chain: JournalEntry['kind']; readonly seq: number }
  /** To be kept elsewhere, so that a chain made anew is noticed too. */
  readonly heads: Heads
}

/** Where each chain ends: `SEQ:HASH`, the SHA-256 in hexadecimal. */
export type Heads = Readonly<Record<JournalEntry['kind'], string>>

/** What happened, append-only: each row is chained to the one before it by its hash. */
export interface Journal {
  /**
   * Resolves at once, and the rows are durable a few milliseconds later; with `durable`, or where too many wait, once they
   * are. Rejects with FhirError as `Store.commit` does; rows that could not be kept are tried again with the next.
   */
  append(entries: readonly JournalEntry[], options?: { readonly durable: boolean }): Promise<void>
  /** Resolves once all that was appended is durable. */
  flush(): Promise<void>
  /** The row of that id, or undefined. */
  find(id: string): Promise<AuditRow | undefined>
  /** Newest first. */
  list(question: AuditQuestion): Promise<JournalPage<AuditRow>>
  /** Newest first. */
  provisions(question: ProvisionQuestion): Promise<JournalPage<ProvisionRow>>
  /**
   * Walks both chains as they stand, in constant memory; `onProgress` gets rows done and in all. With `heads` of an earlier
   * time the chains must lead through them.
   */
  verify(onProgress?: (done: number, total: number) => void, heads?: Heads): Promise<Verdict>
}
