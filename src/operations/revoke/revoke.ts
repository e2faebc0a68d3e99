// A consent becomes inactive together with the record of who withdrew it, in one commit (S4).
import { toRequest } from '../../access/access.ts'
import type { Change } from '../../access/plan.ts'
import type { Policy } from '../../access/policy.ts'
import { createSystemPolicy } from '../../access/system.ts'
import { type ConsentResource, patientOf } from '../../consent/normalise.ts'
import { parseJson } from '../../fhir/json.ts'
import { FhirError } from '../../fhir/outcome.ts'
import type { Resource } from '../../fhir/resource.ts'
import type { AppContext } from '../../interactions/context.ts'
import { absent } from '../../interactions/read.ts'
import { showAll } from '../../interactions/show.ts'
import { buildPut, isStale, isStanding, readTarget } from '../../interactions/write.ts'
import type { Version } from '../../store/store.ts'
import { buildProvenance, REVOCATION_REASON, toReasonCode } from './provenance.ts'
import { assertMayRevoke } from './right.ts'

export interface RevokeQuestion {
  readonly policy: Policy
  /** Id of the Consent. */
  readonly id: string
  /** `Patient/id` whose it must be, where that was said. */
  readonly patient?: string
  readonly reason?: string
}

/** Of these nothing is left to withdraw (S1). */
const ENDED: ReadonlySet<unknown> = new Set(['inactive', 'rejected', 'entered-in-error'])

const ATTEMPTS = 8

/**
 * Returns the Consent as it stands afterwards; one that has ended already is left as it is. Throws FhirError `not-found` for
 * what is not there for the requester or not theirs, `forbidden` for what they may see and not withdraw.
 */
export async function revoke(context: AppContext, question: RevokeQuestion): Promise<Resource> {
  for (let attempt = 1; ; attempt++) {
    const planned = await plan(context, question)
    if (planned.kind === 'done') return toAnswer(context, question, planned.current)
    try {
      const { versions } = await context.store.commit(planned.changes)
      return toAnswer(context, question, { ...planned.current, ...versions[0]! })
    } catch (error) {
      // Another write came in between: look again.
      if (!isStale(error) || attempt === ATTEMPTS) throw error
    }
  }
}

type Planned =
  | { readonly kind: 'done'; readonly current: Version }
  | { readonly kind: 'write'; readonly current: Version; readonly changes: readonly Change[] }

// As it is shown to the requester, who may see it still though a delegation of theirs has ended with it.
async function toAnswer(
  context: AppContext,
  { policy }: RevokeQuestion,
  version: Version,
): Promise<Resource> {
  const [shown] = await showAll(context, context.store, policy, [version])
  if (shown?.document === undefined) throw absent('Consent')
  return parseJson(shown.document) as Resource
}

async function plan(context: AppContext, question: RevokeQuestion): Promise<Planned> {
  const { policy, id, patient, reason } = question
  const writing = { context, policy, reader: context.store }
  if (!policy.may('update', 'Consent'))
    throw new FhirError('forbidden', 'The scopes granted do not allow this update')
  const current = await readTarget(writing, 'u', 'Consent', id)
  if (!isStanding(current)) throw absent('Consent')
  const consent = parseJson(current.document) as ConsentResource
  if (patient !== undefined && patientOf(consent) !== patient) throw absent('Consent')
  const { principal, access } = policy
  const request = { ...(await toRequest(principal, context.access, access.time)), action: 'correct' as const }
  const capacity = await assertMayRevoke(context, policy, request, consent, current)
  if (capacity === undefined) throw absent('Consent')
  if (ENDED.has(consent.status)) return { kind: 'done', current }
  // Not validated anew: a withdrawal must never fail, and no more than what follows is changed.
  const inactive = {
    ...consent,
    id,
    status: 'inactive',
    extension: withReason(consent, toReasonCode(capacity)),
  }
  const put = buildPut(writing, inactive, 'PATCH', { version: current.versionId }, current)
  const provenance = buildProvenance({
    ...{ consent: `Consent/${id}`, versionId: put.change.data.versionId, before: current.versionId },
    ...{ capacity, principal, reason, time: access.time },
  })
  // Whoever withdraws need not be allowed to write Provenance: it is the server that testifies.
  const system = await createSystemPolicy('revocation', context, access.source)
  const record = buildPut({ ...writing, policy: system }, provenance, 'POST', { version: null })
  return { kind: 'write', current, changes: [put.change, record.change] }
}

function withReason(
  { extension = [] }: ConsentResource,
  valueCodeableConcept: object,
): ConsentResource['extension'] {
  return [
    ...extension.filter(({ url }) => url !== REVOCATION_REASON),
    { url: REVOCATION_REASON, valueCodeableConcept } as { readonly url: string },
  ]
}
