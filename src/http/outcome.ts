// An OperationOutcome for the person who sent the request: in their language, with the place in their body. https://hl7.org/fhir/R4/operationoutcome.html
import type { FastifyRequest } from 'fastify'
import { locateJson } from '../fhir/json-position.ts'
import { type Issue, type OperationOutcome, toOutcome } from '../fhir/outcome.ts'
import { parseLanguage } from './language.ts'

/** Returns the outcome of `issues` as the answer to `request`. */
export function toOutcomeFor(request: FastifyRequest, issues: readonly Issue[]): OperationOutcome {
  return toOutcome(withPositions(request, issues), parseLanguage(request.headers['accept-language']))
}

// A patch is checked by what it makes of a resource: that has no place in the body.
function withPositions(
  { method, body, headers }: FastifyRequest,
  issues: readonly Issue[],
): readonly Issue[] {
  const placed = issues.filter(({ path }) => path !== undefined)
  if (placed.length === 0 || method === 'PATCH' || !(body instanceof Buffer)) return issues
  if (!/json/i.test(headers['content-type'] ?? '')) return issues
  const positions = locateJson(
    body.toString(),
    placed.map(({ path }) => path!),
  )
  return issues.map((issue) => {
    const at = placed.indexOf(issue)
    return at < 0 ? issue : { ...issue, position: positions[at]! }
  })
}
