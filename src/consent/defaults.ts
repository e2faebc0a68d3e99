// What holds where consents are silent (2.7).
import { type AccessRequest, actingFor } from './access-request.ts'
import { holdsAt } from './span.ts'
import type { PatientState, Switches } from './state.ts'

/** D1, Q17: exactly these. */
const OWN_PURPOSES: ReadonlySet<string> = new Set(['TREAT', 'ETREAT', 'ERTREAT', 'COC', 'HPAYMT', 'HOPERAT'])
/** D1, Q18. */
const OWN_ACTIONS: ReadonlySet<string> = new Set(['access', 'disclose', 'correct'])

/** Returns the organisations whose own data the request may reach by default (D1): those acted for, or none. */
export function ownSources(request: AccessRequest, { ownDataPermit }: Switches): readonly string[] {
  const { purpose, action } = request
  const holds = ownDataPermit && purpose !== undefined && OWN_PURPOSES.has(purpose) && OWN_ACTIONS.has(action)
  return holds ? actingFor(request) : []
}

/** True where a registered treating relation lets the requester read (D2, Q18). */
export function isTreating(
  { treating }: PatientState,
  request: AccessRequest,
  { treatingPermit }: Switches,
): boolean {
  if (!treatingPermit || request.purpose !== 'TREAT' || request.action !== 'access') return false
  const acting = actingFor(request)
  return treating.some(
    ({ organization, period }) => acting.includes(organization) && holdsAt(period, request.time),
  )
}
