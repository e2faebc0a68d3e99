// The story of the demo: one resident's records from two hospitals, a pharmacy, a wearable, and a child's. Invented.
import type { Resource } from '../../src/fhir/resource.ts'
import { buildConsents } from './consents.ts'
import { toHumanNames } from './directory.ts'
import type { Name } from './names.ts'

/** A resource and where it comes from: an Organization, or the Patient who wrote it. */
export interface Told {
  readonly source: string
  readonly resource: Resource & { readonly id: string }
}

/** Who is in the story; hospitals and pharmacy are those of the directory. */
export const CAST = {
  resident: 'Patient/demo-hanako',
  child: 'Patient/demo-taro',
  husband: 'RelatedPerson/demo-husband',
  mother: 'RelatedPerson/demo-mother',
  hospitalA: 'Organization/demo-hospital-a',
  hospitalB: 'Organization/demo-hospital-b',
  pharmacy: 'Organization/demo-pharmacy',
  clinic: 'Organization/demo-checkup',
  city: 'Organization/demo-city',
  university: 'Organization/demo-university',
} as const

/** The condition that is labelled PSY when it is stored. */
export const SENSITIVE = 'Condition/demo-depression'

const PROFILES = 'https://musubi.example/fhir/StructureDefinition'
const LOINC = 'http://loinc.org'
const UCUM = 'http://unitsofmeasure.org'
const CATEGORY = 'http://terminology.hl7.org/CodeSystem/observation-category'
const YJ = 'http://capstandard.jp/iyaku.info/CodeSystem/YJ-code'
const CLINICAL = 'http://terminology.hl7.org/CodeSystem/condition-clinical'
const ROLE_CODE = 'http://terminology.hl7.org/CodeSystem/v3-RoleCode'

const YUKI: Name = ['結城', 'ユウキ']

const toId = (ref: string) => ref.slice(ref.indexOf('/') + 1)
const refer = (reference: string) => ({ reference })

function buildOrganization(ref: string, name: string): Told['resource'] {
  return { resourceType: 'Organization', id: toId(ref), active: true, name }
}

function buildPerson(ref: string, given: Name, gender: string, birthDate: string): Told['resource'] {
  return {
    resourceType: 'Patient',
    id: toId(ref),
    meta: { profile: [`${PROFILES}/resident`] },
    identifier: [{ system: 'urn:oid:1.2.392.100495.20.3.51.12719999991', value: toId(ref) }],
    name: toHumanNames(YUKI, given),
    gender,
    birthDate,
    address: [{ text: '大阪府大阪市北区', postalCode: '530-0001', country: 'JP' }],
  }
}

function buildRelated(ref: string, patient: string, given: Name, code: string): Told['resource'] {
  return {
    resourceType: 'RelatedPerson',
    id: toId(ref),
    active: true,
    patient: refer(patient),
    relationship: [{ coding: [{ system: ROLE_CODE, code }] }],
    name: toHumanNames(YUKI, given),
  }
}

function buildCondition(id: string, patient: string, code: string, text: string): Told['resource'] {
  return {
    resourceType: 'Condition',
    id,
    clinicalStatus: { coding: [{ system: CLINICAL, code: 'active' }] },
    code: { coding: [{ system: 'http://hl7.org/fhir/sid/icd-10', code }], text },
    subject: refer(patient),
    recordedDate: '2026-04-06',
  }
}

interface Measured {
  readonly code: string
  readonly text: string
  readonly value: number
  readonly unit: string
  readonly when: string
  /** Of a device that the person wears. */
  readonly wearable?: boolean
}

function buildObservation(id: string, patient: string, given: Measured): Told['resource'] {
  const { code, text, value, unit, when, wearable = false } = given
  return {
    resourceType: 'Observation',
    id,
    ...(wearable && {
      meta: { profile: [`${PROFILES}/home-measurement`] },
      extension: [{ url: `${PROFILES}/measured-by`, valueCode: 'device' }],
    }),
    status: 'final',
    category: [{ coding: [{ system: CATEGORY, code: wearable ? 'vital-signs' : 'laboratory' }] }],
    code: { coding: [{ system: LOINC, code }], text },
    subject: refer(patient),
    effectiveDateTime: when,
    valueQuantity: { value, unit, system: UCUM, code: unit },
  }
}

function buildDispense(id: string, patient: string): Told['resource'] {
  return {
    resourceType: 'MedicationDispense',
    id,
    status: 'completed',
    medicationCodeableConcept: {
      coding: [{ system: YJ, code: '2171022F1029' }],
      text: 'アムロジピンベシル酸塩錠2.5mg',
    },
    subject: refer(patient),
    performer: [{ actor: refer(CAST.pharmacy) }],
    quantity: { value: 28, unit: '錠' },
    whenHandedOver: '2026-04-06T15:20:00+09:00',
  }
}

const HEART_RATE = { code: '8867-4', text: '脈拍数', unit: '/min', wearable: true } as const

/** What hospital A holds of the resident: four of the kinds that the demo searches for, one of them sensitive. */
function buildHospitalA(): Told['resource'][] {
  const { resident } = CAST
  const when = '2026-04-06T10:00:00+09:00'
  return [
    buildCondition('demo-hypertension', resident, 'I10', '本態性高血圧症'),
    buildCondition(toId(SENSITIVE), resident, 'F32.9', 'うつ病エピソード'),
    buildObservation('demo-hba1c', resident, {
      code: '4548-4',
      text: 'HbA1c',
      value: 5.9,
      unit: '%',
      when,
    }),
    buildObservation('demo-potassium', resident, {
      code: '2823-3',
      text: 'カリウム',
      value: 4.1,
      unit: 'mmol/L',
      when,
    }),
  ]
}

function buildHospitalB(): Told['resource'][] {
  const when = '2026-05-20T11:00:00+09:00'
  return [
    buildCondition('demo-back-pain', CAST.resident, 'M54.5', '腰痛症'),
    buildObservation('demo-crp', CAST.resident, {
      code: '1988-5',
      text: 'CRP',
      value: 0.2,
      unit: 'mg/dL',
      when,
    }),
  ]
}

// The device's readings are the person's own words: their source is the person.
function buildWearable(): Told['resource'][] {
  const { resident } = CAST
  return [
    {
      resourceType: 'Device',
      id: 'demo-wearable',
      patient: refer(resident),
      type: { text: '腕時計型脈拍計' },
    },
    buildObservation('demo-pulse-1', resident, {
      ...HEART_RATE,
      value: 66,
      when: '2026-06-01T07:00:00+09:00',
    }),
    buildObservation('demo-pulse-2', resident, {
      ...HEART_RATE,
      value: 72,
      when: '2026-06-02T07:00:00+09:00',
    }),
  ]
}

function buildChild(): Told['resource'][] {
  const { child, mother } = CAST
  return [
    buildPerson(child, ['太郎', 'タロウ'], 'male', '2020-05-01'),
    buildRelated(mother, child, ['花子', 'ハナコ'], 'MTH'),
    buildCondition('demo-asthma', child, 'J45.9', '気管支喘息'),
    buildObservation('demo-spo2', child, {
      code: '59408-5',
      text: 'SpO2',
      value: 98,
      unit: '%',
      when: '2026-06-10T16:00:00+09:00',
    }),
  ]
}

/** Returns the story in the order in which it can be stored; the same each time. */
export function tellStory(): Told[] {
  const { resident, husband, hospitalA, hospitalB, pharmacy, clinic, city, university } = CAST
  const from = (source: string, resources: readonly Told['resource'][]): Told[] =>
    resources.map((resource) => ({ source, resource }))
  return [
    ...from(city, [buildOrganization(city, 'むすび市')]),
    ...from(university, [buildOrganization(university, 'むすび大学')]),
    ...from(hospitalA, [
      buildPerson(resident, ['花子', 'ハナコ'], 'female', '1985-04-01'),
      ...buildHospitalA(),
    ]),
    ...from(hospitalB, buildHospitalB()),
    ...from(pharmacy, [buildDispense('demo-amlodipine', resident)]),
    ...from(resident, [...buildWearable(), buildRelated(husband, resident, ['健一', 'ケンイチ'], 'HUSB')]),
    ...from(clinic, buildChild()),
    ...from(city, buildConsents(CAST)),
  ]
}
