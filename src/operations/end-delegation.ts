// Patient/$end-delegation: the person ends what lets a proxy act for them, alone, at once and silently (P7, J18).

import { isDelegation } from '../consent/delegation.ts'
import { GRANTEE_PARAM } from '../consent/facet-params.ts'
import type { ConsentResource } from '../consent/normalise.ts'
import { parseJson } from '../fhir/json.ts'
import { FhirError } from '../fhir/outcome.ts'
import type { Resource } from '../fhir/resource.ts'
import type { AppContext } from '../interactions/context.ts'
import type { Operation, OperationInput } from '../interactions/operation.ts'
import { absent } from '../interactions/read.ts'
import type { Result } from '../interactions/result.ts'
import { and, equals, PATIENT_PARAM } from '../search/query.ts'
import { assertHolder } from './access/holder.ts'
import { readInputs, readText } from './input/parameters.ts'
import { revoke } from './revoke/revoke.ts'
import { isAppointed } from './revoke/right.ts'

export const operation: Operation = {
  code: 'end-delegation',
  definition: 'https://musubi.example/fhir/OperationDefinition/end-delegation',
  levels: ['instance'],
  types: ['Patient'],
  affectsState: true,
  run,
}

const TEXT = { max: 1, value: 'text' } as const
/** More delegations than one proxy has of one person. */
const MAX_DELEGATIONS = 200

/**
 * Answers with the delegations that were ended: all active ones to the proxy but guardianships; none where there is none (any
 * more). Throws FhirError `not-found` for everybody but the person, `forbidden` where there is a guardianship alone.
 */
async function run(context: AppContext, input: OperationInput): Promise<Result> {
  const { policy } = input
  const proxy = readText(readInputs(context, input, { proxy: TEXT }), 'proxy') ?? ''
  if (!/^RelatedPerson\/[A-Za-z0-9.-]{1,64}$/.test(proxy))
    throw new FhirError('invalid', 'The parameter proxy must be a reference such as RelatedPerson/7')
  const { patient, isProxy } = await assertHolder(context, policy, input.id!)
  if (isProxy) throw absent('Patient')
  const standing = await findDelegations(context, input, patient, proxy)
  const voluntary = standing.filter((consent) => !isAppointed(consent))
  if (standing.length > 0 && voluntary.length === 0)
    throw new FhirError('forbidden', 'A guardianship is ended by the organisation that verified it')
  const ended: Resource[] = []
  for (const { id } of voluntary) ended.push(await revoke(context, { policy, id: id!, patient }))
  const parameter = ended.map((resource) => ({ name: 'delegation', resource }))
  return {
    kind: 'resource',
    resource: { resourceType: 'Parameters', ...(parameter.length > 0 && { parameter }) },
  }
}

async function findDelegations(
  { store }: AppContext,
  { policy }: OperationInput,
  patient: string,
  proxy: string,
): Promise<readonly ConsentResource[]> {
  const where = and(equals(PATIENT_PARAM, patient), equals(GRANTEE_PARAM, proxy))
  const select = [{ type: 'Consent', where }]
  const query = { select, sort: [], count: MAX_DELEGATIONS, total: 'none', includes: [] } as const
  const { matches } = await store.search(policy.searchPlan(query))
  return matches
    .map(({ document }) => parseJson(document!) as ConsentResource)
    .filter((consent) => consent.status === 'active' && isDelegation(consent))
}
