// Query strings and forms as ordered pairs, and the parameters that every interaction knows. https://hl7.org/fhir/R4/http.html#parameters
import type { Mask } from '../fhir/mask.ts'
import { FhirError } from '../fhir/outcome.ts'

/** Name and value as decoded from a query string or a form, in order; names may repeat. */
export type Params = readonly (readonly [name: string, value: string])[]

/** What becomes of an unknown or unsupported search parameter. https://hl7.org/fhir/R4/search.html#errors */
export type Handling = 'strict' | 'lenient'

const NONE: Params = []

/**
 * Returns the pairs of a query string or form body (`application/x-www-form-urlencoded`), decoded and in order. Throws
 * FhirError `invalid` where an escape is broken or is not UTF-8: a parameter half understood is a filter half applied.
 */
export function parseQueryString(text: string): Params {
  if (text === '') return NONE
  return text.split('&').flatMap((pair): Params => {
    if (pair === '') return NONE
    const at = pair.indexOf('=')
    return at < 0 ? [[decode(pair), '']] : [[decode(pair.slice(0, at)), decode(pair.slice(at + 1))]]
  })
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    throw new FhirError('invalid', 'The query is not well encoded: a %-escape is broken or is not UTF-8')
  }
}

/** Returns the query string of `params`, encoded so that a colon, comma and slash stay readable. */
export function toQueryString(params: Params): string {
  return params.map(([name, value]) => `${encode(name)}=${encode(value)}`).join('&')
}

function encode(text: string): string {
  return encodeURIComponent(text).replace(/%(3A|2C|2F|40|24)/g, decodeURIComponent)
}

/** Parameters of the reply's form alone: read at the edge, unknown to searches. */
const FORM = new Set(['_format', '_pretty'])

/** Returns `params` without `_format` and `_pretty`. */
export function withoutForm(params: Params): Params {
  return params.some(([name]) => FORM.has(name)) ? params.filter(([name]) => !FORM.has(name)) : params
}

const SUMMARIES = ['true', 'text', 'data', 'count', 'false'] as const
type Summary = (typeof SUMMARIES)[number]

/**
 * Returns what `_summary` and `_elements` show of the resource that is read, or undefined for all of it. Throws FhirError
 * `not-supported` for any other parameter, naming it, and `invalid` for a value that is none.
 */
export function parseMask(params: Params): Mask | undefined {
  let mask: Mask | undefined
  for (const [name, value] of withoutForm(params)) {
    if (name === '_summary') mask = { ...mask, summary: toSummary(value) }
    else if (name === '_elements') mask = { ...mask, elements: toElements(value) }
    else throw new FhirError('not-supported', `The parameter ${quote(name)} is not known here`)
  }
  if (mask?.summary !== undefined && mask.elements)
    throw new FhirError('invalid', '_summary and _elements exclude each other')
  return mask
}

function toSummary(value: string): Summary {
  const summary = SUMMARIES.find((each) => each === value)
  if (summary === undefined || summary === 'count')
    throw new FhirError('invalid', '_summary of one resource must be true, text, data or false')
  return summary
}

function toElements(value: string): readonly string[] {
  const names = value.split(',').map((name) => name.trim())
  if (names.every((name) => /^[A-Za-z][A-Za-z0-9]*$/.test(name))) return names
  throw new FhirError('invalid', '_elements must name elements of the resource, separated by commas')
}

/** Returns `name` in quotes where it can be shown, shortened where it is long. */
export function quote(name: string): string {
  return JSON.stringify(name.length > 64 ? `${name.slice(0, 64)}…` : name)
}

/** Throws FhirError `not-supported` naming the first parameter that is not in `known`. */
export function assertKnown(params: Params, known: ReadonlySet<string>): void {
  const unknown = params.find(([name]) => !known.has(name))
  if (unknown) throw new FhirError('not-supported', `The parameter ${quote(unknown[0])} is not known here`)
}
