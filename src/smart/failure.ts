// Every failure on the way to a reply of the authorization server: JSON for programs, a page for people; never a stack, never 500 for what was sent.
import { randomUUID } from 'node:crypto'
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { FhirError } from '../fhir/outcome.ts'
import type { SmartContext } from './context.ts'
import { OAuthError } from './oauth-error.ts'
import { PageError } from './page-error.ts'
import { errorPage } from './pages/error.ts'
import { languageOf, sendPage } from './pages/send-page.ts'

type Answer = (error: unknown, request: FastifyRequest, reply: FastifyReply) => FastifyReply

/** Headers of every answer with a token or an error in it. https://www.rfc-editor.org/rfc/rfc6749#section-5.1 */
export const UNCACHED = {
  'cache-control': 'no-store',
  pragma: 'no-cache',
  'x-content-type-options': 'nosniff',
} as const

/** Returns the error handler of endpoints: an OAuth error as JSON. */
export function answerEndpointFailure(_context: SmartContext): Answer {
  return (error, request, reply) => {
    const known = toOAuthError(error) ?? unexpected(error, request)
    if (known.retryAfter !== undefined) reply.header('retry-after', String(known.retryAfter))
    if (known.status === 401 && !reply.hasHeader('www-authenticate')) challenge(request, reply)
    return reply
      .status(statusOf(error, known))
      .headers(UNCACHED)
      .type('application/json')
      .send(known.toJSON())
  }
}

/** Returns the error handler of pages. */
export function answerPageFailure(context: SmartContext): Answer {
  return (error, request, reply) => {
    const known = toPageError(error) ?? toPageError(unexpected(error, request))!
    const language = languageOf(context, request)
    if (known.status === 429) reply.header('retry-after', '60')
    return sendPage(context, reply, { ...errorPage(known, language), language, status: known.status })
  }
}

/** Returns the failure as an OAuth error, or undefined where it is a mistake of ours. */
export function toOAuthError(error: unknown): OAuthError | undefined {
  if (error instanceof OAuthError) return error
  if (error instanceof FhirError && error.status < 500)
    return new OAuthError('invalid_request', 'The request cannot be carried out')
  const { statusCode } = error as Partial<FastifyError>
  if (statusCode === 429) return new OAuthError('slow_down', 'Too many requests', 60)
  if (statusCode === 503 || (error instanceof FhirError && error.status === 503))
    return new OAuthError('temporarily_unavailable', 'The server cannot answer just now', 1)
  return statusCode !== undefined && statusCode >= 400 && statusCode < 500
    ? new OAuthError('invalid_request', 'The request cannot be read')
    : undefined
}

function toPageError(error: unknown): PageError | undefined {
  if (error instanceof PageError) return error
  const known = toOAuthError(error)
  if (!known) return undefined
  if (known.code === 'slow_down') return new PageError('throttled')
  if (known.code === 'temporarily_unavailable') return new PageError('unavailable')
  if (known.code === 'server_error') return new PageError('exception', known.message)
  return new PageError('bad-request', known.message)
}

// Too large a body keeps its own status.
function statusOf(error: unknown, known: OAuthError): number {
  return (error as Partial<FastifyError>).statusCode === 413 ? 413 : known.status
}

function challenge({ headers }: FastifyRequest, reply: FastifyReply): void {
  const isBasic = /^basic\b/i.test(headers.authorization ?? '')
  reply.header('www-authenticate', isBasic ? 'Basic realm="musubi"' : 'Bearer')
}

function unexpected(error: unknown, request: FastifyRequest): OAuthError {
  const id = randomUUID()
  request.log.error({ correlation: id, err: error }, 'unexpected failure')
  return new OAuthError('server_error', `The server failed; correlation id ${id}`)
}
