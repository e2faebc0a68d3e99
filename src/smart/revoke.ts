// A client gives a token back. https://www.rfc-editor.org/rfc/rfc7009
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { TokenGrant } from '../access/principal.ts'
import { toJournal } from './audit.ts'
import { authenticateClient } from './clients/authenticate.ts'
import type { SmartContext } from './context.ts'
import { endAuthorization } from './end-authorization.ts'
import { UNCACHED } from './failure.ts'
import { type Form, parseFormBody } from './form.ts'
import { OAuthError } from './oauth-error.ts'
import { findRefreshToken } from './refresh-token.ts'
import { findGrant, hashToken, TOKENS } from './token.ts'
import { withClientOfToken } from './token-endpoint/refresh-token.ts'

/**
 * Adds `POST /auth/revoke`: 200 once the token is of no use any more, and for one that is unknown or another client's as
 * well. A refresh token takes everything of its authorization with it; an access token goes alone.
 */
export function registerRevoke(app: FastifyInstance, context: SmartContext): void {
  app.post(`${context.urls.rootPath}/auth/revoke`, async (request, reply) => {
    await revoke(context, request)
    return reply.headers(UNCACHED).type('application/json').send({})
  })
}

async function revoke(context: SmartContext, request: FastifyRequest): Promise<void> {
  const form = parseFormBody(request.headers['content-type'], request.body)
  const { token } = form
  if (token === undefined) throw new OAuthError('invalid_request', 'The parameter token is missing')
  const { client } = await authenticateClient(
    context,
    request,
    await withClient(context, request, form, token),
  )
  const { store } = context.app
  const access = await findGrant(store, token)
  if (access?.client === client.id) return endAccess(context, hashToken(token), access)
  const { token: refresh } = (await findRefreshToken(store, token)) ?? {}
  if (refresh?.client !== client.id) return
  await endAuthorization(context, refresh.authorization, 'client')
}

// As at the token endpoint: a public client may show the refresh token alone.
async function withClient(
  context: SmartContext,
  request: FastifyRequest,
  form: Form,
  token: string,
): Promise<Form> {
  const isKnown = (await findRefreshToken(context.app.store, token)) !== undefined
  return isKnown ? withClientOfToken(context, request, { ...form, refresh_token: token }) : form
}

async function endAccess(context: SmartContext, key: string, grant: TokenGrant): Promise<void> {
  await context.app.store.commit([], {
    records: [{ kind: 'delete', collection: TOKENS, key }],
    journal: toJournal(context, { event: 'revoke', client: grant.client, grant, scope: grant.scope }),
  })
}
