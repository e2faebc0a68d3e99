// The registration endpoint: client metadata in, a client id out. https://www.rfc-editor.org/rfc/rfc7591#section-3
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { SmartContext } from '../context.ts'
import { UNCACHED } from '../failure.ts'
import { isJsonObject, type JsonObject, parseJsonBytes } from '../json.ts'
import { limitAddress } from '../limits.ts'
import { OAuthError } from '../oauth-error.ts'
import { registerClient } from './register-client.ts'
import { toClientInformation } from './registered-metadata.ts'
import { readSoftwareStatement } from './software-statement.ts'

/** Serves `POST {issuer}/register`; at most so many requests of one address are answered in a minute. */
export function registerRegistration(app: FastifyInstance, context: SmartContext): void {
  const { rootPath } = context.urls
  const onRequest = limitAddress(context.registrations)
  app.post(`${rootPath}/auth/register`, { onRequest }, (request, reply) => answer(context, request, reply))
}

async function answer(
  context: SmartContext,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const given = parseBody(request)
  const statement = given['software_statement'] ?? undefined
  const claims = statement === undefined ? {} : await readSoftwareStatement(context, statement)
  const { client, secret } = await registerClient(context, { ...given, ...claims }, 'registration')
  return reply
    .status(201)
    .headers(UNCACHED)
    .type('application/json')
    .send({
      ...toClientInformation(client, secret),
      ...(statement !== undefined && { software_statement: statement }),
    })
}

function parseBody({ headers, body }: FastifyRequest): JsonObject {
  if (!/^\s*application\/json\s*(;|$)/i.test(headers['content-type'] ?? ''))
    throw new OAuthError('invalid_client_metadata', 'The body must be application/json')
  const given = parseJson(body)
  if (isJsonObject(given)) return given
  throw new OAuthError('invalid_client_metadata', 'The body must be a JSON object of client metadata')
}

function parseJson(body: unknown): unknown {
  try {
    return Buffer.isBuffer(body) ? parseJsonBytes(body) : undefined
  } catch {
    throw new OAuthError('invalid_client_metadata', 'The body is no JSON')
  }
}
