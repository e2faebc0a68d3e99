// What a proxy may do beyond reading the record: write into it, and see and give consents (P3, L20, L31).
import type { AccessRequest } from '../consent/access-request.ts'
import type { DecideContext } from '../consent/decision.ts'
import { SCOPE_SYSTEM } from '../consent/delegation.ts'
import { boundsOf, delegationsOf } from '../consent/self.ts'
import type { Standing } from '../consent/standing.ts'
import { evaluate } from '../search/evaluate.ts'
import { tokenKey } from '../search/keys.ts'
import { and, type Expr, equals, type IndexEntry, NONE, not, or } from '../search/query.ts'

export interface ProxyPowers {
  /** A delegation in force lets the proxy write into the record. */
  readonly mayWrite: boolean
  /** One in force lets it give consents for the person. */
  readonly mayGrantConsent: boolean
}

/** Returns the powers that the delegations on record of the person represented give to the requester now. */
export function toPowers(
  represented: string,
  standings: readonly Standing[],
  request: Omit<AccessRequest, 'action'>,
  context: DecideContext,
): ProxyPowers {
  const state = context.state.of(represented)
  const inForce = (action: AccessRequest['action']) =>
    standings.filter(
      (each) =>
        each.kind === 'delegation' &&
        delegationsOf({ ...state, delegations: [each.delegation] }, { ...request, action }).length > 0 &&
        boundsOf(each.delegation, state, request.time, context).kind === 'open',
    )
  return {
    mayWrite: inForce('correct').length > 0,
    mayGrantConsent: inForce('access').some((each) => each.kind === 'delegation' && each.mayGrantConsent),
  }
}

const IS_DELEGATION: Expr = equals('scope', tokenKey(SCOPE_SYSTEM, 'delegation'))

/**
 * Returns which of the consents of the person represented a proxy reaches: to read, those that name it, and with the power
 * to give consents all but the delegations of others, whom only the person sees (J18); to write, with that power, none of
 * the delegations.
 */
export function compileProxyConsents(
  { mayGrantConsent }: ProxyPowers,
  action: AccessRequest['action'],
  names: Expr,
): Expr {
  const withPower = mayGrantConsent ? not(IS_DELEGATION) : NONE
  return action === 'access' ? or(names, withPower) : and(withPower, not(IS_DELEGATION))
}

/** True of what a proxy may store: no delegation, since only the person and who appoints guardians make them (P7). */
export function admitsFromProxy(type: string, entries: readonly IndexEntry[]): boolean {
  return type !== 'Consent' || !evaluate(IS_DELEGATION, type, entries)
}
