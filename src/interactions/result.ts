// What an interaction came to; http/respond.ts and the Bundles turn it into a reply. https://hl7.org/fhir/R4/http.html#summary
import type { Disclosed } from '../access/audit.ts'
import type { Mask } from '../fhir/mask.ts'
import type { Issue, OperationOutcome } from '../fhir/outcome.ts'
import type { Resource } from '../fhir/resource.ts'

/** Which version it is; `lastUpdated` is an instant in ms. */
export interface VersionMark {
  readonly type: string
  readonly id: string
  readonly versionId: string
  readonly lastUpdated: number
  /** The value of the entity tag where it is not the versionId. */
  readonly tag?: string
}

/** A version with its bytes: as stored, or as they are shown under an entity tag of their own (`tag`). */
export interface Stored extends VersionMark {
  readonly document: Uint8Array
  readonly source?: string
  readonly patients?: readonly string[]
  /** What its labels have gained or lost by being written. */
  readonly labels?: readonly string[]
}

/** JSON text in pieces, so that stored bytes are served without being parsed. */
export type Piece = string | Uint8Array

/** Returns the resource that pieces are the text of. */
export function parsePieces(pieces: readonly Piece[]): Resource {
  return JSON.parse(
    pieces.map((piece) => (typeof piece === 'string' ? piece : Buffer.from(piece).toString())).join(''),
  )
}

type Kind =
  /** A version that was asked for. */
  | { readonly kind: 'found'; readonly version: Stored; readonly mask?: Mask }
  /** What stands after a write; `created` where nothing stood before. An update that changes nothing gives the old version. */
  | { readonly kind: 'written'; readonly version: Stored; readonly created: boolean }
  /** Nothing stands any more; `version` is the tombstone, where one may be seen. `count`: how many this call deleted. */
  | { readonly kind: 'removed'; readonly version?: VersionMark; readonly count: number }
  /** Stood here once. */
  | { readonly kind: 'gone'; readonly version: VersionMark }
  | { readonly kind: 'not-modified'; readonly version?: VersionMark; readonly etag?: string }
  /** A whole resource as JSON text: a page, a history, the answer to a Bundle. */
  | { readonly kind: 'pieces'; readonly pieces: readonly Piece[] }
  /** The CapabilityStatement: open to all, with an entity tag of its own. */
  | { readonly kind: 'public'; readonly document: Uint8Array; readonly etag: string }
  /** An OperationOutcome that was asked for: what a resource is told of itself. Paths in `issues` lead into the request's body. */
  | { readonly kind: 'outcome'; readonly issues: readonly Issue[] }
  /** A resource made for this answer. `status` is 200 where it is not given. */
  | { readonly kind: 'resource'; readonly resource: Resource | OperationOutcome; readonly status?: number }
  /** Text of another media type, for an operation that was asked for it (`OperationInput.text`). */
  | { readonly kind: 'text'; readonly mediaType: string; readonly text: string }

/** `disclosed`: the resources shown, for the access log; without it the log has what the version says. */
export type Result = Kind & { readonly disclosed?: readonly Disclosed[] }

/** Returns an outcome that only informs. */
export function inform(diagnostics: string): readonly Issue[] {
  return [{ severity: 'information', code: 'informational', diagnostics }]
}
