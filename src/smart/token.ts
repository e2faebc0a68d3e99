// Access tokens: opaque 256-bit values of which only the SHA-256 is kept. https://www.rfc-editor.org/rfc/rfc6750
import { hash, randomBytes } from 'node:crypto'
import type { TokenGrant } from '../access/principal.ts'
import type { RecordRow, Store } from '../store/store.ts'

/** The collection of `Records` that holds grants by the hash of their token. */
export const TOKENS = 'token'

const TOKEN = /^[A-Za-z0-9_-]{43}$/

/** True where `text` has the form of a token of ours. */
export function isToken(text: string): boolean {
  return TOKEN.test(text)
}

/** Returns the key a token is kept under: the hexadecimal SHA-256 of its text. */
export function hashToken(token: string): string {
  return hash('sha256', token, 'hex')
}

/** Returns 256 random bits in the form of a token. */
export function makeToken(): string {
  return randomBytes(32).toString('base64url')
}

/** Returns what an access token was made for; undefined where none of that text is on record, or it has expired. */
export async function findGrant(
  { records }: Pick<Store, 'records'>,
  text: string,
): Promise<TokenGrant | undefined> {
  const row = isToken(text) ? await records.get(TOKENS, hashToken(text)) : undefined
  const grant = row?.value as TokenGrant | undefined
  return grant && grant.expiresAt > Date.now() ? grant : undefined
}

/** Returns a new token (32 random bytes, base64url) and the row to store; the token itself is in neither the row nor a log. */
export function mintToken(grant: TokenGrant): { readonly token: string; readonly row: RecordRow } {
  const token = makeToken()
  const row = {
    collection: TOKENS,
    key: hashToken(token),
    value: grant,
    owner: grant.subject,
    expiresAt: grant.expiresAt,
  }
  return { token, row }
}
