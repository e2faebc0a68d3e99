// OperationOutcome: every failure a caller may see, as one coded error. https://hl7.org/fhir/R4/operationoutcome.html

/** IssueType codes we use. https://hl7.org/fhir/R4/valueset-issue-type.html */
export type IssueType =
  | 'invalid'
  | 'structure'
  | 'required'
  | 'value'
  | 'invariant'
  | 'security'
  | 'login'
  | 'unknown'
  | 'expired'
  | 'forbidden'
  | 'processing'
  | 'not-supported'
  | 'duplicate'
  | 'multiple-matches'
  | 'not-found'
  | 'deleted'
  | 'too-long'
  | 'code-invalid'
  | 'extension'
  | 'too-costly'
  | 'business-rule'
  | 'conflict'
  | 'transient'
  | 'lock-error'
  | 'no-store'
  | 'exception'
  | 'timeout'
  | 'throttled'
  | 'informational'
  | 'suppressed'

export interface Issue {
  readonly severity: 'fatal' | 'error' | 'warning' | 'information'
  readonly code: IssueType
  readonly diagnostics: string
  /** FHIRPath of the element at fault, such as `Observation.component[1].code`. */
  readonly expression?: readonly string[]
  /** Property names and array positions that lead to it in the body; not served. */
  readonly path?: readonly (string | number)[]
  readonly details?: { readonly text?: string; readonly coding?: readonly { system: string; code: string }[] }
}

export interface OperationOutcome {
  readonly resourceType: 'OperationOutcome'
  readonly issue: readonly Issue[]
}

interface ErrorRow {
  readonly status: number
  readonly issue: IssueType
}

/** The whole list of failures: stable code → HTTP status and IssueType. Nothing below enumerates it. */
export const ERRORS = {
  invalid: { status: 400, issue: 'invalid' },
  structure: { status: 400, issue: 'structure' },
  'not-supported': { status: 400, issue: 'not-supported' },
  'bad-link': { status: 400, issue: 'invalid' },
  login: { status: 401, issue: 'login' },
  forbidden: { status: 403, issue: 'forbidden' },
  'not-found': { status: 404, issue: 'not-found' },
  'method-not-allowed': { status: 405, issue: 'not-supported' },
  'not-acceptable': { status: 406, issue: 'not-supported' },
  conflict: { status: 409, issue: 'conflict' },
  deleted: { status: 410, issue: 'deleted' },
  expired: { status: 410, issue: 'expired' },
  'version-mismatch': { status: 412, issue: 'conflict' },
  'multiple-matches': { status: 412, issue: 'multiple-matches' },
  'too-large': { status: 413, issue: 'too-long' },
  'unsupported-media-type': { status: 415, issue: 'not-supported' },
  unprocessable: { status: 422, issue: 'processing' },
  'too-costly': { status: 422, issue: 'too-costly' },
  throttled: { status: 429, issue: 'throttled' },
  exception: { status: 500, issue: 'exception' },
  unavailable: { status: 503, issue: 'transient' },
  'storage-full': { status: 507, issue: 'no-store' },
} as const satisfies Record<string, ErrorRow>

export type ErrorCode = keyof typeof ERRORS

/** An expected failure. `diagnostics` is for the caller and never holds another person's data. */
export class FhirError extends Error {
  readonly code: ErrorCode
  readonly issues: readonly Issue[]

  constructor(code: ErrorCode, diagnostics: string, issues?: readonly Issue[]) {
    super(diagnostics)
    this.name = 'FhirError'
    this.code = code
    this.issues = issues ?? [{ severity: 'error', code: ERRORS[code].issue, diagnostics }]
  }

  /** The HTTP status that this failure answers with. */
  get status(): number {
    return ERRORS[this.code].status
  }
}

/** Returns an OperationOutcome holding `issues`. */
export function toOutcome(issues: readonly Issue[]): OperationOutcome {
  return { resourceType: 'OperationOutcome', issue: issues }
}
