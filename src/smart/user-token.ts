// The access token of a person at endpoints of this server itself. https://www.rfc-editor.org/rfc/rfc6750#section-2.1
import type { IncomingHttpHeaders } from 'node:http'
import type { TokenGrant } from '../access/principal.ts'
import { type Authorization, findInForce } from './authorization.ts'
import type { SmartContext } from './context.ts'
import { findGrant } from './token.ts'
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
  const grant = token === undefined ? undefined : await findGrant(store, token)
  if (grant?.authorization === undefined || grant.audience !== urls.base) return undefined
  const authorization = await findInForce(store, grant.authorization)
  return authorization && { grant: { ...grant, scope: await scopeNow(app, grant) }, authorization }
}
