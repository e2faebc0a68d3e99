// Policies of the server's operator: hard denies, statutory permits, the opt-out channel (C3b, C3c, U5).
import { type AccessRequest, actingFor } from './access-request.ts'
import { toDayNumber } from './day.ts'
import type { DecideContext } from './decision.ts'
import type { Facets } from './facets.ts'
import { coversPurpose, isActor } from './match-request.ts'
import type { HardDeny, OptOutSecondary, StatutoryPermit } from './state.ts'

/** True of a hard deny against this requester; whose data it protects is asked of each resource. */
export function bindsRequester(
  { actor, purpose }: HardDeny,
  request: AccessRequest,
  { state, vocabulary }: DecideContext,
): boolean {
  if (actor !== undefined && !isActor('deny', actor, request.identities, state.organisations)) return false
  // A purpose that is not stated (self access) is not known to be another one.
  if (purpose === undefined || request.purpose === undefined) return true
  return coversPurpose('deny', purpose, request.purpose, vocabulary.purposes)
}

/** Returns the hard deny that this resource is under. */
export function findHardDeny(
  request: AccessRequest,
  { patients }: Facets,
  context: DecideContext,
): HardDeny | undefined {
  return context.state.admin.find(
    (policy): policy is HardDeny =>
      policy.kind === 'hard-deny' &&
      (policy.patient === undefined || patients.includes(policy.patient)) &&
      bindsRequester(policy, request, context),
  )
}

/** True of a statutory permit for this requester and the legal basis that was verified. */
export function servesRequester(
  { legalBasis, actor }: StatutoryPermit,
  request: AccessRequest,
  { state }: DecideContext,
): boolean {
  if (request.legalBasis !== legalBasis) return false
  return actor === undefined || isActor('permit', actor, request.identities, state.organisations)
}

/** Returns the statutory permit that opens this resource. */
export function findStatutoryPermit(
  request: AccessRequest,
  { patients }: Facets,
  context: DecideContext,
): StatutoryPermit | undefined {
  return context.state.admin.find(
    (policy): policy is StatutoryPermit =>
      policy.kind === 'statutory-permit' &&
      (policy.patient === undefined || (patients.length === 1 && patients[0] === policy.patient)) &&
      servesRequester(policy, request, context),
  )
}

/** Returns the opt-out policies that open what `provider` holds of `patient` to this requester now (U5, Q30 to Q32). */
export function openChannels(
  patient: string,
  request: AccessRequest,
  { state, vocabulary }: DecideContext,
): readonly OptOutSecondary[] {
  const { purpose, action, time } = request
  if (purpose === undefined || (action !== 'access' && action !== 'disclose')) return []
  return state.admin.filter((policy): policy is OptOutSecondary => {
    if (policy.kind !== 'optout-secondary' || !actingFor(request).includes(policy.operator)) return false
    const notice = policy.notices.get(patient)
    if (notice === undefined || !vocabulary.purposes.permits(policy.purpose, purpose)) return false
    return toDayNumber(time, vocabulary.timeZone) - notice >= policy.days
  })
}
