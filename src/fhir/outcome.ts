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

/** One thing to tell. What stands below `expression` is for making the answer, and is not served as it is. */
export interface Issue {
  readonly severity: 'fatal' | 'error' | 'warning' | 'information'
  readonly code: IssueType
  readonly diagnostics: string
  /** FHIRPath of the element at fault, such as `Observation.component[1].code`. */
  readonly expression?: readonly string[]
  /** Message code of the rule. */
  readonly rule?: string
  /** The same as `diagnostics`, in Japanese. */
  readonly ja?: string
  /** Property names and array positions that lead to it in the body. */
  readonly path?: readonly (string | number)[]
  /** Where that is in the text of the body, counted from 1. */
  readonly position?: Position
}

export interface Position {
  readonly line: number
  readonly column: number
}

/** Languages in which a person is told what is wrong. */
export type Language = 'en' | 'ja'

interface OutcomeIssue {
  readonly extension?: readonly { readonly url: string; readonly valueInteger: number }[]
  readonly severity: Issue['severity']
  readonly code: IssueType
  readonly details?: { readonly coding: readonly { system: string; code: string }[]; readonly text: string }
  readonly diagnostics: string
  readonly expression?: readonly string[]
}

export interface OperationOutcome {
  readonly resourceType: 'OperationOutcome'
  readonly issue: readonly OutcomeIssue[]
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

/** The code system of message codes; `profiles/musubi/CodeSystem-validation-message.json` lists them. */
export const MESSAGES = 'https://musubi.example/fhir/CodeSystem/validation-message'

const POSITION = 'http://hl7.org/fhir/StructureDefinition/operationoutcome-issue-'

/** Returns an OperationOutcome holding `issues`; `details.text` is in `language`, `diagnostics` always in English. */
export function toOutcome(issues: readonly Issue[], language: Language = 'en'): OperationOutcome {
  return { resourceType: 'OperationOutcome', issue: issues.map((issue) => toOutcomeIssue(issue, language)) }
}

function toOutcomeIssue(issue: Issue, language: Language): OutcomeIssue {
  const { severity, code, diagnostics, expression, rule, ja, position } = issue
  const text = language === 'ja' ? (ja ?? diagnostics) : diagnostics
  return {
    ...(position && {
      extension: [
        { url: `${POSITION}line`, valueInteger: position.line },
        { url: `${POSITION}col`, valueInteger: position.column },
      ],
    }),
    severity,
    code,
    ...(rule && { details: { coding: [{ system: MESSAGES, code: rule }], text } }),
    diagnostics,
    ...(expression && { expression }),
  }
}
