// What the main thread and the writer thread say to each other: small objects, flat lists, one buffer of documents.
import type { HistoryPlan, PutChange, ReadPlan, SearchPlan, VisiblePlan } from '../../access/plan.ts'
import type { Standing } from '../../consent/standing.ts'
import type { Page, RecordChange, RecordRow, Version } from '../store.ts'
import type { Failure } from './failure.ts'

export interface PackedExpectation {
  readonly version?: string | null
  readonly noMatch?: SearchPlan
  readonly oneMatch?: { readonly plan: SearchPlan; readonly ref: string }
}

interface PackedPut {
  readonly kind: 'put'
  readonly type: string
  readonly id: string
  readonly versionId: string
  readonly method: PutChange['method']
  /** Where the document lies in the commit's buffer, and where in the document its time goes. */
  readonly start: number
  readonly end: number
  readonly stampAt: number
  readonly entries: FlatEntries
  readonly standing?: Standing
  readonly expect: PackedExpectation
}

interface PackedDelete {
  readonly kind: 'delete'
  readonly type: string
  readonly id: string
  readonly versionId: string
  readonly expect: PackedExpectation
}

interface PackedIndex {
  readonly kind: 'index'
  readonly type: string
  readonly id: string
  readonly versionId: string
  readonly entries: FlatEntries
  readonly standing?: Standing
}

export type PackedChange = PackedPut | PackedDelete | PackedIndex

/** Triples: number of the parameter's name, lo, hi (null where it equals lo). */
export type FlatEntries = readonly (number | string | null)[]

/** A change of a record, its value as JSON text: what is stored does not depend on how threads copy objects. */
export type PackedRecord =
  | Extract<RecordChange, { kind: 'delete' | 'expire' }>
  | {
      readonly kind: 'add' | 'put'
      readonly quiet: boolean
      readonly row: Omit<RecordRow, 'value'> & { readonly value: string }
    }

export interface PackedCommit {
  readonly changes: readonly PackedChange[]
  readonly records: readonly PackedRecord[]
  /** Lines of journal/pack.ts. */
  readonly journal: Uint8Array
  /** Names of parameters not sent before; they are numbered in the order in which they were ever sent. */
  readonly names: readonly string[]
  readonly documents: Uint8Array
}

export type Question = ReadPlan | SearchPlan | HistoryPlan | VisiblePlan
export type Answer = Version | Page | ReadonlySet<string> | undefined

/** `commit` with `hold` is kept open, answering `ask`, until its `release`. */
export type ToWriter =
  | { readonly kind: 'commit'; readonly id: number; readonly commit: PackedCommit; readonly hold: boolean }
  | { readonly kind: 'take'; readonly id: number; readonly collection: string; readonly key: string }
  | { readonly kind: 'ask'; readonly id: number; readonly held: number; readonly question: Question }
  | { readonly kind: 'release'; readonly id: number; readonly held: number; readonly keep: boolean }
  /** Makes grants for a grantee until all stand. */
  | { readonly kind: 'ensure'; readonly id: number; readonly grantee: string }
  | { readonly kind: 'close'; readonly id: number }

/** What became of each change, in order, and the instant (ms) that all versions of the commit carry. */
export interface Applied {
  readonly at: number
  readonly outcomes: readonly Outcome[]
}

export type Outcome = typeof SKIPPED | typeof UPDATED | typeof CREATED
export const SKIPPED = 0
export const UPDATED = 1
export const CREATED = 2

export interface FromWriter {
  readonly id: number
  readonly failure?: Failure
  readonly value?: Applied | RecordRow | Answer
}

/** What the writer thread is started with. */
export interface WriterData {
  readonly file: string
  readonly shared: SharedArrayBuffer
  readonly maxPages?: number
}
