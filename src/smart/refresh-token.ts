// Refresh tokens on record. https://www.rfc-editor.org/rfc/rfc6749#section-1.5
import type { RecordRow, Store } from '../store/store.ts'
import type { Authorization } from './authorization.ts'
import type { SmartContext } from './context.ts'
import { isLoggedIn } from './session.ts'
import { hashToken, isToken } from './token.ts'

/** The collection of `Records` that holds refresh tokens by the SHA-256 of their text. */
export const REFRESH_TOKENS = 'refresh-token'

/** What is kept of a refresh token beside its hash. */
export interface RefreshToken {
  readonly authorization: string
  readonly client: string
  /** Set by its first use, in ms: it was replaced. */
  readonly usedAt?: number
  /** Key of the one that it replaced. */
  readonly replaces?: string
}

/** Returns the row of a refresh token, and what it holds; undefined where there is none of that text, or it has expired. */
export async function findRefreshToken(
  { records }: Pick<Store, 'records'>,
  text: string,
): Promise<{ readonly row: RecordRow; readonly token: RefreshToken } | undefined> {
  const row = isToken(text) ? await records.get(REFRESH_TOKENS, hashToken(text)) : undefined
  return row && { row, token: row.value as RefreshToken }
}

/** True where the user is there, as `online_access` asks: it lasts as long as their session; with `offline_access` as well, longer. */
export async function isPresent(
  context: SmartContext,
  { scope, session, account }: Authorization,
): Promise<boolean> {
  if (scope.split(' ').includes('offline_access')) return true
  return session !== undefined && isLoggedIn(context, account, session)
}
