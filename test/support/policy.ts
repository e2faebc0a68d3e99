// Policies for tests, from scope strings.
import { createPolicy, type Policy, type PolicyContext } from '../../src/access/policy.ts'
import { type TokenGrant, toPrincipal } from '../../src/access/principal.ts'
import { toEverything } from '../../src/access/system.ts'
import { loadDefinitions } from '../../src/fhir/definitions.ts'
import { FhirError } from '../../src/fhir/outcome.ts'
import { and, equals } from '../../src/search/query.ts'

const definitions = loadDefinitions()

/** Every granular parameter is a token equality; the real compiler is tested with the search parser. */
const context: PolicyContext = {
  definitions,
  compileParams: async (type, params) =>
    and(...params.map(([name, value]) => equals(toCode(type, name), `${value}\u0001`))),
}

function toCode(type: string, name: string): string {
  if (!definitions.searchParameters(type).has(name)) throw new FhirError('invalid', `${type} has no ${name}`)
  return name
}

/** Returns the policy of a token with these scopes; what else it carries is in `grant`. */
export function policyOf(scope: string, grant: Partial<TokenGrant> = {}): Promise<Policy> {
  const standard = {
    subject: 'Client/test',
    client: 'test',
    purpose: 'TREAT',
    expiresAt: Number.MAX_SAFE_INTEGER,
  }
  const principal = toPrincipal({ ...standard, scope, ...grant }, definitions)
  return createPolicy(principal, context, toEverything('Organization/demo'))
}
