// Who may ask about the consents of a record: the person, and a proxy with the power to give them (P3, L20, L31).
import { toRequest } from '../../access/access.ts'
import type { Policy } from '../../access/policy.ts'
import { hasPower } from '../../consent/power.ts'
import type { AppContext } from '../../interactions/context.ts'
import { type DecideRecords, readDecideRecords } from '../../interactions/decide-context.ts'
import { absent } from '../../interactions/read.ts'
import { isStanding } from '../../interactions/write.ts'

/** Whose record it is, how the requester comes to it, and what is on record of the person. */
export interface Holder {
  /** `Patient/id` */
  readonly patient: string
  readonly isProxy: boolean
  readonly records: DecideRecords
}

/** Returns how the requester holds the record of `patient` (`Patient/id`); undefined for everybody else, proxies without power among them. */
export async function findHolder(
  context: AppContext,
  { principal, access }: Policy,
  patient: string,
): Promise<Holder | undefined> {
  const { self, proxyFor } = principal
  if (self !== patient && proxyFor !== patient) return undefined
  const records = await readDecideRecords(context, [patient])
  if (self === patient) return { patient, isProxy: false, records }
  const request = await toRequest(principal, context.access, access.time)
  const isAble = hasPower(records.standings.get(patient)!, { ...request, action: 'access' }, records.context)
  return isAble ? { patient, isProxy: true, records } : undefined
}

/** Returns the holder of the record of Patient `id`. Throws FhirError `not-found`, for everybody else as for a Patient who is not there. */
export async function assertHolder(context: AppContext, policy: Policy, id: string): Promise<Holder> {
  const holder = await findHolder(context, policy, `Patient/${id}`)
  if (!holder || !isStanding(await context.store.read(policy.readPlan('Patient', id))))
    throw absent('Patient')
  return holder
}
