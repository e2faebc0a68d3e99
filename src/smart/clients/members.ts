// Checks of single members of client metadata: text, addresses, lists. https://www.rfc-editor.org/rfc/rfc7591#section-2
import { OAuthError } from '../oauth-error.ts'
import { isLoopback, isPlainUrl, MAX_URI_CHARS, parseUrl } from './redirect-uri.ts'

/** Returns the value of a member; throws OAuthError naming it where the value is wrong. */
export type Read<T> = (value: unknown, member: string) => T

const MAX_ITEMS = 20
// What nobody can see in a name could make one app look like another.
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]/u

/** Returns the failure of a member. */
export function invalid(member: string, rule: string): OAuthError {
  return new OAuthError('invalid_client_metadata', `${member} ${rule}`)
}

/** Reads text of at most `maxChars` that can be shown as it is. */
export function text(maxChars: number): Read<string> {
  return (value, member) => {
    if (typeof value !== 'string') throw invalid(member, 'must be a string')
    const trimmed = value.trim()
    if (trimmed === '' || trimmed.length > maxChars)
      throw invalid(member, `must have 1 to ${maxChars} characters`)
    if (INVISIBLE.test(trimmed)) throw invalid(member, 'must not hold invisible characters')
    return trimmed
  }
}

/** Reads one of a few words. */
export function oneOf<Word extends string>(...words: readonly Word[]): Read<Word> {
  return (value, member) => {
    const word = words.find((each) => each === value)
    if (word === undefined) throw invalid(member, `must be one of ${words.join(', ')}`)
    return word
  }
}

/** Reads a list without repetitions; it may be empty. */
export function listOf<T>(read: Read<T>): Read<readonly T[]> {
  return (value, member) => {
    if (!Array.isArray(value)) throw invalid(member, 'must be an array')
    if (value.length > MAX_ITEMS) throw invalid(member, `must have at most ${MAX_ITEMS} values`)
    return [...new Set(value.map((each) => read(each, member)))]
  }
}

/** Reads the https address of a page or picture. */
export const webUri: Read<string> = (value, member) => {
  const url = isPlainUrl(value) ? parseUrl(value) : undefined
  if (url?.protocol !== 'https:')
    throw invalid(
      member,
      `must be an absolute https URL of at most ${MAX_URI_CHARS} characters, without user and fragment`,
    )
  return value as string
}

/** Reads an address of the app itself: https, or http on the machine it is developed on. */
export const appUri: Read<string> = (value, member) => {
  const url = isPlainUrl(value) ? parseUrl(value) : undefined
  if (!url || (url.protocol !== 'https:' && !isLoopback(url)))
    throw invalid(member, 'must be an absolute https URL (http on a loopback host) without user and fragment')
  return value as string
}

/** Reads the origin of a browser app, as browsers write it. */
export const origin: Read<string> = (value, member) => {
  const uri = appUri(value, member)
  if (new URL(uri).origin !== uri)
    throw invalid(member, 'must be origins as a browser sends them, such as https://app.example.org')
  return uri
}

/** Reads a pattern of text, described for who writes it. */
export function matching(pattern: RegExp, described: string): Read<string> {
  return (value, member) => {
    if (typeof value !== 'string' || !pattern.test(value)) throw invalid(member, `must be ${described}`)
    return value
  }
}
