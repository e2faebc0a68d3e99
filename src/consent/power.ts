// Whether a proxy may give and withdraw consents for the person represented (P3).
import type { AccessRequest } from './access-request.ts'
import type { DecideContext } from './decision.ts'
import { boundsOf, delegationsOf } from './self.ts'
import { type Standing, toPatientState } from './standing.ts'

/** True where a delegation to this requester that is in force, and has not ended by age (P6), says that they may grant consent. */
export function hasPower(
  standings: readonly Standing[],
  request: AccessRequest,
  context: DecideContext,
): boolean {
  const state = toPatientState(standings, context.vocabulary)
  const delegations = standings.flatMap((each) =>
    each.kind === 'delegation' && each.mayGrantConsent ? [each.delegation] : [],
  )
  return delegationsOf({ ...state, delegations }, request).some(
    (delegation) => boundsOf(delegation, state, request.time, context).kind === 'open',
  )
}
