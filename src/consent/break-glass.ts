// Break-glass: one person's record, read only, with obligations (2.10).
import type { AccessRequest } from './access-request.ts'
import { answerOf, toGround } from './decide-patient.ts'
import { type DecideContext, type Decision, deny, permit } from './decision.ts'
import type { ConsentAnswer } from './evaluate-consent.ts'
import type { Facets } from './facets.ts'
import { rankOf } from './labels.ts'
import type { Rule } from './rule.ts'

const VERY_RESTRICTED = rankOf('V')!

/** Returns why break-glass may not be used for this request at all (B3, Q27); undefined where it may. */
export function refuseBreakGlass({ action, identities, multiPatient }: AccessRequest): string | undefined {
  if (multiPatient) return 'btg-single-patient'
  if (action !== 'access') return 'btg-read-only'
  return identities.some(({ via }) => via === 'user') ? undefined : 'btg-unattended'
}

/** Q29: true of a rule that names BTG or ETREAT. */
export function namesBreakGlass({ purposes }: Rule): boolean {
  return purposes?.some((code) => code === 'BTG' || code === 'ETREAT') ?? false
}

/** Returns the decision of an elevated request (B3, B4, Q26 to Q29). */
export function decideBreakGlass(request: AccessRequest, facets: Facets, context: DecideContext): Decision {
  const refused = refuseBreakGlass(request)
  if (refused !== undefined) return deny(refused)
  const [patient, ...others] = facets.patients
  if (patient === undefined || others.length > 0) return deny('btg-single-patient')
  if (facets.confidentiality === VERY_RESTRICTED) return deny('btg-refused')
  const state = context.state.of(patient)
  const refusing = state.consents
    .map((consent) => ({ consent, answer: answerOf(consent, state, request, facets, context) }))
    .filter(({ answer }) => withstands(answer, context))
  return refusing.length > 0 ? deny('btg-refused', refusing.map(toGround)) : permit('btg')
}

// B4: a generic dissent gives way, one that names break-glass does not.
function withstands(answer: ConsentAnswer | undefined, { state }: DecideContext): boolean {
  if (answer?.effect !== 'deny') return false
  return !state.switches.btgOverridesDissent || answer.rules.some(namesBreakGlass)
}
