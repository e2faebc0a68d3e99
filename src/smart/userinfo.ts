// Who has logged in, for a client that holds an access token of theirs. https://openid.net/specs/openid-connect-core-1_0.html#UserInfo
import type { FastifyInstance } from 'fastify'
import type { SmartContext } from './context.ts'
import { UNCACHED } from './failure.ts'
import { OAuthError } from './oauth-error.ts'
import { identityClaims } from './token-endpoint/id-token.ts'
import { findUserToken } from './user-token.ts'

/** Adds `GET` and `POST /auth/userinfo`: the claims of a token with `openid`; 403 without that scope, 401 without a token in force. */
export function registerUserInfo(app: FastifyInstance, context: SmartContext): void {
  app.route({
    method: ['GET', 'POST'],
    url: `${context.urls.rootPath}/auth/userinfo`,
    handler: async (request, reply) => {
      const found = await findUserToken(context, request.headers)
      if (!found) {
        reply.header('www-authenticate', 'Bearer error="invalid_token"')
        throw new OAuthError('invalid_token', 'The bearer token is missing, unknown, expired or revoked')
      }
      const { authorization, grant } = found
      if (!grant.scope.split(' ').includes('openid')) {
        reply.header('www-authenticate', 'Bearer error="insufficient_scope", scope="openid"')
        throw new OAuthError('insufficient_scope', 'The token was not granted the scope openid')
      }
      const claims = identityClaims({ ...authorization, scope: grant.scope })
      return reply.headers(UNCACHED).type('application/json').send(claims)
    },
  })
}
