// What one person lets a requester have, as an Expr over facets: the twin of `decide-patient.ts` and `break-glass.ts`.
import { ALL, and, type Expr, equals, NONE, not, or } from '../search/query.ts'
import { type AccessRequest, actingFor } from './access-request.ts'
import { openChannels } from './admin.ts'
import { namesBreakGlass, refuseBreakGlass } from './break-glass.ts'
import { compileConsent, type Formulas, SILENT } from './compile-consent.ts'
import { isSuspended } from './decide-patient.ts'
import { type DecideContext, toMatchContext } from './decision.ts'
import { isTreating, ownSources } from './defaults.ts'
import { CONFIDENTIALITY_PARAM, SOURCE_PARAM } from './facet-params.ts'
import { rankOf } from './labels.ts'
import type { StoredConsent } from './rule.ts'
import type { PatientState } from './state.ts'

/** Returns the Expr that holds for a resource iff `decidePatient` permits it. */
export function compilePatient(patient: string, request: AccessRequest, context: DecideContext): Expr {
  const state = context.state.of(patient)
  const formulas = state.consents.map((consent) => toFormulas(consent, state, request, context))
  const permits = or(
    ...formulas.map((each) => each.permits),
    compileDefault(patient, state, request, context),
  )
  const denies = or(...formulas.map((each) => each.denies))
  // D5, Q19
  const stands = context.state.switches.dissentOverDefaults ? NONE : compileOwn(state, request, context)
  return or(stands, and(permits, not(denies)))
}

/** Returns the Expr of what holds for anybody who is not on record with anything: D1, D2 and U5 alone. */
export function compileDefault(
  patient: string,
  state: PatientState,
  request: AccessRequest,
  context: DecideContext,
): Expr {
  const channels = openChannels(patient, request, context).map(({ provider }) => provider)
  return or(compileOwn(state, request, context), comesFrom(channels))
}

// D1, D2
function compileOwn(
  state: PatientState,
  request: AccessRequest,
  { state: { switches } }: DecideContext,
): Expr {
  return isTreating(state, request, switches) ? ALL : comesFrom(ownSources(request, switches))
}

/** Returns the Expr of resources from one of these sources. */
export function comesFrom(sources: readonly string[]): Expr {
  return or(...[...new Set(sources)].map((source) => equals(SOURCE_PARAM, source)))
}

function toFormulas(
  consent: StoredConsent,
  state: PatientState,
  request: AccessRequest,
  context: DecideContext,
): Formulas {
  if (consent.kind === 'unreadable') return { ...SILENT, denies: compileUnreadable(request, context) }
  const formulas = compileConsent(consent, request, toMatchContext(context), namesBreakGlass)
  return isSuspended(consent, state, request, context) ? { ...formulas, permits: NONE } : formulas
}

// N3, Q03
function compileUnreadable(request: AccessRequest, { vocabulary }: DecideContext): Expr {
  if (request.purpose !== undefined && vocabulary.purposes.isSecondary(request.purpose)) return ALL
  return not(comesFrom(actingFor(request)))
}

/** Returns the Expr of what break-glass opens of one person's record: NONE where it may not be used at all. */
export function compileBreakGlass(patient: string, request: AccessRequest, context: DecideContext): Expr {
  if (refuseBreakGlass(request) !== undefined) return NONE
  const state = context.state.of(patient)
  const formulas = state.consents.map((consent) => toFormulas(consent, state, request, context))
  const { btgOverridesDissent } = context.state.switches
  const refused = or(...formulas.map((each) => (btgOverridesDissent ? each.marked : each.denies)))
  return and(not(equals(CONFIDENTIALITY_PARAM, rankOf('V')!)), not(refused))
}
