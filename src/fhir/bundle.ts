// Bundle: the envelope of pages, histories and transactions. https://hl7.org/fhir/R4/bundle.html
import type { OperationOutcome } from './outcome.ts'
import type { Resource } from './resource.ts'

export type BundleType =
  | 'document'
  | 'message'
  | 'transaction'
  | 'transaction-response'
  | 'batch'
  | 'batch-response'
  | 'history'
  | 'searchset'
  | 'collection'

export interface BundleLink {
  readonly relation: string
  readonly url: string
}

export interface BundleRequest {
  readonly method: string
  readonly url: string
  readonly ifNoneMatch?: string
  readonly ifModifiedSince?: string
  readonly ifMatch?: string
  readonly ifNoneExist?: string
}

export interface BundleResponse {
  /** The HTTP status, its three digits first. */
  readonly status: string
  readonly location?: string
  readonly etag?: string
  readonly lastModified?: string
  readonly outcome?: OperationOutcome
}

export interface BundleEntry {
  readonly link?: readonly BundleLink[]
  readonly fullUrl?: string
  readonly resource?: Resource | OperationOutcome
  readonly search?: { readonly mode: 'match' | 'include' | 'outcome'; readonly score?: number }
  readonly request?: BundleRequest
  readonly response?: BundleResponse
}
