// A draft as if it were active: what keeps it from that, which consents give way, and what would then be on record.
import type { Policy } from '../../access/policy.ts'
import { supersede } from '../../consent/agreement.ts'
import { type ConsentResource, normalise, patientOf } from '../../consent/normalise.ts'
import type { Standing } from '../../consent/standing.ts'
import { FhirError } from '../../fhir/outcome.ts'
import { assertAdmitted, findOthers } from '../../interactions/admission.ts'
import type { AppContext } from '../../interactions/context.ts'
import type { Writing } from '../../interactions/write.ts'
import type { Holder } from '../access/holder.ts'

/** What would be on record. */
export interface Simulated {
  readonly standings: readonly Standing[]
  /** `Consent/id` of those that would become inactive. */
  readonly supersedes: readonly string[]
}

/** What is to be simulated, and for whom. */
export interface Simulation {
  readonly policy: Policy
  readonly holder: Holder
  readonly draft: ConsentResource
  /** Property names and positions that lead to the draft in the body: where faults are is told from there. */
  readonly at: readonly (string | number)[]
}

/** Names a draft that has no id yet: no id of ours has a space. */
const DRAFT = 'the draft'

/**
 * Returns what would be on record of the holder's person if `given` were active, whatever its status is. Throws FhirError
 * `unprocessable` with the problems of admission, and for a draft of another person or without an enforced scope.
 */
export async function simulateDraft(
  context: AppContext,
  { policy, holder, draft: given, at }: Simulation,
): Promise<Simulated> {
  const { patient, records } = holder
  const { vocabulary } = records.governance
  const draft: ConsentResource = { ...given, id: given.id ?? DRAFT, status: 'active' }
  if (patientOf(draft) !== patient)
    throw refuse(
      'Consent.patient must be the Patient whose record it is',
      'Consent.patientは対象の本人でなければなりません',
    )
  const standings = records.standings.get(patient)!
  const writing = { context, policy, reader: context.store }
  await assertAdmissible(writing, draft, at)
  const others = (await findOthers(writing, draft)).map(({ consent }) => consent)
  const supersedes = supersede(vocabulary, draft, others)
  const gone = new Set([...supersedes, `Consent/${draft.id}`])
  const left = standings.filter((each) => !('ref' in each && gone.has(each.ref)))
  const stored = normalise(vocabulary, draft)
  if (!stored)
    throw refuse(
      'Only a consent with the scope patient-privacy or research lets a recipient see anything',
      '受け手の閲覧に関わるのは、scopeがpatient-privacyまたはresearchの同意だけです',
    )
  return { standings: [...left, stored], supersedes }
}

function refuse(diagnostics: string, ja: string): FhirError {
  return new FhirError('unprocessable', diagnostics, [
    { severity: 'error', code: 'business-rule', diagnostics, ja, rule: 'consent-scope' },
  ])
}

async function assertAdmissible(
  writing: Writing,
  draft: ConsentResource,
  at: Simulation['at'],
): Promise<void> {
  try {
    await assertAdmitted(writing, draft)
  } catch (error) {
    if (!(error instanceof FhirError)) throw error
    const issues = error.issues.map((issue) => ({ ...issue, path: [...at, ...(issue.path ?? [])] }))
    throw new FhirError(error.code, issues[0]!.diagnostics, issues)
  }
}
