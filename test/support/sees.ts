// Whether a policy lets a resource be found, in a world without consents.
import type { Policy } from '../../src/access/policy.ts'
import type { Resource } from '../../src/fhir/resource.ts'
import type { AppContext } from '../../src/interactions/context.ts'
import { evaluate } from '../../src/search/evaluate.ts'

/** True where the policy lets a search find `resource`, which comes from the organisation of the tests. */
export function sees({ indexFor }: AppContext, policy: Policy, resource: Resource): boolean {
  const { entries } = indexFor(resource, 'Organization/demo')
  return evaluate(policy.filterFor(resource.resourceType, 's'), resource.resourceType, entries)
}
