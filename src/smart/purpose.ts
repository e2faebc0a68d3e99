// For which purpose of use a user's token is: by registration and capacity, or as the app chose among these (C1).
import type { Client } from './client.ts'
import { OAuthError } from './oauth-error.ts'

/** What stands before the code of a purpose where it is asked for as a scope. */
export const PURPOSE_SCOPE = 'https://musubi.example/purpose/'

/** Returns the one purpose that the scopes name, or undefined; throws `invalid_scope` for several. */
export function readPurposeScope(scope: string): string | undefined {
  const named = scope.split(' ').flatMap((each) => (each.startsWith(PURPOSE_SCOPE) ? [each] : []))
  if (named.length > 1) throw new OAuthError('invalid_scope', 'A token is for one purpose of use')
  return named[0]?.slice(PURPOSE_SCOPE.length)
}

/** Of a person's own asking: nobody else may state these, neither staff nor a client in its own name. */
export const OWN_PURPOSES: ReadonlySet<string> = new Set(['PATRQT', 'FAMRQT', 'PWATRNY', 'SUPNWK'])

/** Returns the purpose of who acts without stating one: care for staff, their own request for people and who acts for them. */
export function toUsualPurpose(subject: string): string {
  if (subject.startsWith('Practitioner/')) return 'TREAT'
  return subject.startsWith('RelatedPerson/') ? 'FAMRQT' : 'PATRQT'
}

/**
 * Returns the purpose of a token: `asked`, or the first that the client is registered for and that becomes who goes on with
 * it. Undefined where the client is registered for none of these.
 */
export function toPurpose(
  { purposes }: Client,
  { subject }: { readonly subject: string },
  asked: string | undefined,
): string | undefined {
  const isStaff = subject.startsWith('Practitioner/')
  const preferred = toUsualPurpose(subject)
  const becoming = purposes.filter((each) => (isStaff ? !OWN_PURPOSES.has(each) : OWN_PURPOSES.has(each)))
  if (asked !== undefined) return becoming.includes(asked) ? asked : undefined
  if (!isStaff && becoming.includes(preferred)) return preferred
  return becoming.find((each) => each !== 'BTG')
}
