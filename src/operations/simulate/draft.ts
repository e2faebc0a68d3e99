// A draft as if it were active: what keeps it from that, which consents give way, and what would then be on record.
import type { Policy } from '../../access/policy.ts'
import { type AdmitFacts, admit, lookupsOf } from '../../consent/admit.ts'
import { supersede } from '../../consent/agreement.ts'
import { type ConsentResource, normalise, patientOf } from '../../consent/normalise.ts'
import { hasPower } from '../../consent/power.ts'
import { toIssues } from '../../consent/problem-issues.ts'
import type { Standing } from '../../consent/standing.ts'
import { parseJson } from '../../fhir/json.ts'
import { FhirError, type Issue } from '../../fhir/outcome.ts'
import type { AppContext } from '../../interactions/context.ts'
import { isStanding } from '../../interactions/write.ts'
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
  const supersedes = supersede(vocabulary, draft, await readConsents(context, policy, standings))
  const gone = new Set([...supersedes, `Consent/${draft.id}`])
  const left = standings.filter((each) => !('ref' in each && gone.has(each.ref)))
  const issues = await findProblems(context, { policy, holder, draft, at }, left)
  const refusing = issues.find(({ severity }) => severity === 'error')
  if (refusing) throw new FhirError('unprocessable', refusing.diagnostics, issues)
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

// Those on record, as far as the asker sees them.
async function readConsents(
  { store }: AppContext,
  policy: Policy,
  standings: readonly Standing[],
): Promise<readonly ConsentResource[]> {
  const found: ConsentResource[] = []
  for (const each of standings) {
    if (each.kind !== 'agreement' && each.kind !== 'unreadable') continue
    const version = await store.read(policy.readPlan('Consent', each.ref.slice('Consent/'.length)))
    if (isStanding(version)) found.push(parseJson(version.document) as ConsentResource)
  }
  return found
}

async function findProblems(
  context: AppContext,
  { policy, holder: { records }, draft, at }: Simulation,
  left: readonly Standing[],
): Promise<readonly Issue[]> {
  const { targets } = lookupsOf(draft)
  const there = new Set<string>()
  for (const ref of targets) if (await isThere(context, policy, ref)) there.add(ref)
  const facts: AdmitFacts = {
    activeConsents: left.filter(({ kind }) => kind === 'agreement' || kind === 'unreadable').length,
    resolves: (ref) => there.has(ref),
    isRelatedPersonWithPower: (ref) => {
      const identities = [{ ref, via: 'user' }] as const
      return hasPower(left, { identities, action: 'access', time: policy.access.time }, records.context)
    },
  }
  const issues = toIssues(admit(records.governance.vocabulary, draft, facts))
  return issues.map((issue) => ({ ...issue, path: [...at, ...(issue.path ?? [])] }))
}

async function isThere({ store, definitions }: AppContext, policy: Policy, ref: string): Promise<boolean> {
  const [type, id] = ref.split('/') as [string, string]
  return definitions.isResourceType(type) && isStanding(await store.read(policy.readPlan(type, id)))
}
