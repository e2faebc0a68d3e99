// The answer to a posted Bundle: one response per entry, in the order in which they were asked. https://hl7.org/fhir/R4/http.html#transaction-response
import { STATUS_CODES } from 'node:http'
import { stringifyJson } from '../fhir/json.ts'
import { type FhirError, type Issue, toOutcome } from '../fhir/outcome.ts'
import { disclosedBy } from './audit/deed.ts'
import type { AppContext } from './context.ts'
import type { Return } from './interaction.ts'
import { joinBundle, toPieces } from './page.ts'
import { toEntityTag } from './precondition.ts'
import { inform, type Piece, type Result, type VersionMark } from './result.ts'

/** What became of one entry. */
export type EntryOutcome =
  | { readonly result: Result; readonly error?: undefined }
  | { readonly result?: undefined; readonly error: FhirError }

/** Returns the Bundle of the answers. */
export function toResponse(
  context: AppContext,
  type: 'batch-response' | 'transaction-response',
  outcomes: readonly EntryOutcome[],
  wanted: Return,
): Result {
  const entries = outcomes.map(({ result, error }) =>
    error ? toFailed(error) : toAnswered(context, result, wanted),
  )
  const disclosed = outcomes.flatMap(({ result }) => (result ? disclosedBy(result) : []))
  return { kind: 'pieces', pieces: joinBundle({ type, link: [] }, entries), disclosed }
}

/** Returns the HTTP status that a result answers with. */
export function toStatus(result: Result): number {
  switch (result.kind) {
    case 'found':
    case 'pieces':
    case 'public':
    case 'outcome':
    case 'text':
      return 200
    case 'resource':
      return result.status ?? 200
    case 'written':
      return result.created ? 201 : 200
    case 'removed':
      return 204
    case 'gone':
      return 410
    case 'not-modified':
      return 304
  }
}

/** Returns what a write tells of itself for `Prefer: return=OperationOutcome`. */
export function tellOutcome(result: Result): readonly Issue[] {
  if (result.kind === 'removed') return inform(`${result.count} deleted`)
  return inform(result.kind === 'written' && result.created ? 'Created' : 'Stored')
}

/** Returns the issue that says a resource is gone. */
export function tellGone(type: string): readonly Issue[] {
  return [{ severity: 'error', code: 'deleted', diagnostics: `This ${type} has been deleted` }]
}

function toFailed({ status, issues }: FhirError): readonly Piece[] {
  return [toResponseObject({ status: toLine(status), outcome: toOutcome(issues) })]
}

function toAnswered(context: AppContext, result: Result, wanted: Return): readonly Piece[] {
  const response = describe(result, wanted)
  const content = toContent(context, result, wanted)
  if (!content) return [toResponseObject(response)]
  return ['{"resource":', ...content, `,"response":${JSON.stringify(response)}}`]
}

function toResponseObject(response: object): string {
  return `{"response":${JSON.stringify(response)}}`
}

function toLine(status: number): string {
  return `${status} ${STATUS_CODES[status]}`
}

function describe(result: Result, wanted: Return): object {
  const status = toLine(toStatus(result))
  switch (result.kind) {
    case 'written': {
      const { type, id, versionId } = result.version
      const location = `${type}/${id}/_history/${versionId}`
      return { status, location, ...toMark(result.version), ...toTold(result, wanted) }
    }
    case 'removed':
      return { status, ...(result.version && toMark(result.version)), ...toTold(result, wanted) }
    case 'gone':
      return { status, ...toMark(result.version), outcome: toOutcome(tellGone(result.version.type)) }
    case 'found':
      return { status, ...toMark(result.version) }
    case 'not-modified':
      return { status, ...(result.version && toMark(result.version)) }
    case 'pieces':
    case 'public':
    case 'outcome':
    case 'resource':
    case 'text':
      return { status }
  }
}

function toMark({ versionId, tag, lastUpdated }: VersionMark): object {
  return { etag: toEntityTag(tag ?? versionId), lastModified: new Date(lastUpdated).toISOString() }
}

function toTold(result: Result, wanted: Return): object | undefined {
  return wanted === 'OperationOutcome' ? { outcome: toOutcome(tellOutcome(result)) } : undefined
}

function toContent(
  { definitions }: AppContext,
  result: Result,
  wanted: Return,
): readonly Piece[] | undefined {
  switch (result.kind) {
    case 'written':
      return wanted === 'representation' ? [result.version.document] : undefined
    case 'found':
      return toPieces(result.version, result.mask, definitions)
    case 'pieces':
      return result.pieces
    case 'public':
      return [result.document]
    case 'outcome':
      return [JSON.stringify(toOutcome(result.issues))]
    case 'resource':
      return [stringifyJson(result.resource)]
    case 'removed':
    case 'gone':
    case 'not-modified':
    // Never in a Bundle: an operation is asked for text by HTTP alone.
    case 'text':
      return undefined
  }
}
