// A small random world of residents and their records, and a grammar of requests into it, for non-interference tests.
import fc from 'fast-check'
import type { Resource } from '../../src/fhir/resource.ts'

const PATIENTS = ['p0', 'p1', 'p2']
const CODES = ['a', 'b', 'c']
const NAMES = ['山田', '佐藤', 'Smith']

const reference = (type: string, id: string) => ({ reference: `${type}/${id}` })
const concept = (code: string) => ({ coding: [{ system: 'urn:codes', code }] })
const patientId = fc.constantFrom(...PATIENTS)
const code = fc.constantFrom(...CODES)

const observation = fc.record({
  patient: patientId,
  code,
  value: fc.integer({ min: 0, max: 9 }),
  day: fc.integer({ min: 10, max: 28 }),
  author: fc.option(patientId),
  coded: fc.boolean(),
  encounter: fc.integer({ min: 0, max: 2 }),
})
const condition = fc.record({ patient: patientId, code, encounter: fc.integer({ min: 0, max: 2 }) })
const report = fc.record({ patient: patientId, result: fc.integer({ min: 0, max: 5 }), code })

function buildObservation(
  drawn: typeof observation extends fc.Arbitrary<infer T> ? T : never,
  n: number,
): Resource {
  return {
    resourceType: 'Observation',
    id: `o${n}`,
    status: 'final',
    category: [concept(drawn.value > 4 ? 'lab' : 'exam')],
    code: drawn.coded ? concept(drawn.code) : { text: drawn.code },
    subject: reference('Patient', drawn.patient),
    ...(drawn.author ? { performer: [reference('Patient', drawn.author)] } : {}),
    encounter: reference('Encounter', `e${drawn.encounter}`),
    effectiveDateTime: `2024-05-${drawn.day}`,
    valueQuantity: { value: drawn.value, unit: 'mg', system: 'http://unitsofmeasure.org', code: 'mg' },
  }
}

const shared: readonly Resource[] = [
  { resourceType: 'Organization', id: 'org', name: 'むすび病院' },
  { resourceType: 'Practitioner', id: 'dr', name: [{ family: '医師' }] },
]

const patients: readonly Resource[] = PATIENTS.map((id, n) => ({
  resourceType: 'Patient',
  id,
  name: [{ family: NAMES[n]!, given: ['太郎'] }],
  ...(n === 1 ? {} : { gender: 'male' }),
  managingOrganization: reference('Organization', 'org'),
  generalPractitioner: [reference('Practitioner', 'dr')],
}))

const encounters: readonly Resource[] = PATIENTS.map((id, n) => ({
  resourceType: 'Encounter',
  id: `e${n}`,
  status: 'finished',
  class: { system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'AMB' },
  subject: reference('Patient', id),
  serviceProvider: reference('Organization', 'org'),
}))

/** Draws the resources of a world, in the order in which they are stored. */
export const world: fc.Arbitrary<readonly Resource[]> = fc
  .record({
    observations: fc.array(observation, { minLength: 3, maxLength: 10 }),
    conditions: fc.array(condition, { maxLength: 4 }),
    reports: fc.array(report, { maxLength: 3 }),
  })
  .map(({ observations, conditions, reports }) => [
    ...shared,
    ...patients,
    ...encounters,
    ...observations.map(buildObservation),
    ...conditions.map((drawn, n) => ({
      resourceType: 'Condition',
      id: `c${n}`,
      code: concept(drawn.code),
      subject: reference('Patient', drawn.patient),
      encounter: reference('Encounter', `e${drawn.encounter}`),
    })),
    ...reports.map((drawn, n) => ({
      resourceType: 'DiagnosticReport',
      id: `r${n}`,
      status: 'final',
      code: concept(drawn.code),
      subject: reference('Patient', drawn.patient),
      result: [reference('Observation', `o${drawn.result}`)],
    })),
  ])

const value = fc.integer({ min: 0, max: 9 })

/** Conditions by type; each draws one search parameter with its value. */
const CONDITIONS: Readonly<Record<string, readonly fc.Arbitrary<string>[]>> = {
  Observation: [
    code.map((c) => `code=${c}`),
    code.map((c) => `code=urn:codes|${c}`),
    code.map((c) => `code:not=${c}`),
    fc.constantFrom('code:missing=true', 'performer:missing=true', 'performer:missing=false'),
    patientId.map((id) => `patient=${id}`),
    patientId.map((id) => `performer=Patient/${id}`),
    fc.constantFrom(...NAMES).map((name) => `subject:Patient.name=${name}`),
    fc.constantFrom(...NAMES).map((name) => `encounter.subject:Patient.family=${name}`),
    code.map((c) => `_has:DiagnosticReport:result:code=${c}`),
    value.map((n) => `value-quantity=gt${n}`),
    value.map((n) => `value-quantity=le${n}|http://unitsofmeasure.org|mg`),
    fc.integer({ min: 10, max: 28 }).map((day) => `date=ge2024-05-${day}`),
    fc.integer({ min: 10, max: 28 }).map((day) => `date=ne2024-05-${day}`),
    fc.tuple(code, value).map(([c, n]) => `code-value-quantity=${c}$ge${n}`),
    fc.constantFrom('_id=o0', '_id=o1,o2', '_id:not=o0', 'status=final', 'status:not=final', 'category=lab'),
  ],
  Patient: [
    fc.constantFrom(...NAMES).map((name) => `name=${name}`),
    code.map((c) => `_has:Observation:patient:code=${c}`),
    code.map((c) => `_has:Observation:performer:code=${c}`),
    value.map((n) => `_has:Observation:subject:value-quantity=gt${n}`),
    code.map((c) => `_has:Encounter:subject:_has:Condition:encounter:code=${c}`),
    fc.constantFrom(
      'gender:missing=true',
      'gender:missing=false',
      'organization:Organization.name=むすび病院',
    ),
  ],
  Encounter: [
    code.map((c) => `_has:Condition:encounter:code=${c}`),
    code.map((c) => `_has:Observation:encounter:code:not=${c}`),
    fc.constantFrom(...NAMES).map((name) => `patient.name=${name}`),
    fc.constant('service-provider=Organization/org'),
  ],
  Organization: [fc.constant('_has:Patient:organization:gender=male'), fc.constant('name=むすび')],
  Condition: [
    code.map((c) => `code=${c}`),
    code.map((c) => `encounter._has:Observation:encounter:code=${c}`),
  ],
}

const INCLUDES: Readonly<Record<string, readonly string[]>> = {
  Observation: [
    '_include=Observation:subject',
    '_include=Observation:performer',
    '_include=*',
    '_revinclude=DiagnosticReport:result',
    '_include=Observation:encounter&_include:iterate=Encounter:service-provider',
  ],
  Patient: [
    '_revinclude=Observation:subject',
    '_revinclude=Observation:performer',
    '_revinclude=Encounter:subject&_revinclude:iterate=Condition:encounter',
    '_include=Patient:organization',
  ],
  Encounter: [
    '_revinclude=Observation:encounter&_include:iterate=Observation:performer',
    '_include=Encounter:subject',
  ],
  Organization: ['_revinclude=Patient:organization&_revinclude:iterate=Observation:patient'],
  Condition: ['_include=Condition:encounter&_revinclude:iterate=Observation:encounter'],
}

const SORTS: Readonly<Record<string, readonly string[]>> = {
  Observation: [
    '_sort=date',
    '_sort=-date,value-quantity',
    '_sort=-value-quantity',
    '_sort=patient',
    '_sort=-_id',
  ],
  Patient: ['_sort=family', '_sort=-gender', '_sort=-_id'],
  Encounter: ['_sort=-_id'],
  Organization: ['_sort=name'],
  Condition: ['_sort=-code'],
}

function search(type: string): fc.Arbitrary<string> {
  const maybe = (choices: readonly string[]) => fc.option(fc.constantFrom(...choices), { nil: '' })
  return fc
    .tuple(
      fc.array(fc.oneof(...CONDITIONS[type]!), { maxLength: 3 }),
      maybe(INCLUDES[type]!),
      maybe(SORTS[type]!),
      maybe(['_total=accurate', '_summary=count']),
      maybe(['_count=1', '_count=2', '_count=3']),
    )
    .map(([conditions, ...rest]) => `${type}?${[...conditions, ...rest].filter(Boolean).join('&')}`)
}

const IDS = [
  'Patient/p0',
  'Patient/p1',
  'Observation/o0',
  'Observation/o1',
  'Condition/c0',
  'Encounter/e1',
  'Organization/org',
  'Observation/none',
]

/** Draws one GET: a search, read, history or compartment search, relative to the base. */
export const request: fc.Arbitrary<string> = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...Object.keys(CONDITIONS)).chain(search) },
  { weight: 1, arbitrary: fc.constantFrom(...IDS) },
  { weight: 1, arbitrary: fc.constantFrom(...IDS).map((id) => `${id}/_history`) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      'Observation/_history',
      '_history',
      'Patient/p0/Observation',
      'Patient/p1/*',
      'Patient/p1/Condition?_total=accurate',
      '?_type=Observation,Patient&_total=accurate',
    ),
  },
  {
    weight: 3,
    arbitrary: fc.constantFrom(
      'Patient/p0/$everything',
      'Patient/p1/$everything',
      'Observation/$lastn?patient=p0&category=lab',
      'Observation/$lastn?patient=p1&code=a',
      'Patient/p1/$everything?_count=2',
      'Patient/$everything?_count=3',
      'Encounter/e1/$everything',
      'Observation/$stats?subject=Patient/p0&code=a&statistic=count,average&include=true',
      'Observation/$meta',
    ),
  },
)

/** Scopes under which a world is looked at, with what else the token carries. */
export const VIEWS: readonly (readonly [scope: string, grant: object])[] = [
  ['patient/*.rs', { subject: 'Patient/p0', patient: 'p0' }],
  ['patient/*.rs', { subject: 'Patient/p2', patient: 'p2' }],
  [
    'patient/Observation.rs patient/Patient.rs patient/Encounter.rs',
    { subject: 'Patient/p1', patient: 'p1' },
  ],
  [
    'system/Observation.rs?category=lab system/Patient.rs system/DiagnosticReport.rs system/Encounter.rs system/Condition.rs system/Organization.rs',
    {},
  ],
  [
    'system/Patient.rs?gender=male system/Observation.rs system/Encounter.rs system/DiagnosticReport.rs system/Condition.rs?code=a system/Organization.rs',
    {},
  ],
  ['user/*.rs', { subject: 'Patient/p1' }],
]
