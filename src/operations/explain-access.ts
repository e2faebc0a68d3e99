// $explain-access: why a requester may or may not have a resource, told to the person and administrators alone (L31).
import { toTypeClass } from '../access/directory.ts'
import type { Policy } from '../access/policy.ts'
import { toRecipient } from '../access/recipient.ts'
import { toRole } from '../access/roles.ts'
import type { Action } from '../consent/access-request.ts'
import type { Decision } from '../consent/decision.ts'
import type { Facets } from '../consent/facets.ts'
import { FhirError } from '../fhir/outcome.ts'
import type { Resource } from '../fhir/resource.ts'
import type { AppContext } from '../interactions/context.ts'
import { decideStored, readFacets } from '../interactions/decide-context.ts'
import type { Operation, OperationInput } from '../interactions/operation.ts'
import { absent } from '../interactions/read.ts'
import type { Result } from '../interactions/result.ts'
import { isStanding } from '../interactions/write.ts'
import { readOrganization, readPurpose, readRequester } from './access/asked.ts'
import { findHolder } from './access/holder.ts'
import type { Parameter } from './access/report.ts'
import { toReasons } from './explain/reasons.ts'
import { type Inputs, readInputs, readText } from './input/parameters.ts'

export const operation: Operation = {
  code: 'explain-access',
  definition: 'https://musubi.example/fhir/OperationDefinition/explain-access',
  levels: ['instance'],
  affectsState: false,
  run,
}

const TEXT = { max: 1, value: 'text' } as const

/**
 * Answers with the decision, its reasons and the consents that decided. To the person and to a proxy with power it is what
 * that person's own consents say: what others in the same resource refuse is theirs. An administrator is told of all.
 */
async function run(context: AppContext, input: OperationInput): Promise<Result> {
  const inputs = readInputs(context, input, {
    requester: TEXT,
    organization: TEXT,
    purpose: TEXT,
    action: TEXT,
  })
  const purpose = readPurpose(inputs, 'purpose')
  const requester = toRecipient(
    readRequester(inputs, 'requester'),
    purpose,
    readOrganization(inputs, 'organization'),
  )
  const action = await readAction(context, inputs)
  if (toTypeClass(input.type!) !== 'personal')
    throw new FhirError('not-supported', `A ${input.type} is in nobody's record: consents do not speak of it`)
  const { facets, only } = await readExplained(context, input.policy, input.type!, input.id!)
  const { time } = input.policy.access
  const decision = await decideStored(context, { requester, action, facets, time, only })
  return { kind: 'resource', resource: toParameters(decision) }
}

async function readAction({ governance }: AppContext, inputs: Inputs): Promise<Action> {
  const action = readText(inputs, 'action') ?? 'access'
  const { vocabulary } = await governance()
  if (!vocabulary.actions.has(action))
    throw new FhirError('invalid', 'action must be a code of consentaction')
  return action as Action
}

// Whoever may not ask is answered as if nothing were there.
async function readExplained(
  context: AppContext,
  policy: Policy,
  type: string,
  id: string,
): Promise<{ readonly facets: Facets; readonly only?: string }> {
  const facets = await readFacets(context, type, id)
  if (isAdministrator(policy, type)) {
    if (facets === undefined) throw absent(type)
    return { facets }
  }
  const person = policy.principal.self ?? policy.principal.proxyFor
  if (person === undefined || !facets?.patients.includes(person)) throw absent(type)
  if (!(await findHolder(context, policy, person))) throw absent(type)
  if (!isStanding(await context.store.read(policy.readPlan(type, id)))) throw absent(type)
  return { facets, only: person }
}

// The answer says nothing of what the resource holds.
function isAdministrator(policy: Policy, type: string): boolean {
  const { principal } = policy
  return (
    toRole(principal.subject) === 'system' &&
    principal.purpose === 'HSYSADMIN' &&
    policy.permitsAll('r', type)
  )
}

function toParameters({ permit, reason, grounds }: Decision): Resource {
  const reasons = toReasons(reason).map(
    ({ code, rules, en, ja }): Parameter => ({
      name: 'reason',
      part: [
        { name: 'code', valueCode: code },
        ...rules.map((rule) => ({ name: 'rule', valueString: rule })),
        { name: 'text', valueString: en },
        { name: 'text-ja', valueString: ja },
      ],
    }),
  )
  const sources = grounds.map(
    ({ consent, versionId, paths }): Parameter => ({
      name: 'source',
      part: [
        {
          name: 'consent',
          valueReference: {
            reference: versionId === undefined ? consent : `${consent}/_history/${versionId}`,
          },
        },
        ...paths.map((path) => ({ name: 'path', valueString: path })),
      ],
    }),
  )
  return {
    resourceType: 'Parameters',
    parameter: [{ name: 'decision', valueCode: permit ? 'permit' : 'deny' }, ...reasons, ...sources],
  }
}
