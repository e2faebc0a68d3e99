// $revoke-consent: a consent is withdrawn at once and never deleted (S4, P7, J14). https://hl7.org/fhir/R4/consent.html
import { FhirError } from '../fhir/outcome.ts'
import type { AppContext } from '../interactions/context.ts'
import type { Operation, OperationInput } from '../interactions/operation.ts'
import type { Result } from '../interactions/result.ts'
import { readInputs, readText } from './input/parameters.ts'
import { type RevokeQuestion, revoke } from './revoke/revoke.ts'

export const operation: Operation = {
  code: 'revoke-consent',
  definition: 'https://musubi.example/fhir/OperationDefinition/revoke-consent',
  levels: ['instance'],
  types: ['Consent', 'Patient'],
  affectsState: true,
  run,
}

const TEXT = { max: 1, value: 'text' } as const
const MAX_REASON_CHARS = 1_000

/** Answers with the Consent, inactive; one that has ended already is answered with as it stands. */
async function run(context: AppContext, input: OperationInput): Promise<Result> {
  return { kind: 'resource', resource: await revoke(context, toQuestion(context, input)) }
}

function toQuestion(context: AppContext, input: OperationInput): RevokeQuestion {
  const { policy, type, id } = input
  const onPatient = type === 'Patient'
  const inputs = readInputs(context, input, { reason: TEXT, ...(onPatient && { consent: TEXT }) })
  const reason = readText(inputs, 'reason')
  if (reason !== undefined && reason.length > MAX_REASON_CHARS)
    throw new FhirError('invalid', `reason may have ${MAX_REASON_CHARS} characters`)
  if (!onPatient) return { policy, id: id!, reason }
  const consent = readText(inputs, 'consent')
  const found = /^Consent\/([A-Za-z0-9.-]{1,64})$/.exec(consent ?? '')
  if (!found) throw new FhirError('invalid', 'The parameter consent must be a reference such as Consent/7')
  return { policy, id: found[1]!, patient: `Patient/${id}`, reason }
}
