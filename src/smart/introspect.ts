// Other resource servers ask what a token is worth. https://hl7.org/fhir/smart-app-launch/token-introspection.html
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { noteEvent } from './audit.ts'
import { authenticateClient } from './clients/authenticate.ts'
import type { SmartContext } from './context.ts'
import { UNCACHED } from './failure.ts'
import { parseFormBody } from './form.ts'
import { type Asker, type Introspected, introspectToken } from './introspect/token.ts'
import { OAuthError } from './oauth-error.ts'
import { toBearer } from './verifier.ts'

/**
 * Adds `POST /auth/introspect` (RFC 7662). It answers a confidential client, and a bearer token in Authorization, of access tokens
 * of whatever client where it may read or search something (the caller could use any token it was given as well), else of
 * itself alone; of refresh tokens each client is told its own. Everything else is `{"active":false}`: unknown, expired,
 * revoked, and what the caller may not know.
 */
export function registerIntrospect(app: FastifyInstance, context: SmartContext): void {
  app.post(`${context.urls.rootPath}/auth/introspect`, async (request, reply) => {
    // The form first: a body that cannot be read is no question, whoever asks.
    const form = parseFormBody(request.headers['content-type'], request.body)
    const caller = await readCaller(context, request, reply, form)
    const { token } = form
    if (token === undefined) throw new OAuthError('invalid_request', 'The parameter token is missing')
    const found = await introspectToken(context, token, caller)
    await note(context, caller, found)
    return reply
      .headers(UNCACHED)
      .type('application/json')
      .send(found?.response ?? { active: false })
  })
}

async function readCaller(
  context: SmartContext,
  request: FastifyRequest,
  reply: FastifyReply,
  form: ReturnType<typeof parseFormBody>,
): Promise<Asker> {
  const { authorization } = request.headers
  if (/^bearer /i.test(authorization ?? '')) {
    if (form['client_secret'] !== undefined || form['client_assertion'] !== undefined)
      throw new OAuthError('invalid_request', 'Authenticate as a client or by a bearer token, not as both')
    return readBearer(context, authorization, reply)
  }
  const { client, method } = await authenticateClient(context, request, form)
  if (method === 'none')
    throw new OAuthError('invalid_client', 'A public client cannot prove who it is: send a bearer token')
  return { client: client.id, isTrusted: true }
}

async function readBearer(
  { verifier }: SmartContext,
  authorization: string | undefined,
  reply: FastifyReply,
): Promise<Asker> {
  const principal = verifier.known(authorization) ?? (await verifier.verify(authorization))
  if (!principal) {
    reply.header('www-authenticate', 'Bearer error="invalid_token"')
    throw new OAuthError('invalid_token', 'The bearer token is unknown, expired or revoked')
  }
  const isTrusted = principal.scopes.some(({ rights }) => /[rs]/.test(rights))
  return { client: principal.client, token: toBearer(authorization), isTrusted }
}

async function note(
  context: SmartContext,
  { client }: Asker,
  found: Introspected | undefined,
): Promise<void> {
  const { grant } = found ?? {}
  const [type, id] = grant?.subject.split('/') ?? []
  const patient = grant?.patient ?? (type === 'Patient' ? id : undefined)
  await noteEvent(context, {
    event: 'introspect',
    client,
    // Who asked is the agent; whom it concerns is the person in the token.
    ...(grant && {
      grant: { purpose: grant.purpose, ...(patient !== undefined && { patient }) },
      scope: grant.scope,
    }),
  })
}
