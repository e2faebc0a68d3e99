// The consents of the story: a visit, a study, and two delegations. https://hl7.org/fhir/R4/consent.html
import type { Resource } from '../../src/fhir/resource.ts'

type Consent = Resource & { readonly id: string }

/** Whom the consents speak of, as references. */
export interface Cast {
  readonly resident: string
  readonly child: string
  readonly husband: string
  readonly mother: string
  readonly hospitalB: string
  readonly city: string
  readonly university: string
}

/** The consent that the demo withdraws. */
export const VISIT = 'Consent/demo-visit'

const PROFILES = 'https://musubi.example/fhir/StructureDefinition'
const SYSTEMS = 'https://musubi.example/fhir/CodeSystem'
const HL7 = 'http://terminology.hl7.org/CodeSystem'
const PSY = { system: `${HL7}/v3-ActCode`, code: 'PSY' }

const GIVEN = '2026-04-01T09:00:00+09:00'
const PERIOD = { start: '2026-04-01' }

const concept = (system: string, code: string) => ({ coding: [{ system, code }] })
const refer = (reference: string) => ({ reference })
const actor = (ref: string) => ({
  role: concept(`${HL7}/v3-ParticipationType`, 'IRCP'),
  reference: refer(ref),
})
const ACCESS = [concept(`${HL7}/consentaction`, 'access')]
// What a rule leaves open a nested rule closes again, for this grantee alone.
const NOT_PSY = [{ type: 'deny', securityLabel: [PSY] }]

function buildConsent(id: string, patient: string, words: string, elements: object): Consent {
  return {
    resourceType: 'Consent',
    id,
    text: { status: 'generated', div: `<div xmlns="http://www.w3.org/1999/xhtml"><p>${words}</p></div>` },
    status: 'active',
    patient: refer(patient),
    dateTime: GIVEN,
    policy: [{ uri: `https://musubi.example/policy/${id}|1.0` }],
    ...elements,
  }
}

function toGrant({ resident, city }: Cast, scope: string, category: string): object {
  return {
    meta: { profile: [`${PROFILES}/consent`] },
    scope: concept(`${HL7}/consentscope`, scope),
    category: [concept('http://loinc.org', category)],
    performer: [refer(resident)],
    organization: [refer(city)],
    sourceAttachment: { contentType: 'application/pdf', title: '同意書' },
    policyRule: concept(`${HL7}/v3-ActCode`, 'OPTIN'),
  }
}

function toDelegation(kind: string, performer: string, provision: object): object {
  return {
    meta: { profile: [`${PROFILES}/musubi-delegation`] },
    scope: concept(`${SYSTEMS}/consent-scope`, 'delegation'),
    category: [concept(`${SYSTEMS}/delegation-kind`, kind)],
    performer: [refer(performer)],
    provision: { type: 'permit', period: PERIOD, ...provision },
  }
}

function buildVisit(cast: Cast): Consent {
  const purpose = [{ system: `${HL7}/v3-ActReason`, code: 'TREAT' }]
  return buildConsent('demo-visit', cast.resident, '病院Bに診療のための閲覧を許可する。精神科の記録を除く', {
    ...toGrant(cast, 'patient-privacy', '59284-0'),
    provision: {
      type: 'permit',
      period: PERIOD,
      actor: [actor(cast.hospitalB)],
      action: ACCESS,
      purpose,
      provision: NOT_PSY,
    },
  })
}

function buildStudy(cast: Cast): Consent {
  const purpose = [{ system: `${SYSTEMS}/project-purpose`, code: 'demo-study' }]
  const observations = [{ system: 'http://hl7.org/fhir/resource-types', code: 'Observation' }]
  return buildConsent('demo-research', cast.resident, '研究プロジェクトに検査・測定の値を提供する', {
    ...toGrant(cast, 'research', '57016-8'),
    provision: {
      type: 'permit',
      period: PERIOD,
      actor: [actor(cast.university)],
      action: ACCESS,
      purpose,
      class: observations,
    },
  })
}

/** Returns the consents of the story, as the city recorded them. */
export function buildConsents(cast: Cast): Consent[] {
  const { resident, child, husband, mother, city } = cast
  const asHusband = { actor: [actor(husband)], action: ACCESS, provision: NOT_PSY }
  return [
    buildVisit(cast),
    buildStudy(cast),
    buildConsent(
      'demo-husband-acts',
      resident,
      '夫が代理で閲覧する。精神科の記録を除く',
      toDelegation('voluntary', resident, asHusband),
    ),
    buildConsent('demo-mother-acts', child, '母が親権者として代理する', {
      ...toDelegation('guardian', city, { actor: [actor(mother)] }),
      extension: [{ url: `${PROFILES}/may-grant-consent`, valueBoolean: true }],
      verification: [{ verified: true, verificationDate: '2026-04-01' }],
    }),
  ]
}
