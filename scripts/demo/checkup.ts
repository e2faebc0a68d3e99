// A yearly check-up (特定健診): encounter, measured items with JLAC10 and LOINC codes, report.
import type { Resource } from '../../src/fhir/resource.ts'
import type { Random } from './random.ts'

const ITEM = 'urn:oid:1.2.392.200119.6.1005'
const LOINC = 'http://loinc.org'
const UCUM = 'http://unitsofmeasure.org'
const CATEGORY = 'http://terminology.hl7.org/CodeSystem/observation-category'

export interface Body {
  readonly male: boolean
  readonly heightCm: number
  readonly weightKg: number
  /** Standard deviations above the mean: one tendency moves weight, lipids, sugar and pressure together. */
  readonly risk: number
}

interface Item {
  readonly code: string
  readonly loinc: string
  readonly name: string
  readonly unit: string
  readonly digits: number
  readonly category: 'laboratory' | 'vital-signs' | 'exam'
  value(body: Body, random: Random): number
}

const laboratory = (
  code: string,
  loinc: string,
  name: string,
  unit: string,
  digits: number,
  [mean, deviation, slope]: readonly [number, number, number],
): Item => ({
  code,
  loinc,
  name,
  unit,
  digits,
  category: 'laboratory',
  value: (body, random) => Math.max(mean * 0.25, random.normal(mean + slope * body.risk, deviation)),
})

const bmi = (body: Body) => body.weightKg / (body.heightCm / 100) ** 2

// Codes: the published item table of the specific health check-up; LOINC as in its FHIR guide.
const ITEMS: readonly Item[] = [
  {
    code: '9N001000000000001',
    loinc: '8302-2',
    name: '身長',
    unit: 'cm',
    digits: 1,
    category: 'vital-signs',
    value: (b) => b.heightCm,
  },
  {
    code: '9N006000000000001',
    loinc: '29463-7',
    name: '体重',
    unit: 'kg',
    digits: 1,
    category: 'vital-signs',
    value: (b) => b.weightKg,
  },
  {
    code: '9N011000000000001',
    loinc: '39156-5',
    name: 'BMI',
    unit: 'kg/m2',
    digits: 1,
    category: 'vital-signs',
    value: bmi,
  },
  {
    code: '9N016160100000001',
    loinc: '8280-0',
    name: '腹囲',
    unit: 'cm',
    digits: 1,
    category: 'exam',
    value: (b, r) => r.normal(30 + 2.3 * bmi(b), 3),
  },
  laboratory('3F015000002327101', '3048-6', '空腹時中性脂肪', 'mg/dL', 0, [110, 40, 25]),
  laboratory('3F070000002327101', '2085-9', 'HDLコレステロール', 'mg/dL', 0, [60, 12, -6]),
  laboratory('3F077000002327101', '18262-6', 'LDLコレステロール', 'mg/dL', 0, [120, 25, 8]),
  laboratory('3B035000002327201', '1920-8', 'AST(GOT)', 'U/L', 0, [23, 6, 3]),
  laboratory('3B045000002327201', '1742-6', 'ALT(GPT)', 'U/L', 0, [22, 9, 6]),
  laboratory('3B090000002327101', '2324-2', 'γ-GT(γ-GTP)', 'U/L', 0, [35, 20, 12]),
  laboratory('3D010000001926101', '1558-6', '空腹時血糖', 'mg/dL', 0, [95, 9, 8]),
  laboratory('3D046000001906202', '4548-4', 'HbA1c(NGSP)', '%', 1, [5.5, 0.25, 0.25]),
  laboratory('3C015000002327101', '2160-0', '血清クレアチニン', 'mg/dL', 2, [0.8, 0.12, 0.02]),
]

export interface Visit {
  readonly patient: string
  readonly encounter: string
  readonly organization: string
  readonly practitioner: string
  readonly date: string
}

const quantity = (value: number, digits: number, unit: string) => ({
  value: Number(value.toFixed(digits)),
  unit,
  system: UCUM,
  code: unit,
})

function buildObservation(visit: Visit, random: Random, category: string, content: object): Resource {
  return {
    resourceType: 'Observation',
    id: random.uuid(),
    status: 'final',
    category: [{ coding: [{ system: CATEGORY, code: category }] }],
    subject: { reference: `Patient/${visit.patient}` },
    encounter: { reference: `Encounter/${visit.encounter}` },
    effectiveDateTime: `${visit.date}T09:${String(random.int(10, 59))}:00+09:00`,
    performer: [{ reference: `Organization/${visit.organization}` }],
    ...content,
  }
}

function buildBloodPressure(visit: Visit, body: Body, random: Random): Resource {
  const systolic = random.normal(124 + 8 * body.risk, 11)
  const component = (code: string, loinc: string, display: string, value: number) => ({
    code: {
      coding: [
        { system: LOINC, code: loinc, display },
        { system: ITEM, code },
      ],
    },
    valueQuantity: quantity(value, 0, 'mm[Hg]'),
  })
  return buildObservation(visit, random, 'vital-signs', {
    code: { coding: [{ system: LOINC, code: '85354-9', display: 'Blood pressure panel' }], text: '血圧' },
    component: [
      component('9A751000000000001', '8480-6', 'Systolic blood pressure', systolic),
      component(
        '9A761000000000001',
        '8462-4',
        'Diastolic blood pressure',
        systolic * 0.6 + random.normal(4, 5),
      ),
    ],
  })
}

/** Returns one check-up: Encounter, its Observations, and the DiagnosticReport that lists them. */
export function buildCheckup(visit: Visit, body: Body, random: Random): Resource[] {
  const observations = [
    ...ITEMS.map((item) =>
      buildObservation(visit, random, item.category, {
        code: {
          coding: [
            { system: LOINC, code: item.loinc },
            { system: ITEM, code: item.code, display: item.name },
          ],
          text: item.name,
        },
        valueQuantity: quantity(item.value(body, random), item.digits, item.unit),
      }),
    ),
    buildBloodPressure(visit, body, random),
  ]
  return [
    buildEncounter(visit, '特定健康診査'),
    ...observations,
    {
      resourceType: 'DiagnosticReport',
      id: random.uuid(),
      status: 'final',
      code: { coding: [{ system: LOINC, code: '53576-5' }], text: '特定健診結果報告書' },
      subject: { reference: `Patient/${visit.patient}` },
      encounter: { reference: `Encounter/${visit.encounter}` },
      effectiveDateTime: visit.date,
      issued: `${visit.date}T17:00:00+09:00`,
      performer: [{ reference: `Organization/${visit.organization}` }],
      result: observations.map(({ id }) => ({ reference: `Observation/${id}` })),
    },
  ]
}

/** Returns the ambulatory Encounter of a visit. */
export function buildEncounter(visit: Visit, reason: string): Resource {
  return {
    resourceType: 'Encounter',
    id: visit.encounter,
    status: 'finished',
    class: { system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'AMB' },
    type: [{ text: reason }],
    subject: { reference: `Patient/${visit.patient}` },
    participant: [{ individual: { reference: `Practitioner/${visit.practitioner}` } }],
    period: { start: `${visit.date}T09:00:00+09:00`, end: `${visit.date}T11:30:00+09:00` },
    serviceProvider: { reference: `Organization/${visit.organization}` },
  }
}
