// Which format is asked for, and which one is sent. https://hl7.org/fhir/R4/http.html#mime-type
import { FhirError } from '../fhir/outcome.ts'
import type { Params } from '../interactions/params.ts'

/** What a reply can be written as. */
export type Format = 'json' | 'xml' | 'ndjson'

/** The Content-Type of each. */
export const CONTENT_TYPES: Readonly<Record<Format, string>> = {
  json: 'application/fhir+json; charset=utf-8',
  xml: 'application/fhir+xml; charset=utf-8',
  ndjson: 'application/fhir+ndjson; charset=utf-8',
}

/** Media types and short names, by what they are written as. */
const FORMATS: Readonly<Record<string, Format>> = {
  'application/fhir+json': 'json',
  'application/json': 'json',
  'application/json+fhir': 'json',
  'text/json': 'json',
  'application/fhir+xml': 'xml',
  'application/xml': 'xml',
  'application/xml+fhir': 'xml',
  'text/xml': 'xml',
  'application/fhir+ndjson': 'ndjson',
  'application/ndjson': 'ndjson',
}

/** What a wildcard stands for, and how much it says. NDJSON is for those who name it. */
const WILDCARDS: Readonly<Record<string, { readonly formats: readonly Format[]; readonly rank: number }>> = {
  '*/*': { formats: ['json', 'xml'], rank: 0 },
  'application/*': { formats: ['json', 'xml'], rank: 1 },
  'text/*': { formats: ['xml'], rank: 1 },
}
const NAMED = 2

/** What `_format` may say besides; a plus in a URL is a space. */
const SHORT: Readonly<Record<string, Format>> = {
  json: 'json',
  xml: 'xml',
  ndjson: 'ndjson',
  '*/*': 'json',
  'application/fhir json': 'json',
  'application/json fhir': 'json',
  'application/fhir xml': 'xml',
  'application/xml fhir': 'xml',
  'application/fhir ndjson': 'ndjson',
}

/** How the reply is to be written. */
export interface Form {
  readonly format: Format
  readonly pretty: boolean
}

/** JSON as it lies. */
export const PLAIN: Form = { format: 'json', pretty: false }

/**
 * Returns the form that `Accept`, `_format` and `_pretty` ask for; `_format` goes before Accept, JSON where both are welcome. Throws
 * FhirError `not-acceptable` where only formats are accepted that are not written here (Turtle), and `invalid` for another `_pretty`.
 */
export function negotiate(accept: string | undefined, params: Params): Form {
  let asked: string | undefined
  let pretty = false
  for (const [name, value] of params) {
    if (name === '_format') asked = value
    else if (name === '_pretty') pretty = toBoolean(value)
  }
  if (asked === undefined && (accept === undefined || accept === '*/*'))
    return pretty ? { ...PLAIN, pretty } : PLAIN
  const format = asked === undefined ? readAccept(accept!) : readFormat(asked)
  return { format, pretty }
}

/** Returns the media type that `_format`, or else Accept first of all, names; lower case, without parameters. */
export function firstAsked(accept: string | undefined, params: Params): string {
  const format = params.findLast(([name]) => name === '_format')?.[1]
  return typeOf((format ?? accept ?? '').split(',', 1)[0])
}

function toBoolean(value: string): boolean {
  if (value === 'true' || value === 'false') return value === 'true'
  throw new FhirError('invalid', '_pretty must be true or false')
}

function readFormat(text: string): Format {
  const [type = '', ...parameters] = text.toLowerCase().split(';')
  const format = lookUp(SHORT, type.trim()) ?? lookUp(FORMATS, type.trim())
  if (!format || !isR4(parameters)) throw refuse('_format', text)
  return format
}

function lookUp<T>(table: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined
}

interface Range {
  readonly format: Format
  readonly quality: number
  /** The more the range says, the more it counts. */
  readonly rank: number
}

// The best quality wins; of several equal ones what is named, then JSON. https://www.rfc-editor.org/rfc/rfc9110#field.accept
function readAccept(accept: string): Format {
  const wanted = new Map<Format, Range>()
  for (const range of accept.toLowerCase().split(',').flatMap(readRange)) {
    const known = wanted.get(range.format)
    const isMore =
      !known || range.rank > known.rank || (range.rank === known.rank && range.quality > known.quality)
    if (isMore) wanted.set(range.format, range)
  }
  const [best] = [...wanted.values()].filter(({ quality }) => quality > 0).sort(compareRanges)
  if (!best) throw refuse('Accept', accept)
  return best.format
}

const ORDER: readonly Format[] = ['json', 'xml', 'ndjson']

function compareRanges(a: Range, b: Range): number {
  return b.quality - a.quality || b.rank - a.rank || ORDER.indexOf(a.format) - ORDER.indexOf(b.format)
}

function readRange(range: string): Range[] {
  const [type = '', ...parameters] = range.split(';')
  const stated = parameters
    .map((each) => /^\s*q=([0-9.]+)\s*$/.exec(each)?.[1])
    .find((each) => each !== undefined)
  const quality = stated === undefined ? 1 : Number(stated)
  if (!isR4(parameters)) return []
  const named = lookUp(FORMATS, type.trim())
  const { formats, rank } = named
    ? { formats: [named], rank: NAMED }
    : (lookUp(WILDCARDS, type.trim()) ?? { formats: [], rank: 0 })
  return formats.map((format) => ({ format, quality, rank }))
}

// `fhirVersion` may name another release: that is another format. https://hl7.org/fhir/R4/http.html#version-parameter
function isR4(parameters: readonly string[]): boolean {
  return parameters.every((each) => {
    const version = /^\s*fhirversion\s*=\s*"?([^"\s]*)"?\s*$/.exec(each)?.[1]
    return version === undefined || version === '4.0' || version === '4.0.1'
  })
}

function refuse(where: string, found: string): FhirError {
  return new FhirError(
    'not-acceptable',
    `${where} is ${show(found)}; this server writes JSON (application/fhir+json) and XML (application/fhir+xml) of FHIR 4.0, pages also as NDJSON`,
  )
}

function show(text: string): string {
  return JSON.stringify(text.length > 64 ? `${text.slice(0, 64)}…` : text)
}

const JSON_TYPES = new Set([
  'application/fhir+json',
  'application/json',
  'application/json+fhir',
  'text/json',
])
const XML_TYPES = new Set(['application/fhir+xml', 'application/xml', 'application/xml+fhir', 'text/xml'])

/** Returns what a body of this `Content-Type` is read as. */
export function toBodyFormat(contentType: string | undefined): 'json' | 'xml' {
  return XML_TYPES.has(typeOf(contentType)) ? 'xml' : 'json'
}

/** Returns a Content-Type without its parameters, in lower case. */
export function typeOf(contentType: string | undefined): string {
  return (contentType ?? '').split(';', 1)[0]!.trim().toLowerCase()
}

/** What a body may be, by what the URL takes. */
export type BodyKind = 'resource' | 'patch' | 'form' | 'operation'

/**
 * Throws FhirError `unsupported-media-type` where a body of this `Content-Type` is not read; to be asked before the body
 * is. `encoding` is the Content-Encoding: a compressed body is refused too.
 */
export function assertMediaType(kind: BodyKind, contentType: string | undefined, encoding?: string): void {
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity')
    throw new FhirError(
      'unsupported-media-type',
      `Content-Encoding is ${show(encoding)}; a body must come without one`,
    )
  const [type = '', ...parameters] = (contentType ?? '').toLowerCase().split(';')
  if (isRead(kind, type.trim()) && isR4(parameters) && parameters.every(isUtf8)) return
  const found =
    contentType === undefined || contentType === '' ? 'none is given' : `found ${show(contentType)}`
  throw new FhirError('unsupported-media-type', `${EXPECTED[kind]}; ${found}`)
}

/** What a PATCH may bring; FHIR's own formats are for a FHIRPath Patch. */
export const PATCH_TYPES = [
  'application/json-patch+json',
  'application/xml-patch+xml',
  'application/fhir+json',
  'application/fhir+xml',
] as const
const PATCHES: ReadonlySet<string> = new Set(PATCH_TYPES)

function isRead(kind: BodyKind, type: string): boolean {
  if (kind === 'form') return type === 'application/x-www-form-urlencoded'
  if (kind === 'patch') return PATCHES.has(type)
  return JSON_TYPES.has(type) || XML_TYPES.has(type)
}

function isUtf8(parameter: string): boolean {
  const charset = /^\s*charset\s*=\s*"?([^"\s]*)"?\s*$/.exec(parameter)?.[1]
  return charset === undefined || /^utf-?8$/.test(charset) || charset === 'us-ascii'
}

const RESOURCE = 'Content-Type must be application/fhir+json or application/fhir+xml of FHIR 4.0, in UTF-8'

const EXPECTED: Readonly<Record<BodyKind, string>> = {
  resource: RESOURCE,
  operation: RESOURCE,
  patch:
    'Content-Type must be application/json-patch+json, application/xml-patch+xml, or application/fhir+json or application/fhir+xml for a FHIRPath Patch',
  form: 'Content-Type must be application/x-www-form-urlencoded in UTF-8',
}
