// Where a client may be answered: compared to the letter afterwards, so what can be registered is strict. https://www.rfc-editor.org/rfc/rfc8252#section-7
import { OAuthError } from '../oauth-error.ts'

export const MAX_URI_CHARS = 2_000

// RFC 3986 characters, without what browsers read otherwise than servers do (a backslash) and without wildcards.
const URI = /^[A-Za-z0-9\-._~:/?#[\]@!$&'()+,;=%]+$/
const REVERSE_DOMAIN = /^[a-z][a-z0-9+-]*(\.[a-z0-9+-]+)+:\/[^\s]*$/
// A host that may stand in a Content-Security-Policy: browsers let through more in a name than a policy does.
const HOST = /^([a-z0-9.-]+|\[[0-9a-f:.]+\])(:\d+)?$/
const WEB = /^https?:\/\/[^/?#@]+([/?#]|$)/

/**
 * Returns a redirect URI as it was given. Throws OAuthError `invalid_redirect_uri` unless it is
 *  1. text of at most 2,000 characters that a URI may hold: no wildcard, space or backslash;
 *  2. without fragment and without user;
 *  3. https; or http on a loopback host, with the port that is used; or a private-use scheme that is a domain backwards
 *     (`org.example.app:/callback`). So never `javascript:`, `data:`, `file:` or a relative one.
 * A request must name one of them to the letter, the port of a loopback host too: the exception of RFC 8252 7.3 is not made.
 */
export function readRedirectUri(value: unknown): string {
  if (!isUriText(value)) throw wrong(`must be URIs of at most ${MAX_URI_CHARS} characters, without wildcards`)
  if (value.includes('#')) throw wrong('must have no fragment')
  const url = parseUrl(value)
  if (!url) throw wrong('must be absolute URIs')
  if (url.username !== '' || url.password !== '') throw wrong('must name no user')
  if (
    isPrivateUse(value) ||
    (isPlainUrl(value) && HOST.test(url.host) && (url.protocol === 'https:' || isLoopback(url)))
  )
    return value
  throw wrong('must be https, http on a loopback host, or a private-use scheme such as org.example.app:/cb')
}

/** True of `org.example.app:/callback`: a native app, which can keep no secret (RFC 8252 8.5). */
export function isPrivateUse(uri: string): boolean {
  return REVERSE_DOMAIN.test(uri)
}

/** True of an http(s) URL written out in full, without user and fragment: what a lenient parser mends is not let through. */
export function isPlainUrl(value: unknown): value is string {
  return isUriText(value) && WEB.test(value) && !value.includes('#')
}

/** True of http on this machine itself: never on the network. */
export function isLoopback({ protocol, hostname }: URL): boolean {
  return protocol === 'http:' && ['localhost', '127.0.0.1', '[::1]'].includes(hostname)
}

/** Returns the URL, or undefined where it is none. */
export function parseUrl(text: string): URL | undefined {
  return URL.parse(text) ?? undefined
}

function isUriText(value: unknown): value is string {
  return typeof value === 'string' && value.length <= MAX_URI_CHARS && URI.test(value)
}

function wrong(rule: string): OAuthError {
  return new OAuthError('invalid_redirect_uri', `redirect_uris ${rule}`)
}
