// What a request asks for, whatever carried it: HTTP or an entry of a Bundle. https://hl7.org/fhir/R4/http.html
import type { Mask } from '../fhir/mask.ts'
import type { Resource } from '../fhir/resource.ts'
import type { Operation } from './operation.ts'
import type { OperationLevel } from './operation-of.ts'
import type { Handling, Params } from './params.ts'
import type { EntityTags } from './precondition.ts'

/** What a write answers with (`Prefer: return=…`). https://hl7.org/fhir/R4/http.html#ops */
export type Return = 'minimal' | 'representation' | 'OperationOutcome'

export type Patch =
  | { readonly format: 'json-patch'; readonly body: unknown }
  /** The bytes of the document. */
  | { readonly format: 'xml-patch'; readonly body: Uint8Array }
  | { readonly format: 'fhirpath-patch'; readonly body: unknown }

export interface Read {
  readonly kind: 'read'
  readonly type: string
  readonly id: string
  readonly mask?: Mask
  readonly ifNoneMatch?: EntityTags
  /** Instant in ms. */
  readonly ifModifiedSince?: number
}

export interface Vread extends Omit<Read, 'kind'> {
  readonly kind: 'vread'
  readonly versionId: string
}

export interface Create {
  readonly kind: 'create'
  readonly type: string
  readonly resource: Resource
  /** Search criteria: nothing is created where they match. */
  readonly ifNoneExist?: string
}

/** A target named by its id, or by criteria that must match it alone. */
export type Target =
  | { readonly id: string; readonly criteria?: undefined }
  | { readonly id?: undefined; readonly criteria: string }

export interface Update {
  readonly kind: 'update'
  readonly type: string
  readonly target: Target
  readonly resource: Resource
  readonly ifMatch?: EntityTags
  /** `*`: only where nothing stands yet. */
  readonly ifNoneMatch?: EntityTags
}

export interface PatchInteraction {
  readonly kind: 'patch'
  readonly type: string
  readonly target: Target
  readonly patch: Patch
  readonly ifMatch?: EntityTags
}

export interface Delete {
  readonly kind: 'delete'
  readonly type: string
  readonly target: Target
  readonly ifMatch?: EntityTags
  /** At most so many matches of the criteria are deleted; without it more than one match is an error. */
  readonly atMost?: number
}

export interface Search {
  readonly kind: 'search'
  /** Undefined: all types. */
  readonly type?: string
  readonly compartment?: { readonly name: string; readonly id: string }
  readonly params: Params
  readonly handling: Handling
}

/** Of one resource, of a type, or (neither given) of everything. */
export interface History {
  readonly kind: 'history'
  readonly type?: string
  readonly id?: string
  readonly params: Params
}

export interface OperationCall {
  readonly kind: 'operation'
  readonly operation: Operation
  readonly level: OperationLevel
  readonly type?: string
  readonly id?: string
  readonly params: Params
  /** Parameters, or the resource that is the only parameter. */
  readonly body?: Resource
  readonly handling: Handling
  readonly text?: boolean
}

export interface BundleInteraction {
  readonly kind: 'batch' | 'transaction'
  readonly bundle: Resource
  /** For every entry that writes. */
  readonly return: Return
  readonly handling: Handling
}

export interface Capabilities {
  readonly kind: 'capabilities'
  readonly ifNoneMatch?: EntityTags
}

export type Interaction =
  | Read
  | Vread
  | Create
  | Update
  | PatchInteraction
  | Delete
  | Search
  | History
  | OperationCall
  | BundleInteraction
  | Capabilities
