// An OperationOutcome for the person who sent the request: in their language, with the place in their body. https://hl7.org/fhir/R4/operationoutcome.html
import type { FastifyRequest } from 'fastify'
import { loadDefinitions } from '../fhir/definitions.ts'
import { locateJson } from '../fhir/json-position.ts'
import { type Issue, type OperationOutcome, toOutcome } from '../fhir/outcome.ts'
import { locateXml } from '../fhir/xml/parse.ts'
import { parseLanguage } from '../interactions/language.ts'
import { toBodyFormat } from './negotiate.ts'

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
  const paths = placed.map(({ path }) => path!)
  const isXml = toBodyFormat(headers['content-type']) === 'xml'
  const positions = isXml ? locateXml(body, loadDefinitions(), paths) : locateJson(body.toString(), paths)
  return issues.map((issue) => {
    const at = placed.indexOf(issue)
    return at < 0 ? issue : { ...issue, position: positions[at]! }
  })
}
