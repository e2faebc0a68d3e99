// Who may withdraw which consent (S4, P3, P7, J07, J18).
import type { Policy } from '../../access/policy.ts'
import { type AccessRequest, actingFor } from '../../consent/access-request.ts'
import { isDelegation, KIND_SYSTEM } from '../../consent/delegation.ts'
import { type ConsentResource, normalise, patientOf } from '../../consent/normalise.ts'
import { toRef } from '../../consent/read-dimension.ts'
import { rulesOf } from '../../consent/standing.ts'
import type { Vocabulary } from '../../consent/vocabulary.ts'
import { FhirError } from '../../fhir/outcome.ts'
import type { AppContext } from '../../interactions/context.ts'
import type { Version } from '../../store/store.ts'
import { findHolder } from '../access/holder.ts'

/** As whom the consent is withdrawn. */
export type Capacity = 'person' | 'proxy' | 'controller'

/**
 * Returns as whom the requester may withdraw `consent`, which is `version` as it stands and which they may update; undefined where
 * they are nobody to it. Throws FhirError `forbidden` for what is not theirs to withdraw, though they may see it:
 * 1. the person withdraws everything of theirs but a guardianship, which a law or a court has set up;
 * 2. a proxy with power withdraws grants and what they refused themselves; neither a delegation (J18),
 *    nor anything by which the person (or another) keeps records from somebody;
 * 3. a controller named in the consent withdraws what it recorded.
 */
export async function assertMayRevoke(
  context: AppContext,
  policy: Policy,
  request: AccessRequest,
  consent: ConsentResource,
  version: Version,
): Promise<Capacity | undefined> {
  const patient = patientOf(consent)
  const holder = patient === undefined ? undefined : await findHolder(context, policy, patient)
  if (holder?.isProxy) {
    const proxies = request.identities.map(({ ref }) => ref)
    assertProxyMay(holder.records.governance.vocabulary, consent, proxies)
    return 'proxy'
  }
  if (holder) {
    assertPersonMay(consent)
    return 'person'
  }
  const controllers = (consent.organization ?? []).map(({ reference }) => toRef(reference))
  const isTheirs = actingFor(request).some((ref) => controllers.includes(ref) && version.source === ref)
  return isTheirs ? 'controller' : undefined
}

function assertPersonMay(consent: ConsentResource): void {
  if (isDelegation(consent) && isAppointed(consent))
    throw new FhirError('forbidden', 'A guardianship is ended by the organisation that verified it')
}

/** True of a delegation that a law or a court has set up; whatever is not surely voluntary counts as one. */
export function isAppointed({ category = [] }: ConsentResource): boolean {
  const kinds = category.flatMap(({ coding = [] }) => coding.filter(({ system }) => system === KIND_SYSTEM))
  return !kinds.length || !kinds.every(({ code }) => code === 'voluntary' || code === 'support')
}

function assertProxyMay(vocabulary: Vocabulary, consent: ConsentResource, proxies: readonly string[]): void {
  if (isDelegation(consent)) throw new FhirError('forbidden', 'A proxy ends no delegation')
  const performers = (consent.performer ?? []).map(({ reference }) => String(toRef(reference)))
  const isTheirs = performers.length > 0 && performers.every((ref) => proxies.includes(ref))
  if (isTheirs || !withholds(vocabulary, consent)) return
  throw new FhirError('forbidden', 'What keeps records from somebody is withdrawn by who gave it')
}

// True also of what cannot be read: it keeps others out (N3).
function withholds(vocabulary: Vocabulary, consent: ConsentResource): boolean {
  const stored = normalise(vocabulary, { ...consent, status: 'active' })
  if (stored?.kind !== 'agreement') return true
  return !stored.optIn || rulesOf(stored).some((rule) => rule !== stored.root && rule.effect === 'deny')
}
