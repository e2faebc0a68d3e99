// A2: who gave the consent, to whom, on which text. https://hl7.org/fhir/R4/consent.html
import { type ConsentResource, patientOf } from './normalise.ts'
import { readPolicyUri } from './policy-text.ts'
import { type Report, toRef } from './read-dimension.ts'

/** Reports what is missing around the rules of a consent: patient, date, performers, controller, text, evidence. */
export function reportAgreementForm(
  consent: ConsentResource,
  facts: { isRelatedPersonWithPower(ref: string): boolean },
  report: Report,
): void {
  const patient = patientOf(consent)
  if (patient === undefined)
    report(
      'A2',
      'Consent.patient',
      'patient must be a literal reference to the Patient of this server whose data it is (Patient/id)',
      'patientは、データの本人であるこのサーバーのPatientへの直接の参照（Patient/id）でなければなりません',
    )
  reportDate(consent, report)
  reportPerformers(consent, patient, facts, report)
  reportController(consent, report)
  reportPolicy(consent, report)
  reportSource(consent, report)
}

/** Reports a consent without dateTime (A2). */
export function reportDate(consent: ConsentResource, report: Report): void {
  if (typeof consent['dateTime'] === 'string') return
  report(
    'A2',
    'Consent.dateTime',
    'dateTime is missing: say when the consent was given',
    'dateTimeがありません。同意した日時を入れてください',
  )
}

function reportPerformers(
  { performer = [] }: ConsentResource,
  patient: string | undefined,
  { isRelatedPersonWithPower }: { isRelatedPersonWithPower(ref: string): boolean },
  report: Report,
): void {
  if (performer.length === 0)
    report(
      'A2',
      'Consent.performer',
      'performer is missing: name who gave the consent, the patient or a RelatedPerson who may grant consent for them',
      'performerがありません。同意した人（本人、または同意の権限を持つRelatedPerson）を入れてください',
    )
  for (const [i, { reference }] of performer.entries()) {
    const ref = toRef(reference)
    const isRelated = ref?.startsWith('RelatedPerson/') && isRelatedPersonWithPower(ref)
    if (ref !== undefined && (ref === patient || isRelated)) continue
    report(
      'A2',
      `Consent.performer[${i}]`,
      'A consent is given by the patient, or by a RelatedPerson whose delegation says that they may grant consent: name one of these',
      '同意できるのは本人、または委任で同意の権限を持つRelatedPersonだけです。そのいずれかを入れてください',
    )
  }
}

function reportController({ organization = [] }: ConsentResource, report: Report): void {
  if (organization.some(({ reference }) => toRef(reference)?.startsWith('Organization/'))) return
  report(
    'A2',
    'Consent.organization',
    'organization is missing: refer to the Organization of this server that the consent is given to as the controller (Organization/id)',
    'organizationがありません。同意の相手である管理者を、このサーバーのOrganizationへの参照（Organization/id）で入れてください',
  )
}

function reportPolicy({ policy = [] }: ConsentResource, report: Report): void {
  const uri = policy.length === 1 ? policy[0]?.uri : undefined
  if (typeof uri === 'string' && readPolicyUri(uri)) return
  const path = typeof uri === 'string' ? 'Consent.policy[0].uri' : 'Consent.policy'
  report(
    'A2',
    path,
    'There must be one policy with a uri that names the text shown to the person in its version: https://…|1.0, or a path segment that is a version (v2, 1.0, 2026-04-01)',
    '本人に示した文書を版とともに示すuriを持つpolicyが一つ必要です。https://…|1.0 のように書くか、パスに版（v2、1.0、2026-04-01など）を含めてください',
  )
}

function reportSource(consent: ConsentResource, report: Report): void {
  if (consent['sourceAttachment'] !== undefined || consent['sourceReference'] !== undefined) return
  report(
    'A2',
    'Consent.source',
    'There is no evidence of the act of consent: add sourceAttachment or sourceReference (the signed form, the answered questionnaire)',
    '同意した証拠がありません。sourceAttachmentかsourceReference（署名した書面、回答した質問票など）を入れることを勧めます',
    'warning',
  )
}
