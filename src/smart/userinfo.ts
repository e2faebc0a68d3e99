// Who has logged in, for a client that holds an access token of theirs. https://openid.net/specs/openid-connect-core-1_0.html#UserInfo
import type { FastifyInstance } from 'fastify'
import type { TokenGrant } from '../access/principal.ts'
import { findAuthorization, isInForce } from './authorization.ts'
import type { SmartContext } from './context.ts'
import { UNCACHED } from './failure.ts'
import { OAuthError } from './oauth-error.ts'
import { hashToken, TOKENS } from './token.ts'
import { identityClaims } from './token-endpoint/id-token.ts'
import { toBearer } from './verifier.ts'

/** Adds `GET` and `POST /auth/userinfo`: the claims of a token with `openid`; 403 without that scope, 401 without a token in force. */
export function registerUserInfo(app: FastifyInstance, { app: { store }, urls }: SmartContext): void {
  app.route({
    method: ['GET', 'POST'],
    url: `${urls.rootPath}/auth/userinfo`,
    handler: async (request, reply) => {
      const token = toBearer(request.headers.authorization)
      const row = token === undefined ? undefined : await store.records.get(TOKENS, hashToken(token))
      const grant = row?.value as TokenGrant | undefined
      const authorization =
        grant?.authorization === undefined ? undefined : await findAuthorization(store, grant.authorization)
      if (!grant || !authorization || !(await isInForce(store, authorization))) {
        reply.header('www-authenticate', 'Bearer error="invalid_token"')
        throw new OAuthError('invalid_token', 'The bearer token is missing, unknown, expired or revoked')
      }
      if (!grant.scope.split(' ').includes('openid')) {
        reply.header('www-authenticate', 'Bearer error="insufficient_scope", scope="openid"')
        throw new OAuthError('insufficient_scope', 'The token was not granted the scope openid')
      }
      return reply.headers(UNCACHED).type('application/json').send(identityClaims(authorization))
    },
  })
}
