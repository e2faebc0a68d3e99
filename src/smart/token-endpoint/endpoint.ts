// The token endpoint. https://www.rfc-editor.org/rfc/rfc6749#section-3.2
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { noteEvent } from '../audit.ts'
import type { GrantType } from '../client.ts'
import { type AuthenticatedClient, authenticateClient } from '../clients/authenticate.ts'
import type { SmartContext } from '../context.ts'
import { UNCACHED } from '../failure.ts'
import { type Form, parseFormBody } from '../form.ts'
import { OAuthError } from '../oauth-error.ts'
import { exchangeCode } from './authorization-code.ts'
import { grantClientCredentials } from './client-credentials.ts'
import { refresh, withClientOfToken } from './refresh-token.ts'
import type { TokenResponse } from './response.ts'

type Exchange = (
  context: SmartContext,
  authenticated: AuthenticatedClient,
  form: Form,
) => Promise<TokenResponse>

const EXCHANGES: Readonly<Record<GrantType, Exchange>> = {
  authorization_code: exchangeCode,
  refresh_token: refresh,
  client_credentials: grantClientCredentials,
}

/** Adds `POST /auth/token`. */
export function registerToken(app: FastifyInstance, context: SmartContext): void {
  app.post(`${context.urls.rootPath}/auth/token`, async (request, reply) => {
    const body = await answer(context, request)
    return reply.headers(UNCACHED).type('application/json').send(body)
  })
}

/**
 * In this order: the form, the grant type (an unknown one is told before credentials are looked at), the client, that the
 * client is registered for the grant type, and the grant itself.
 */
async function answer(context: SmartContext, request: FastifyRequest): Promise<TokenResponse> {
  if (request.url.includes('?'))
    throw new OAuthError('invalid_request', 'Parameters belong in the body, not in the URL')
  const form = parseFormBody(request.headers['content-type'], request.body)
  const grantType = form['grant_type']
  if (grantType === undefined) throw new OAuthError('invalid_request', 'The parameter grant_type is missing')
  if (!isGrantType(grantType))
    throw new OAuthError('unsupported_grant_type', 'The grant type is none that this server knows')
  try {
    const identified = grantType === 'refresh_token' ? await withClientOfToken(context, request, form) : form
    const authenticated = await authenticateClient(context, request, identified)
    if (!authenticated.client.metadata.grant_types.includes(grantType))
      throw new OAuthError('unauthorized_client', 'The client is not registered for this grant type')
    return await EXCHANGES[grantType](context, authenticated, form)
  } catch (error) {
    // Wrong credentials are on record already.
    if (error instanceof OAuthError && error.code !== 'invalid_client')
      await noteRefusal(context, error, form)
    throw error
  }
}

function isGrantType(text: string): text is GrantType {
  return Object.hasOwn(EXCHANGES, text)
}

async function noteRefusal(context: SmartContext, { code }: OAuthError, form: Form): Promise<void> {
  const asked = form['client_id']
  const client = asked === undefined ? undefined : await context.clients.find(asked)
  await noteEvent(context, {
    event: form['grant_type'] === 'refresh_token' ? 'refresh' : 'issue',
    outcome: 4,
    ...(client && { client: client.id }),
    reason: code,
  })
}
