// Failures of app state: OperationOutcomes, since it is a FHIR endpoint. https://hl7.org/fhir/R4/http.html#Status-Codes
import { randomUUID } from 'node:crypto'
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { FhirError, toOutcome } from '../../fhir/outcome.ts'
import { parseLanguage } from '../../interactions/language.ts'
import { UNCACHED } from '../failure.ts'
import { OAuthError } from '../oauth-error.ts'

/** Answers a failed request; what nobody expected is 500 with a correlation id, under which the log has it. */
export function answerStateFailure(
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  const { status, issues } = toFhirError(error) ?? unexpected(error, request)
  if (status === 503) reply.header('retry-after', '1')
  if (error instanceof OAuthError && error.retryAfter !== undefined)
    reply.header('retry-after', String(error.retryAfter))
  return reply
    .status(status)
    .headers(UNCACHED)
    .type('application/fhir+json')
    .send(JSON.stringify(toOutcome(issues, parseLanguage(request.headers['accept-language']))))
}

function toFhirError(error: unknown): FhirError | undefined {
  if (error instanceof FhirError) return error
  // The limit of all endpoints here speaks as OAuth does.
  if (error instanceof OAuthError && error.code === 'slow_down')
    return new FhirError('throttled', 'Too many requests')
  const { statusCode = 500 } = error as Partial<FastifyError>
  if (statusCode === 413) return new FhirError('too-large', 'A state has at most 256 KB')
  if (statusCode === 503) return new FhirError('unavailable', 'The server is shutting down')
  return statusCode < 500 ? new FhirError('invalid', 'The request cannot be read') : undefined
}

function unexpected(error: unknown, request: FastifyRequest): FhirError {
  const id = randomUUID()
  request.log.error({ correlation: id, err: error }, 'unexpected failure')
  return new FhirError('exception', `The server failed; correlation id ${id}`)
}
