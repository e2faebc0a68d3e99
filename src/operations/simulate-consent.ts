// Patient/$simulate-consent: what a recipient would see if a draft were active, before anybody signs it (consent.md 5, J11).
import { openAccess } from '../access/access.ts'
import { toRecipient } from '../access/recipient.ts'
import type { ConsentResource } from '../consent/normalise.ts'
import type { Standing } from '../consent/standing.ts'
import { FhirError } from '../fhir/outcome.ts'
import type { Resource } from '../fhir/resource.ts'
import type { AppContext } from '../interactions/context.ts'
import type { Operation, OperationInput } from '../interactions/operation.ts'
import type { Result } from '../interactions/result.ts'
import { readPurpose, readRecipient } from './access/asked.ts'
import { type Census, countRecord, openCounter } from './access/census.ts'
import { assertHolder } from './access/holder.ts'
import { sum, toClassParameters } from './access/report.ts'
import { type Inputs, readInputs } from './input/parameters.ts'
import { type Simulated, type Simulation, simulateDraft } from './simulate/draft.ts'

export const operation: Operation = {
  code: 'simulate-consent',
  definition: 'https://musubi.example/fhir/OperationDefinition/simulate-consent',
  levels: ['instance'],
  types: ['Patient'],
  affectsState: false,
  run,
}

const TEXT = { max: 1, value: 'text' } as const

/** Answers the person, or a proxy who may give consents, with counts before and after; nothing is stored. */
async function run(context: AppContext, input: OperationInput): Promise<Result> {
  const element = { max: 1, value: 'element' } as const
  const inputs = readInputs(context, input, { consent: element, recipient: TEXT, purpose: TEXT })
  const purpose = readPurpose(inputs, 'purpose')
  const recipient = toRecipient(readRecipient(inputs, 'recipient'), purpose)
  const draft = readDraft(inputs)
  const { policy } = input
  const at = stepsTo(input, 'consent')
  const holder = await assertHolder(context, policy, input.id!)
  const { patient, records } = holder
  const simulated = await simulateDraft(context, { policy, holder, draft, at })
  const census = await countRecord(context, policy, patient)
  const count = openCounter(context, policy, patient, census)
  const countUnder = async (standings: readonly Standing[]): Promise<Census> => {
    const presumed = { patient, standings }
    const access = await openAccess(recipient, context.access, policy.access.time, presumed)
    return count(access.filterFor)
  }
  const before = await countUnder(records.standings.get(patient)!)
  const after = await countUnder(simulated.standings)
  return { kind: 'resource', resource: toParameters(simulated, census, before, after) }
}

function readDraft(inputs: Inputs): ConsentResource {
  const [draft] = inputs('consent') as readonly Resource[]
  if (draft?.resourceType !== 'Consent')
    throw new FhirError('invalid', 'The parameter consent must hold the draft, a Consent')
  return draft as ConsentResource
}

function stepsTo({ body }: OperationInput, name: string): Simulation['at'] {
  const parameters = body?.['parameter'] as readonly { readonly name: string }[]
  return ['parameter', parameters.findIndex((each) => each.name === name), 'resource']
}

function toParameters({ supersedes }: Simulated, census: Census, before: Census, after: Census): Resource {
  return {
    resourceType: 'Parameters',
    parameter: [
      ...supersedes.map((reference) => ({ name: 'supersedes', valueReference: { reference } })),
      ...toClassParameters('before', before, census),
      ...toClassParameters('after', after, census),
      { name: 'visible-before', valueUnsignedInt: sum(before) },
      { name: 'visible-after', valueUnsignedInt: sum(after) },
      { name: 'total', valueUnsignedInt: sum(census) },
    ],
  }
}
