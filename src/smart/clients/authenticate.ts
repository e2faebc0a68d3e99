// Which client asks: exactly one way of saying so, the one it has registered. https://www.rfc-editor.org/rfc/rfc6749#section-2.3
import type { FastifyRequest } from 'fastify'
import { noteEvent } from '../audit.ts'
import type { AuthMethod, Client } from '../client.ts'
import type { SmartContext } from '../context.ts'
import { isEqual } from '../csrf.ts'
import type { Form } from '../form.ts'
import type { JsonObject } from '../json.ts'
import { peekIssuer } from '../jwt.ts'
import { assertClientBelow } from '../limits.ts'
import { OAuthError } from '../oauth-error.ts'
import { hashToken } from '../token.ts'
import { ASSERTION_TYPE, verifyAssertion } from './assertion.ts'
import { type Credentials, isBasic, parseBasic } from './basic.ts'

export interface AuthenticatedClient {
  readonly client: Client
  readonly method: AuthMethod
  /** What the client has signed, with `private_key_jwt`. */
  readonly claims?: JsonObject
}

/** What was sent, not yet believed. */
type Attempt =
  | ({ readonly method: 'client_secret_basic' | 'client_secret_post' } & Credentials)
  | { readonly method: 'private_key_jwt'; readonly id: string }
  | { readonly method: 'none'; readonly id: string }

/**
 * Returns the active client that a request comes from. Throws OAuthError: `invalid_request` where it says so in several ways
 * or with an unknown kind of assertion; `invalid_client` for everything else, alike for an unknown client and a wrong secret;
 * `slow_down` after too many wrong ones for the client from the address, or too many requests of the client.
 */
export async function authenticateClient(
  context: SmartContext,
  request: FastifyRequest,
  form: Form,
): Promise<AuthenticatedClient> {
  const attempt = readAttempt(request.headers.authorization, form)
  context.clientAttempts.assertBelow(request.ip, attempt.id)
  try {
    const authenticated = await authenticate(context, attempt, form)
    // Who only names a client could use up what is another's.
    if (authenticated.method !== 'none') assertClientBelow(context, authenticated.client.id)
    return authenticated
  } catch (error) {
    if (error instanceof OAuthError && error.code === 'invalid_client') {
      context.clientAttempts.count(request.ip, attempt.id)
      await noteRefusal(context, attempt)
    }
    throw error
  }
}

function readAttempt(authorization: string | undefined, form: Form): Attempt {
  const { client_id: id, client_secret: secret, client_assertion: assertion } = form
  const type = form['client_assertion_type']
  const ways = [isBasic(authorization), secret !== undefined, (assertion ?? type) !== undefined]
  if (ways.filter(Boolean).length > 1)
    throw new OAuthError('invalid_request', 'The client must authenticate in one way only')
  if (isBasic(authorization)) return readBasic(authorization, id)
  if (assertion !== undefined || type !== undefined) return readSigned(assertion, type)
  if (id === undefined) throw new OAuthError('invalid_client', 'The client does not say who it is')
  return secret === undefined ? { method: 'none', id } : { method: 'client_secret_post', id, secret }
}

function readBasic(authorization: string, sent: string | undefined): Attempt {
  const credentials = parseBasic(authorization)
  if (!credentials) throw new OAuthError('invalid_client', 'The Authorization header cannot be read')
  if (sent !== undefined && sent !== credentials.id)
    throw new OAuthError('invalid_client', 'client_id is not that of the Authorization header')
  return { method: 'client_secret_basic', ...credentials }
}

function readSigned(assertion: string | undefined, type: string | undefined): Attempt {
  if (type !== ASSERTION_TYPE)
    throw new OAuthError('invalid_request', `client_assertion_type must be ${ASSERTION_TYPE}`)
  if (assertion === undefined) throw new OAuthError('invalid_client', 'client_assertion is missing')
  return { method: 'private_key_jwt', id: peekIssuer(assertion) ?? '' }
}

async function authenticate(
  context: SmartContext,
  attempt: Attempt,
  form: Form,
): Promise<AuthenticatedClient> {
  const { method } = attempt
  if (method === 'private_key_jwt') return { method, ...(await verifyAssertion(context, form)) }
  const client = await context.clients.find(attempt.id)
  const isRight = method === 'none' ? client !== undefined : isSecretOf(client, attempt.secret)
  const isRegistered = client?.metadata.token_endpoint_auth_method === method
  if (!client || !isRight || !isRegistered || client.status !== 'active')
    throw new OAuthError('invalid_client', 'Client authentication failed')
  return { client, method }
}

/** What the secret of nobody is compared with, so that it takes as long. */
const NOBODY = hashToken('')

function isSecretOf(client: Client | undefined, secret: string): boolean {
  const isSame = isEqual(hashToken(secret), client?.secretHash ?? NOBODY)
  return client?.secretHash !== undefined && isSame
}

// What was sent is not repeated: a secret may stand where an id should.
async function noteRefusal(context: SmartContext, { id }: Attempt): Promise<void> {
  const client = await context.clients.find(id)
  await noteEvent(context, {
    event: 'refused-token',
    outcome: 4,
    reason: 'invalid_client',
    ...(client && { client: client.id }),
  })
}
