// Patient/$effective-access: who may see how much of a record now, computed by what decides requests (consent.md 5, J11).
import { openAccess, toRequest } from '../access/access.ts'
import { toRecipient } from '../access/recipient.ts'
import type { Resource } from '../fhir/resource.ts'
import type { AppContext } from '../interactions/context.ts'
import type { Operation, OperationInput } from '../interactions/operation.ts'
import type { Result } from '../interactions/result.ts'
import { type Census, countRecord, findCustodians, openCounter } from './access/census.ts'
import { toGrounds } from './access/grounds.ts'
import { assertHolder } from './access/holder.ts'
import { toPurposes, toRecipients } from './access/recipients.ts'
import { type Row, toRowParameter } from './access/report.ts'
import { readInputs } from './input/parameters.ts'

export const operation: Operation = {
  code: 'effective-access',
  definition: 'https://musubi.example/fhir/OperationDefinition/effective-access',
  levels: ['instance'],
  types: ['Patient'],
  affectsState: false,
  run,
}

/**
 * Answers the person, or a proxy who may give consents, with a row for each recipient and purpose. Rows say what this person's
 * consents and the operator's policies let the recipient have; of all numbers, nothing is in them that the asker may not see.
 */
async function run(context: AppContext, input: OperationInput): Promise<Result> {
  readInputs(context, input, {})
  const { policy } = input
  const { patient, records } = await assertHolder(context, policy, input.id!)
  const standings = records.standings.get(patient)!
  const census = await countRecord(context, policy, patient)
  const count = openCounter(context, policy, patient, census)
  const custodians = await findCustodians(context, policy, patient, census)
  const rows: Row[] = []
  const { time } = policy.access
  for (const [recipient, relations] of toRecipients(patient, standings, custodians)) {
    for (const purpose of toPurposes(standings)) {
      const principal = toRecipient(recipient, purpose)
      const { filterFor } = await openAccess(principal, context.access, time, { patient, standings })
      const request = await toRequest(principal, context.access, time)
      const grounds = toGrounds(patient, { ...request, purpose, action: 'access' }, records)
      rows.push({ recipient, relations, purpose, grounds, visible: await count(filterFor) })
    }
  }
  return { kind: 'resource', resource: toParameters(patient, time, rows, census) }
}

function toParameters(patient: string, time: number, rows: readonly Row[], census: Census): Resource {
  return {
    resourceType: 'Parameters',
    parameter: [
      { name: 'patient', valueReference: { reference: patient } },
      { name: 'time', valueInstant: new Date(time).toISOString() },
      ...rows.map((row) => toRowParameter(row, census)),
    ],
  }
}
