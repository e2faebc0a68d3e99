// Example residents: names in kanji and kana, check-up histories, visits, conditions, medications. Same seed, same data.
import type { Resource } from '../../src/fhir/resource.ts'
import { type Body, buildCheckup, buildEncounter, type Visit } from './checkup.ts'
import { buildDirectory, FACILITIES, toHumanNames } from './directory.ts'
import { FAMILY, GIVEN_FEMALE, GIVEN_MALE, PLACES } from './names.ts'
import { createRandom, type Random } from './random.ts'

const ICD10 = 'http://hl7.org/fhir/sid/icd-10'
const YJ = 'http://capstandard.jp/iyaku.info/CodeSystem/YJ-code'
const LAST_YEAR = 2025

interface Illness {
  readonly icd10: string
  readonly name: string
  readonly yj: string
  readonly drug: string
}

const ILLNESSES: readonly Illness[] = [
  { icd10: 'I10', name: '本態性高血圧症', yj: '2171022F1029', drug: 'アムロジピンベシル酸塩錠2.5mg' },
  { icd10: 'E78.5', name: '脂質異常症', yj: '2189010F1035', drug: 'プラバスタチンナトリウム錠5mg' },
  { icd10: 'E11.9', name: '2型糖尿病', yj: '3962002F2027', drug: 'メトホルミン塩酸塩錠250mg' },
  {
    icd10: 'J30.1',
    name: '花粉によるアレルギー性鼻炎',
    yj: '4490023F1024',
    drug: 'フェキソフェナジン塩酸塩錠60mg',
  },
  { icd10: 'K21.9', name: '胃食道逆流症', yj: '2329029F1027', drug: 'ランソプラゾール錠15mg' },
  { icd10: 'M54.5', name: '腰痛症', yj: '1149019F1560', drug: 'ロキソプロフェンナトリウム錠60mg' },
]

const toDate = (year: number, random: Random) =>
  `${year}-${String(random.int(1, 12)).padStart(2, '0')}-${String(random.int(1, 28)).padStart(2, '0')}`

function buildPatient(id: string, number: number, male: boolean, random: Random): Resource {
  const [state, city, postal] = random.pick(PLACES)
  return {
    resourceType: 'Patient',
    id,
    identifier: [
      {
        system: `urn:oid:1.2.392.100495.20.3.51.1${FACILITIES[number % 2]!.number}`,
        value: String(100000 + number),
      },
    ],
    active: true,
    name: toHumanNames(random.pick(FAMILY), random.pick(male ? GIVEN_MALE : GIVEN_FEMALE)),
    telecom: [{ system: 'phone', value: `06-0000-${String(number % 10000).padStart(4, '0')}`, use: 'home' }],
    gender: male ? 'male' : 'female',
    birthDate: toDate(random.int(1938, 1995), random),
    address: [
      {
        use: 'home',
        line: [`${random.int(1, 9)}丁目`],
        city,
        state,
        postalCode: `${postal}${String(random.int(0, 9999)).padStart(4, '0')}`,
        country: 'JP',
      },
    ],
    managingOrganization: { reference: `Organization/${FACILITIES[number % 2]!.id}` },
  }
}

function newVisit(patient: string, facility: number, year: number, random: Random): Visit {
  const organization = FACILITIES[facility]!.id
  const practitioner = `${organization}-doctor-${random.int(1, 3)}`
  return { patient, organization, practitioner, encounter: random.uuid(), date: toDate(year, random) }
}

function buildIllness(illness: Illness, visit: Visit, random: Random): Resource[] {
  const subject = { reference: `Patient/${visit.patient}` }
  const encounter = { reference: `Encounter/${visit.encounter}` }
  const condition = random.uuid()
  return [
    {
      resourceType: 'Condition',
      id: condition,
      clinicalStatus: {
        coding: [{ system: 'http://terminology.hl7.org/CodeSystem/condition-clinical', code: 'active' }],
      },
      verificationStatus: {
        coding: [{ system: 'http://terminology.hl7.org/CodeSystem/condition-ver-status', code: 'confirmed' }],
      },
      code: { coding: [{ system: ICD10, code: illness.icd10, display: illness.name }], text: illness.name },
      subject,
      encounter,
      onsetDateTime: visit.date,
      recordedDate: visit.date,
    },
    {
      resourceType: 'MedicationRequest',
      id: random.uuid(),
      status: 'active',
      intent: 'order',
      medicationCodeableConcept: {
        coding: [{ system: YJ, code: illness.yj, display: illness.drug }],
        text: illness.drug,
      },
      subject,
      encounter,
      authoredOn: visit.date,
      requester: { reference: `Practitioner/${visit.practitioner}` },
      reasonReference: [{ reference: `Condition/${condition}` }],
      dosageInstruction: [
        { text: '1日1回朝食後', timing: { repeat: { frequency: 1, period: 1, periodUnit: 'd' } } },
      ],
      dispenseRequest: {
        expectedSupplyDuration: { value: 28, unit: '日', system: 'http://unitsofmeasure.org', code: 'd' },
      },
    },
  ]
}

/** Returns everything of resident `index`: the Patient first, about 94 resources, references relative. */
export function buildResident(seed: number, index: number): Resource[] {
  const random = createRandom(seed, index + 1)
  const id = random.uuid()
  const male = random.chance(0.5)
  const patient = buildPatient(id, index, male, random)
  const risk = random.normal(0, 1)
  const heightCm = random.normal(male ? 170 : 157, 6)
  const first = { male, risk, heightCm, weightKg: (22.5 + 2.2 * risk) * (heightCm / 100) ** 2 }
  const checkups = Array.from({ length: random.int(3, 6) }, (_, n) => {
    const body: Body = { ...first, weightKg: first.weightKg + random.normal(0.3 * n, 1) }
    return buildCheckup(newVisit(id, 2, LAST_YEAR - n, random), body, random)
  })
  const visits = Array.from({ length: random.int(3, 8) }, () => {
    const visit = newVisit(id, index % 2, random.int(LAST_YEAR - 5, LAST_YEAR), random)
    const illness = ILLNESSES[Math.min(ILLNESSES.length - 1, Math.floor(random.next() * (risk > 1 ? 3 : 6)))]!
    return [buildEncounter(visit, '外来'), ...buildIllness(illness, visit, random)]
  })
  return [patient, ...checkups.flat(), ...visits.flat()]
}

/** Yields the directory, then `count` residents one after another, in constant memory. */
export function* generateResidents(seed: number, count: number): Generator<Resource[]> {
  yield buildDirectory()
  for (let index = 0; index < count; index++) yield buildResident(seed, index)
}
