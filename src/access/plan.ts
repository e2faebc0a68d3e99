// A Query under a Policy, and a write under a Policy: the only arguments a Store takes.
import type { Standing } from '../consent/standing.ts'
import type { Expr, IndexEntry, Query, Selection } from '../search/query.ts'

/** Where a walk stands: made by a store, given back to it; JSON-serialisable, sealed before it leaves the server. */
export interface Cursor {
  /** The write sequence that the whole walk is bound to. */
  readonly asOf: number
  /** Sort values of the last row, one per sort key; null where it has none. */
  readonly keys: readonly (number | string | null)[]
  readonly rid: number
  readonly total?: number
}

export interface ReadPlan {
  readonly kind: 'read'
  readonly select: Selection
  readonly id: string
  readonly versionId?: string
  /** The target of a write: as it is stored, hidden elements and all. */
  readonly whole?: boolean
}

export interface SearchPlan {
  readonly kind: 'search'
  readonly query: Query
  readonly after?: Cursor
}

/** `select` is the policy alone; a version is listed iff it holds for that version and for the current one. */
export interface HistoryPlan {
  readonly kind: 'history'
  readonly select: readonly Selection[]
  readonly id?: string
  /** Instants in ms: versions made at or after `since`, before `before`; `at`: those current at some time within it. */
  readonly since?: number
  readonly before?: number
  readonly at?: { readonly from: number; readonly to: number }
  readonly count: number
  readonly total: 'none' | 'accurate'
  readonly after?: Cursor
}

/** Every current resource selected, in constant memory, as of the start. */
export interface ScanPlan {
  readonly kind: 'scan'
  readonly select: readonly Selection[]
}

/** Which of `refs` (`Type/id`) are current resources for which `where` holds, of whatever type. */
export interface VisiblePlan {
  readonly kind: 'visible'
  readonly refs: readonly string[]
  readonly where: Expr
}

export type PlanData = ReadPlan | SearchPlan | HistoryPlan | ScanPlan | VisiblePlan

/** A question with the policy folded into every place where it enters a type. Made by `Policy` only. */
export class Plan<Data extends PlanData = PlanData> {
  readonly #data: Data

  constructor(seal: typeof SEAL, data: Data) {
    if (seal !== SEAL) throw new TypeError('a Plan is made by a Policy')
    this.#data = data
  }

  /** The plain, immutable question: what a store compiles, and what may travel to a worker thread. */
  get data(): Data {
    return this.#data
  }
}

/** What must still be true, inside the transaction, for the change to be made. */
export interface Expectation {
  /** `null`: nothing stands at the id (a tombstone is nothing); a string: this is the current version. */
  readonly version?: string | null
  /** The plan matches nothing (conditional create, update without match). */
  readonly noMatch?: Plan<SearchPlan>
  /** The plan matches this resource and no other (conditional update, patch, delete). */
  readonly oneMatch?: { readonly plan: Plan<SearchPlan>; readonly ref: string }
}

export interface PutChange {
  readonly kind: 'put'
  readonly type: string
  readonly id: string
  readonly method: 'POST' | 'PUT' | 'PATCH'
  readonly versionId: string
  /** UTF-8 JSON with `meta.lastUpdated` blank at `stampAt` (24 bytes); the store fills it in at commit. */
  readonly document: Uint8Array
  readonly stampAt: number
  /** Those of search, and its facets. */
  readonly entries: readonly IndexEntry[]
  /** What it puts on record of a person; grants are made from it. */
  readonly standing?: Standing
  readonly expect: Expectation
}

export interface DeleteChange {
  readonly kind: 'delete'
  readonly type: string
  readonly id: string
  readonly versionId: string
  readonly expect: Expectation
}

/** New index entries for the version that stands; makes no version (reindex). Skipped where it is no longer current. */
export interface IndexChange {
  readonly kind: 'index'
  readonly type: string
  readonly id: string
  readonly versionId: string
  readonly entries: readonly IndexEntry[]
  readonly standing?: Standing
}

export type ChangeData = PutChange | DeleteChange | IndexChange

/** A write that a Policy has let through. Made by `Policy` only. */
export class Change<Data extends ChangeData = ChangeData> {
  readonly #data: Data

  constructor(seal: typeof SEAL, data: Data) {
    if (seal !== SEAL) throw new TypeError('a Change is made by a Policy')
    this.#data = data
  }

  get data(): Data {
    return this.#data
  }
}

/** Only `access/` may import this: it is what makes a Plan without a Policy impossible. An import rule checks it. */
export const SEAL: unique symbol = Symbol('made by a Policy')
