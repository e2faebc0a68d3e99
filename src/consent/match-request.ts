// Whether a rule speaks of this requester, purpose, action and time: what is the same for every resource (M2 to M7, S2).
import type { AccessRequest, Identity } from './access-request.ts'
import type { Purposes } from './purposes.ts'
import type { Effect, Rule } from './rule.ts'
import { holdsAt } from './span.ts'
import type { Organisations } from './state.ts'

/** What matching needs to know beside the rule and the request. */
export interface MatchContext {
  readonly purposes: Purposes
  readonly organisations: Organisations
}

/** True where actor, purpose, action and period of the rule match; a permit narrowly, a deny widely. */
export function matchesRequest(rule: Rule, request: AccessRequest, context: MatchContext): boolean {
  return (
    holdsAt(rule.period, request.time) &&
    (rule.actions === undefined || rule.actions.includes(request.action)) &&
    matchesPurpose(rule, request.purpose, context.purposes) &&
    matchesActors(rule, request, context)
  )
}

// M6, M7: without a purpose a permit is for primary use alone.
function matchesPurpose(
  { effect, purposes: named }: Rule,
  asked: string | undefined,
  purposes: Purposes,
): boolean {
  if (asked === undefined) return effect === 'deny'
  if (named === undefined) return effect === 'deny' || !purposes.isSecondary(asked)
  return named.some((code) => coversPurpose(effect, code, asked, purposes))
}

/** True where purpose `named` of a rule covers the purpose asked for, in the sense of its effect (M6). */
export function coversPurpose(effect: Effect, named: string, asked: string, purposes: Purposes): boolean {
  return effect === 'permit' ? purposes.permits(named, asked) : purposes.denies(named, asked)
}

// M2: without an actor a permit is for primary use, a deny for everybody but the person and proxies, who are decided before.
function matchesActors({ effect, actors }: Rule, request: AccessRequest, context: MatchContext): boolean {
  if (actors !== undefined)
    return actors.some((ref) => isActor(effect, ref, request.identities, context.organisations))
  return (
    effect === 'deny' || (request.purpose !== undefined && !context.purposes.isSecondary(request.purpose))
  )
}

/** True where the requester is `ref`, in the sense of a permit or of a deny (M3, M4, Q14). */
export function isActor(
  effect: Effect,
  ref: string,
  identities: readonly Identity[],
  organisations: Organisations,
): boolean {
  if (!ref.startsWith('Organization/'))
    return identities.some((identity) => identity.ref === ref && isPersonal(identity))
  if (effect === 'permit')
    return identities.some((identity) => identity.ref === ref && identity.via === 'acting')
  return identities.some(
    (identity) =>
      identity.ref === ref || (!isPersonal(identity) && organisations.above(identity.ref).includes(ref)),
  )
}

function isPersonal({ via }: Identity): boolean {
  return via !== 'acting' && via !== 'affil'
}
