// What one person's consents and the defaults say of one resource (C4 to C7, N3, Q25). Its twin is `compile-patient.ts`.
import { type AccessRequest, actingFor } from './access-request.ts'
import { openChannels } from './admin.ts'
import { type DecideContext, type Decision, deny, type Ground, permit, toMatchContext } from './decision.ts'
import { isTreating, ownSources } from './defaults.ts'
import { type ConsentAnswer, evaluateConsent } from './evaluate-consent.ts'
import type { Facets } from './facets.ts'
import type { Agreement, StoredConsent } from './rule.ts'
import type { PatientState } from './state.ts'

/** Returns what `patient` lets the requester have; `default` as the reason of a deny: nothing permitted it. */
export function decidePatient(
  patient: string,
  request: AccessRequest,
  facets: Facets,
  context: DecideContext,
): Decision {
  const state = context.state.of(patient)
  const fallback = defaultOf(state, request, facets, context)
  const answers = state.consents.map((consent) => ({
    consent,
    answer: answerOf(consent, state, request, facets, context),
  }))
  const denying = answers.filter(({ answer }) => answer?.effect === 'deny')
  // D5, Q19: with the switch off the defaults of D1 and D2 stand whatever the person refuses.
  const stands = fallback !== undefined && !context.state.switches.dissentOverDefaults
  if (denying.length > 0) return stands ? permit(fallback) : toDeny(denying)
  const permitting = answers.filter(({ answer }) => answer?.effect === 'permit')
  if (permitting.length > 0) return permit('consent', permitting.map(toGround))
  const ground = fallback ?? channelOf(patient, request, facets, context)
  return ground ? permit(ground) : deny('default')
}

interface Answered {
  readonly consent: StoredConsent
  readonly answer: ConsentAnswer | undefined
}

function toDeny(denying: readonly Answered[]): Decision {
  const { consent } = denying[0]!
  const name = consent.kind === 'unreadable' ? 'unsupported-active' : consent.ref.slice('Consent/'.length)
  return deny(`consent:${name}`, denying.map(toGround))
}

/** Returns the rules of a consent that gave its answer. */
export function toGround({ consent: { ref, versionId }, answer }: Answered): Ground {
  return { consent: ref, versionId, paths: answer?.rules.map(({ path }) => path) ?? [] }
}

/** Returns the strong answer of one consent, or undefined where it has none. */
export function answerOf(
  consent: StoredConsent,
  state: PatientState,
  request: AccessRequest,
  facets: Facets,
  context: DecideContext,
): ConsentAnswer | undefined {
  if (consent.kind === 'unreadable') {
    const holds = bindsUnreadable(request, facets.source, context)
    return holds ? { effect: 'deny', rules: [] } : undefined
  }
  const answer = evaluateConsent(consent, request, facets, toMatchContext(context))
  return answer?.effect === 'permit' && isSuspended(consent, state, request, context) ? undefined : answer
}

/** N3, Q03: true where an unreadable consent keeps this requester from what comes from `source`. */
export function bindsUnreadable(
  request: AccessRequest,
  source: string | undefined,
  { vocabulary }: DecideContext,
): boolean {
  if (request.purpose !== undefined && vocabulary.purposes.isSecondary(request.purpose)) return true
  return source === undefined || !actingFor(request).includes(source)
}

/** P6, Q25: days from the 18th birthday on for which a guardian's consent to primary use still permits. */
const RECONFIRM_DAYS = 90

/** P6, Q25: true where a guardian gave the consent and the person has come of age: its permits rest. */
export function isSuspended(
  { performers }: Agreement,
  { guardians, ageAt }: PatientState,
  { time, purpose }: AccessRequest,
  { vocabulary }: DecideContext,
): boolean {
  if (!performers.some((performer) => guardians.includes(performer))) return false
  // An age that is not known is not known to be below 18.
  const { daysOfAge = Number.POSITIVE_INFINITY } = ageAt(time)
  if (daysOfAge < 0) return false
  return purpose === undefined || vocabulary.purposes.isSecondary(purpose) || daysOfAge >= RECONFIRM_DAYS
}

// D1, D2
function defaultOf(
  state: PatientState,
  request: AccessRequest,
  { source }: Facets,
  { state: { switches } }: DecideContext,
): string | undefined {
  if (source !== undefined && ownSources(request, switches).includes(source)) return 'own-data'
  return isTreating(state, request, switches) ? 'treating' : undefined
}

// U5: unlike a default it never stands against an objection (Q32).
function channelOf(
  patient: string,
  request: AccessRequest,
  { source }: Facets,
  context: DecideContext,
): string | undefined {
  const channel = openChannels(patient, request, context).find(({ provider }) => provider === source)
  return channel && `admin:${channel.id}`
}
