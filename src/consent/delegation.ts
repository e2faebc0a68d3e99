// Delegations: consents by which a person, or the law, lets another act for them (P3 to P7).
import type { ConsentResource } from './normalise.ts'
import type { Delegation } from './state.ts'
import type { Vocabulary } from './vocabulary.ts'

/** Returns the delegation that a Consent records, or undefined where it is none. */
export function readDelegation(
  _vocabulary: Vocabulary,
  _consent: ConsentResource,
):
  | { readonly patient: string; readonly delegation: Delegation; readonly mayGrantConsent: boolean }
  | undefined {
  return undefined
}
