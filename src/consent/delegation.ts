// A Consent by which one person may act for another (P3): profile musubi-delegation. https://hl7.org/fhir/R4/consent.html
import { readDelegationRights } from './delegation-rights.ts'
import { type ConsentResource, patientOf, reportModifiers, scopeOf } from './normalise.ts'
import { openReport, type Problem, type Report, toRef } from './read-dimension.ts'
import type { Delegation } from './state.ts'
import type { Vocabulary } from './vocabulary.ts'

export const SCOPE_SYSTEM = 'https://musubi.example/fhir/CodeSystem/consent-scope'
export const KIND_SYSTEM = 'https://musubi.example/fhir/CodeSystem/delegation-kind'
/** Extension, boolean: the proxy may give consents for the person. */
export const MAY_GRANT_CONSENT = 'https://musubi.example/fhir/StructureDefinition/may-grant-consent'
/** Extension, boolean: a court has ordered that the proxy sees what adolescents may hide (P5). */
export const COURT_ORDER = 'https://musubi.example/fhir/StructureDefinition/court-order'

const KINDS: ReadonlySet<unknown> = new Set(['guardian', 'adult-guardian', 'voluntary', 'support'])

/** What a delegation says, of whom. */
export interface ReadDelegation {
  /** `Patient/id`: the person represented. */
  readonly patient: string
  readonly delegation: Delegation
  /** The proxy may give consents for the person. */
  readonly mayGrantConsent: boolean
}

/** True of a Consent whose scope is a delegation. */
export function isDelegation({ scope }: ConsentResource): boolean {
  return (scope?.coding ?? []).some(({ system, code }) => system === SCOPE_SYSTEM && code === 'delegation')
}

/**
 * Returns the delegation that a Consent holds, whatever its status (`active` says it); undefined where it holds none or one
 * that cannot be understood in full: then it gives no right.
 */
export function readDelegation(vocabulary: Vocabulary, consent: ConsentResource): ReadDelegation | undefined {
  const { problems, report } = openReport()
  // Beside an enforced scope it would be both (A1).
  const isOne = isDelegation(consent) && scopeOf(consent) === undefined
  const read = isOne ? readAll(vocabulary, consent, report) : undefined
  return problems.length === 0 ? read : undefined
}

/** Returns why a delegation gives no right (P3); none where `readDelegation` reads it. */
export function delegationProblems(vocabulary: Vocabulary, consent: ConsentResource): readonly Problem[] {
  const { problems, report } = openReport()
  readAll(vocabulary, consent, report)
  return problems
}

function readAll(
  vocabulary: Vocabulary,
  consent: ConsentResource,
  report: Report,
): ReadDelegation | undefined {
  reportModifiers(consent, report)
  const patient = readPatient(consent, report)
  const kind = readKind(consent, report)
  if (kind && isAppointed(kind)) reportVerification(consent, report)
  else if (kind) reportOwnAct(consent, patient, report)
  const { provision } = consent
  if (provision === undefined) {
    report(
      'P3',
      'Consent.provision',
      'provision is missing: name the proxy as its actor',
      'provisionがありません。代理人をactorとして入れてください',
    )
    return undefined
  }
  const rights = readDelegationRights(vocabulary, provision, report)
  const mayGrantConsent = readFlag(consent, MAY_GRANT_CONSENT, report)
  const courtOrder = readFlag(consent, COURT_ORDER, report)
  if (patient === undefined || kind === undefined || rights === undefined) return undefined
  return {
    patient,
    delegation: { ...rights, kind, active: consent.status === 'active', courtOrder },
    mayGrantConsent,
  }
}

function readPatient(consent: ConsentResource, report: Report): string | undefined {
  const patient = patientOf(consent)
  if (patient === undefined)
    report(
      'P3',
      'Consent.patient',
      'patient must be a literal reference to the Patient of this server who is represented (Patient/id)',
      'patientは、代理される本人であるこのサーバーのPatientへの直接の参照（Patient/id）でなければなりません',
    )
  return patient
}

function readKind({ category = [] }: ConsentResource, report: Report): Delegation['kind'] | undefined {
  const codings = category.flatMap(({ coding = [] }) => coding.filter(({ system }) => system === KIND_SYSTEM))
  const kinds = new Set(codings.map(({ code }) => code))
  const [kind] = kinds
  if (kinds.size === 1 && KINDS.has(kind)) return kind as Delegation['kind']
  report(
    'P3',
    'Consent.category',
    `category must have one code of ${KIND_SYSTEM}: guardian, adult-guardian, voluntary or support`,
    `categoryに${KIND_SYSTEM}のコード（guardian・adult-guardian・voluntary・support）が一つ必要です`,
  )
  return undefined
}

/** True of a proxy whom the law or a court appoints, not the person. */
function isAppointed(kind: Delegation['kind']): boolean {
  return kind === 'guardian' || kind === 'adult-guardian'
}

function reportVerification({ verification = [], performer = [] }: ConsentResource, report: Report): void {
  const isByOrganisation = performer.some(({ reference }) => toRef(reference)?.startsWith('Organization/'))
  const isVerified = verification.some(
    ({ verified, verifiedWith }) =>
      verified === true && (isByOrganisation || toRef(verifiedWith?.reference) !== undefined),
  )
  if (isVerified) return
  report(
    'P3',
    'Consent.verification',
    'Guardianship must be verified: verification.verified true, and either an Organization as performer or verification.verifiedWith',
    '後見・親権は確認が必要です。verification.verifiedをtrueにし、performerに組織を入れるか、verification.verifiedWithを入れてください',
  )
}

function reportOwnAct(
  { performer = [] }: ConsentResource,
  patient: string | undefined,
  report: Report,
): void {
  if (performer.length > 0 && performer.every(({ reference }) => toRef(reference) === patient)) return
  report(
    'P3',
    'Consent.performer',
    'A voluntary or supporting proxy is named by the person alone: performer must be the patient',
    '任意代理・支援の委任は本人だけができます。performerは本人（patient）でなければなりません',
  )
}

function readFlag({ extension = [] }: ConsentResource, url: string, report: Report): boolean {
  const found = extension.filter((each) => each.url === url)
  const isBoolean = found.every(({ valueBoolean }) => typeof valueBoolean === 'boolean')
  if (found.length > 1 || !isBoolean)
    report(
      'P3',
      'Consent.extension',
      `The extension ${url} may stand once, with valueBoolean`,
      `拡張${url}はvalueBooleanで一つだけ入れてください`,
    )
  return found.length === 1 && found[0]?.valueBoolean === true
}
