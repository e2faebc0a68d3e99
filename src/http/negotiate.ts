// Which format is asked for, and which one is sent. https://hl7.org/fhir/R4/http.html#mime-type
import { FhirError } from '../fhir/outcome.ts'
import type { Params } from '../interactions/params.ts'

/** What the reply is written as. */
export const CONTENT_TYPE = 'application/fhir+json; charset=utf-8'

const JSON_TYPES = new Set([
  'application/fhir+json',
  'application/json',
  'application/json+fhir',
  'text/json',
  'application/*',
  '*/*',
])

const FORMATS = new Set([...JSON_TYPES, 'json', 'application/fhir json', 'application/json fhir'])

/** How the reply is to be written. */
export interface Form {
  readonly pretty: boolean
}

const PLAIN: Form = { pretty: false }

/**
 * Returns the form that `Accept`, `_format` and `_pretty` ask for. `_format` goes before Accept. Throws FhirError
 * `not-acceptable` where only formats are accepted that are not written here (XML, Turtle), and `invalid` for another `_pretty`.
 */
export function negotiate(accept: string | undefined, params: Params): Form {
  let format: string | undefined
  let pretty = false
  for (const [name, value] of params) {
    if (name === '_format') format = value
    else if (name === '_pretty') pretty = toBoolean(value)
  }
  if (format !== undefined) assertFormat(format)
  else if (accept !== undefined && accept !== '*/*') assertAccept(accept)
  return pretty ? { pretty } : PLAIN
}

function toBoolean(value: string): boolean {
  if (value === 'true' || value === 'false') return value === 'true'
  throw new FhirError('invalid', '_pretty must be true or false')
}

function assertFormat(format: string): void {
  const [type = '', ...parameters] = format.toLowerCase().split(';')
  if (!FORMATS.has(type.trim()) || !isR4(parameters)) throw refuse()
}

function assertAccept(accept: string): void {
  const acceptable = accept.toLowerCase().split(',').some(isAcceptable)
  if (!acceptable) throw refuse()
}

function isAcceptable(range: string): boolean {
  const [type = '', ...parameters] = range.split(';')
  return (
    JSON_TYPES.has(type.trim()) &&
    isR4(parameters) &&
    !parameters.some((each) => /^\s*q=0(?:\.0*)?\s*$/.test(each))
  )
}

// `fhirVersion` may name another release: that is another format. https://hl7.org/fhir/R4/http.html#version-parameter
function isR4(parameters: readonly string[]): boolean {
  return parameters.every((each) => {
    const version = /^\s*fhirversion\s*=\s*"?([^"\s]*)"?\s*$/.exec(each)?.[1]
    return version === undefined || version === '4.0' || version === '4.0.1'
  })
}

function refuse(): FhirError {
  return new FhirError(
    'not-acceptable',
    'This server writes JSON (application/fhir+json) of FHIR 4.0; XML and Turtle are not served yet',
  )
}

const WRITTEN = new Set(['application/fhir+json', 'application/json', 'application/json+fhir', 'text/json'])

/** What a body may be, by what the URL takes. */
export type BodyKind = 'resource' | 'patch' | 'form' | 'operation'

/**
 * Throws FhirError `unsupported-media-type` where a body of this `Content-Type` is not read; to be asked before the body
 * is. `encoding` is the Content-Encoding: a compressed body is refused too.
 */
export function assertMediaType(kind: BodyKind, contentType: string | undefined, encoding?: string): void {
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity')
    throw new FhirError('unsupported-media-type', 'A body with a Content-Encoding is not read here')
  const [type = '', ...parameters] = (contentType ?? '').toLowerCase().split(';')
  if (isRead(kind, type.trim()) && isR4(parameters) && parameters.every(isUtf8)) return
  throw new FhirError('unsupported-media-type', `${EXPECTED[kind]}; XML is not read yet`)
}

function isRead(kind: BodyKind, type: string): boolean {
  if (kind === 'form') return type === 'application/x-www-form-urlencoded'
  if (kind === 'patch') return type === 'application/json-patch+json' || type === 'application/fhir+json'
  return WRITTEN.has(type)
}

function isUtf8(parameter: string): boolean {
  const charset = /^\s*charset\s*=\s*"?([^"\s]*)"?\s*$/.exec(parameter)?.[1]
  return charset === undefined || charset === 'utf-8' || charset === 'utf8' || charset === 'us-ascii'
}

const EXPECTED: Readonly<Record<BodyKind, string>> = {
  resource: 'Content-Type must be application/fhir+json in UTF-8',
  operation: 'Content-Type must be application/fhir+json in UTF-8',
  patch: 'Content-Type must be application/json-patch+json, or application/fhir+json for a FHIRPath Patch',
  form: 'Content-Type must be application/x-www-form-urlencoded in UTF-8',
}
