// The access token of a person at endpoints of this server itself. https://www.rfc-editor.org/rfc/rfc6750#section-2.1
import type { IncomingHttpHeaders } from 'node:http'
import type { TokenGrant } from '../access/principal.ts'
import { type Authorization, findAuthorization, isInForce } from './authorization.ts'
import type { SmartContext } from './context.ts'
import { hashToken, TOKENS } from './token.ts'
import { scopeNow, toBearer } from './verifier.ts'

interface UserToken {
  /** With what of its scope the client is still registered for. */
  readonly grant: TokenGrant
  readonly authorization: Authorization
}

/**
 * Returns what the bearer token of a request was granted for; undefined where it is none that a person has granted, was
 * made for another base, or is no longer in force.
 */
export async function findUserToken(
  { app, urls }: Pick<SmartContext, 'app' | 'urls'>,
  headers: IncomingHttpHeaders,
): Promise<UserToken | undefined> {
  const { store } = app
  const token = toBearer(headers.authorization)
  const row = token === undefined ? undefined : await store.records.get(TOKENS, hashToken(token))
  const grant = row?.value as TokenGrant | undefined
  if (grant?.authorization === undefined || grant.audience !== urls.base) return undefined
  const authorization = await findAuthorization(store, grant.authorization)
  if (!authorization || !(await isInForce(store, authorization))) return undefined
  return { grant: { ...grant, scope: await scopeNow(app, grant) }, authorization }
}
