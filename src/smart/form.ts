// Parameters of a query or form as OAuth reads them: known once, or refused. https://www.rfc-editor.org/rfc/rfc6749#section-3.1
import { FhirError } from '../fhir/outcome.ts'
import { type Params, parseQueryString, quote } from '../interactions/params.ts'
import { OAuthError } from './oauth-error.ts'

/** Values by name; a parameter that is empty counts as not sent (RFC 6749 3.1). */
export type Form = Readonly<Record<string, string | undefined>>

/** Longest single value: a launch context or an assertion is far below it. */
const MAX_VALUE_CHARS = 64 * 1024
const UTF8 = new TextDecoder('utf-8', { fatal: true })

/**
 * Returns the parameters of `text`, percent-encoded. Throws OAuthError `invalid_request` where one is repeated, longer than
 * 64 K characters, holds a control character, or is not well encoded.
 */
export function parseForm(text: string): Form {
  const form: Record<string, string> = Object.create(null)
  for (const [name, value] of decodePairs(text)) {
    if (Object.hasOwn(form, name)) throw invalid(`The parameter ${describe(name)} is repeated`)
    if (value.length > MAX_VALUE_CHARS) throw invalid(`The parameter ${describe(name)} is too long`)
    if (/[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]/.test(value))
      throw invalid(`The parameter ${describe(name)} holds a control character`)
    form[name] = value
  }
  for (const name of Object.keys(form)) if (form[name] === '') delete form[name]
  return form
}

/** Returns the parameters of an address (path and query), as `parseForm` does. */
export function parseQuery({ url }: { readonly url: string }): Form {
  const at = url.indexOf('?')
  return at < 0 ? {} : parseForm(url.slice(at + 1))
}

/** Returns the parameters of a body that came as `application/x-www-form-urlencoded`; throws `invalid_request` for any other. */
export function parseFormBody(contentType: string | undefined, body: unknown): Form {
  if (!/^\s*application\/x-www-form-urlencoded\s*(;|$)/i.test(contentType ?? ''))
    throw invalid('The body must be application/x-www-form-urlencoded')
  if (!Buffer.isBuffer(body)) return parseForm('')
  try {
    return parseForm(UTF8.decode(body).trim())
  } catch (error) {
    if (error instanceof OAuthError) throw error
    throw invalid('The body is not UTF-8')
  }
}

function decodePairs(text: string): Params {
  try {
    return parseQueryString(text)
  } catch (error) {
    if (error instanceof FhirError) throw invalid('A percent-escape is broken or is not UTF-8')
    throw error
  }
}

// error_description holds no quote and nothing beyond ASCII (RFC 6749 5.2).
function describe(name: string): string {
  return quote(name).replace(/[^\x20-\x21\x23-\x5b\x5d-\x7e]/g, '')
}

function invalid(description: string): OAuthError {
  return new OAuthError('invalid_request', description)
}
