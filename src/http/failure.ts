// Every failure on the way to a reply becomes an OperationOutcome. https://hl7.org/fhir/R4/http.html#Status-Codes
import { randomUUID } from 'node:crypto'
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { type ErrorCode, FhirError } from '../fhir/outcome.ts'
import { parseQueryString } from '../interactions/params.ts'
import { CONTENT_TYPES, type Form, negotiate, PATCH_TYPES } from './negotiate.ts'
import { toOutcomeFor } from './outcome.ts'
import { toBytes } from './write.ts'

/** Fastify's own refusals that a caller can cause. https://fastify.dev/docs/latest/Reference/Errors/ */
const FASTIFY: Readonly<Record<string, readonly [ErrorCode, string]>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: ['too-large', 'The body is larger than this server accepts'],
  FST_ERR_CTP_INVALID_MEDIA_TYPE: [
    'unsupported-media-type',
    'The Content-Type is not one this server reads here',
  ],
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: ['invalid', 'The body is not as long as Content-Length says'],
  FST_ERR_CTP_EMPTY_JSON_BODY: ['invalid', 'The body is empty'],
  FST_ERR_CTP_INVALID_JSON_BODY: ['invalid', 'The body is not JSON'],
  FST_ERR_BAD_URL: ['invalid', 'The URL is not well encoded'],
  FST_ERR_ASYNC_CONSTRAINT: ['invalid', 'The request cannot be routed'],
  FST_ERR_MAX_PARAM_LENGTH: ['not-found', 'Nothing is at this URL'],
  ERR_STREAM_PREMATURE_CLOSE: ['invalid', 'The body ended early'],
}

/** Returns the failure as a FhirError, or undefined where it is a mistake of ours. */
export function toFhirError(error: unknown): FhirError | undefined {
  if (error instanceof FhirError) return error
  const { code, statusCode } = error as Partial<FastifyError>
  const row = code === undefined ? undefined : FASTIFY[code]
  if (row) return new FhirError(...row)
  if (statusCode === 503) return new FhirError('unavailable', 'The server is shutting down')
  return statusCode !== undefined && statusCode >= 400 && statusCode < 500
    ? new FhirError('invalid', 'The request cannot be read')
    : undefined
}

/**
 * Answers a failed request. What is expected answers as its table says; anything else is 500 with a correlation id, under
 * which the log has the kind of error and its stack, and nothing else.
 */
export function answerFailure(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const expected = toFhirError(error)
  if (expected) return sendOutcome(request, reply, expected)
  const id = randomUUID()
  request.log.error({ correlation: id, err: error }, 'unexpected failure')
  return sendOutcome(request, reply, new FhirError('exception', `The server failed; correlation id ${id}`))
}

/** Answers what no route matches; it comes after the token was checked, so that it tells a stranger nothing. */
export function answerUnknown(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  return sendOutcome(request, reply, new FhirError('not-found', 'Nothing is at this URL'))
}

function sendOutcome(request: FastifyRequest, reply: FastifyReply, error: FhirError): FastifyReply {
  const form = toForm(request)
  if (error.status === 401 && !reply.hasHeader('www-authenticate')) reply.header('www-authenticate', 'Bearer')
  // One and the same whatever the reason: it tells nothing of what there is (RFC 6750 3.1).
  if (error.status === 403 && request.principal)
    reply.header('www-authenticate', 'Bearer error="insufficient_scope"')
  if (error.status === 415 && request.method === 'PATCH') reply.header('accept-patch', PATCH_TYPES.join(', '))
  if (error.status === 503) reply.header('retry-after', '1')
  return reply
    .status(error.status)
    .header('content-type', CONTENT_TYPES[form.format])
    .header('cache-control', 'no-store')
    .send(toBytes(form, [JSON.stringify(toOutcomeFor(request, error.issues))]))
}

// Whatever was asked for, a failure can always be told: in JSON where nothing else will do.
function toForm({ headers, url }: FastifyRequest): Form {
  const plain: Form = { format: 'json', pretty: false }
  try {
    const at = url.indexOf('?')
    const form = negotiate(headers.accept, at < 0 ? [] : parseQueryString(url.slice(at + 1)))
    return form.format === 'ndjson' ? plain : form
  } catch {
    return plain
  }
}
