// Why a recipient may see what they may see now, and until when: consents, refusals, defaults (2.7, 2.14).
import type { AccessRequest } from '../../consent/access-request.ts'
import { openChannels } from '../../consent/admin.ts'
import { compileConsent } from '../../consent/compile-consent.ts'
import { bindsUnreadable, isSuspended } from '../../consent/decide-patient.ts'
import { toMatchContext } from '../../consent/decision.ts'
import { isTreating, ownSources } from '../../consent/defaults.ts'
import { materialise } from '../../consent/materialise.ts'
import type { StoredConsent } from '../../consent/rule.ts'
import { ALWAYS, type Span } from '../../consent/span.ts'
import type { DecideRecords } from '../../interactions/decide-context.ts'

export interface Grounds {
  /** While nothing on record changes, this holds for so long; undefined: at all times. */
  readonly period?: Span
  /** `Consent/id/_history/version` of those that permit something, and of those that refuse something. */
  readonly permits: readonly string[]
  readonly refusals: readonly string[]
  /** What holds without a consent: `own-data`, `treating`, `opt-out-channel`. */
  readonly defaults: readonly string[]
}

/** Returns on what grounds `patient` lets the requester see the record at the instant of the request. */
export function toGrounds(
  patient: string,
  request: AccessRequest & { readonly purpose: string },
  { standings, context }: DecideRecords,
): Grounds {
  const records = standings.get(patient) ?? []
  const { vocabulary, state } = context
  const intervals = materialise(patient, records, request, state, vocabulary)
  const period = intervals.find(({ from, to }) => from <= request.time && request.time <= to)
  const person = state.of(patient)
  const said = person.consents.map((consent) => {
    const says = speak(consent, request, context)
    const rests = isResting(consent, request)
    return { ref: toVersion(consent), permits: says.permits && !rests, denies: says.denies }
  })
  return {
    ...(period && (period.from > ALWAYS.from || period.to < ALWAYS.to) && { period }),
    permits: said.flatMap(({ ref, permits }) => (permits ? [ref] : [])),
    refusals: said.flatMap(({ ref, denies }) => (denies ? [ref] : [])),
    defaults: [
      ...(ownSources(request, state.switches).length > 0 ? ['own-data'] : []),
      ...(isTreating(person, request, state.switches) ? ['treating'] : []),
      ...(openChannels(patient, request, context).length > 0 ? ['opt-out-channel'] : []),
    ],
  }

  // P6
  function isResting(consent: StoredConsent, asked: AccessRequest): boolean {
    return consent.kind === 'agreement' && isSuspended(consent, person, asked, context)
  }
}

function speak(consent: StoredConsent, request: AccessRequest, context: DecideRecords['context']) {
  if (consent.kind === 'unreadable')
    return { permits: false, denies: bindsUnreadable(request, undefined, context) }
  const { permits, denies } = compileConsent(consent, request, toMatchContext(context))
  return { permits: permits.kind !== 'none', denies: denies.kind !== 'none' }
}

function toVersion({ ref, versionId }: StoredConsent): string {
  return versionId === undefined ? ref : `${ref}/_history/${versionId}`
}
