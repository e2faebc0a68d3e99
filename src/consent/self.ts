// The person and those who act for them (2.9).
import type { AccessRequest } from './access-request.ts'
import { type DecideContext, type Decision, deny, permit } from './decision.ts'
import type { Facets } from './facets.ts'
import { holdsAt } from './span.ts'
import type { Delegation, PatientState } from './state.ts'

/** P6: guardianship ends. */
const MAJORITY = 18

/** Returns whose record it is that the requester reaches as the person or a proxy, and what 2.9 says; undefined: neither. */
export function decideOwn(
  request: AccessRequest,
  facets: Facets,
  context: DecideContext,
): { readonly patient: string; readonly decision: Decision } | undefined {
  const { self, proxyFor } = request
  if (self !== undefined && facets.patients.includes(self))
    return { patient: self, decision: decideSelf(facets) }
  if (proxyFor === undefined || !facets.patients.includes(proxyFor)) return undefined
  return { patient: proxyFor, decision: decideProxy(context.state.of(proxyFor), request, facets, context) }
}

// P1, P2
function decideSelf({ isUninformed }: Facets): Decision {
  return isUninformed ? deny('hard:uninformed') : permit('self')
}

function decideProxy(
  state: PatientState,
  request: AccessRequest,
  facets: Facets,
  context: DecideContext,
): Decision {
  if (facets.isUninformed) return deny('hard:uninformed')
  const reasons = delegationsOf(state, request).map((delegation) =>
    refuseProxy(delegation, state, request, facets, context),
  )
  if (reasons.includes(undefined)) return permit('proxy')
  return deny(reasons[0] ?? 'proxy:no-delegation')
}

/** Returns the delegations to this requester that are in force and cover the action (P3). */
export function delegationsOf({ delegations }: PatientState, request: AccessRequest): readonly Delegation[] {
  const refs = request.identities.map(({ ref }) => ref)
  return delegations.filter(
    ({ proxy, active, period, actions }) =>
      active &&
      refs.includes(proxy) &&
      holdsAt(period, request.time) &&
      (actions === undefined || actions.includes(request.action)),
  )
}

function refuseProxy(
  delegation: Delegation,
  state: PatientState,
  request: AccessRequest,
  facets: Facets,
  context: DecideContext,
): string | undefined {
  const bounds = boundsOf(delegation, state, request.time, context)
  if (bounds.kind === 'ended') return 'proxy:majority'
  const { sensitivity, confidentiality } = facets
  // Q22: what is not labelled yet may carry any label.
  const isUnknown = confidentiality === undefined
  if (bounds.hidesSensitive && (isUnknown || sensitivity.length > 0)) return 'proxy:adolescent-sensitive'
  const excludes =
    bounds.excluded.length > 0 && (isUnknown || bounds.excluded.some((code) => sensitivity.includes(code)))
  return excludes ? 'proxy:excluded' : undefined
}

/** What a delegation leaves out at an instant. */
export type ProxyBounds =
  | { readonly kind: 'ended' }
  | { readonly kind: 'open'; readonly hidesSensitive: boolean; readonly excluded: readonly string[] }

/** Returns what a delegation in force leaves out at `time` (P5, P6); an age that is not known counts against a guardian. */
export function boundsOf(
  { kind, courtOrder, excludedLabels }: Delegation,
  { ageAt }: PatientState,
  time: number,
  { state, vocabulary }: DecideContext,
): ProxyBounds {
  const { years = Number.POSITIVE_INFINITY } = ageAt(time)
  const isGuardian = kind === 'guardian'
  if (isGuardian && years >= MAJORITY) return { kind: 'ended' }
  return {
    kind: 'open',
    hidesSensitive: isGuardian && !courtOrder && years >= state.switches.adolescentAge,
    excluded: excludedLabels.flatMap((code) => vocabulary.actCodes.below(code)),
  }
}
