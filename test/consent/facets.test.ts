// What of a resource a consent can speak about: the published tables, on resources written by hand and on R4's own. https://hl7.org/fhir/R4/resourcelist.html
import t from 'tap'
import { AUTHOR_ELEMENTS, CLINICAL_DATE, PRIMARY_CODE } from '../../src/consent/facet-table.ts'
import type { Facets } from '../../src/consent/facets.ts'
import { createFaceter, toFacetEntries } from '../../src/consent/facets-of.ts'
import { loadDefinitions } from '../../src/fhir/definitions.ts'
import type { Resource } from '../../src/fhir/resource.ts'
import { createIndexer } from '../../src/search/index-values.ts'
import { toLabel, vocabulary } from '../support/consent.ts'
import { examplesMissing, officialExamples } from '../support/examples.ts'

const definitions = loadDefinitions()
const SETTINGS = { timeZone: 'Asia/Tokyo', baseUrl: 'http://localhost/fhir' }
const index = createIndexer(definitions, SETTINGS)
const toFacets = createFaceter(definitions, vocabulary, SETTINGS)

function facetsOf(resource: object, source?: string): Facets {
  const whole = { id: 'x', ...resource } as Resource
  return toFacets(whole, index(whole), source)
}

const LOINC = 'http://loinc.org'
const SEPARATOR = '\u0001'
const coding = (code: string) => ({ system: LOINC, code })
const concept = (...codes: string[]) => ({ coding: codes.map(coding) })
const keys = (...codes: string[]) => codes.map((code) => `${code}${SEPARATOR}${LOINC}`)
const reference = (text: string) => ({ reference: text })
const at = (text: string) => Date.parse(text)

/** One row: what the resource shows, the resource, and the facets it must have. */
type Row = readonly [title: string, resource: object, expected: object]

const TABLES: Readonly<Record<string, readonly Row[]>> = {
  'M8 (types within)': [
    ['a resource alone holds none', { resourceType: 'Observation' }, { holds: [] }],
    [
      'a contained resource',
      { resourceType: 'MedicationRequest', contained: [{ resourceType: 'Medication', id: 'm' }] },
      { holds: ['Medication'] },
    ],
    [
      'an entry of a Bundle',
      { resourceType: 'Bundle', type: 'document', entry: [{ resource: { resourceType: 'Condition' } }] },
      { holds: ['Condition'] },
    ],
    [
      'what the sections of a Composition refer to, nested ones too',
      {
        resourceType: 'Composition',
        section: [
          { entry: [reference('Condition/1')], section: [{ entry: [reference('Observation/2')] }] },
          { entry: [{ type: 'Procedure', identifier: { value: '3' } }] },
        ],
      },
      { holds: ['Condition', 'Observation', 'Procedure'] },
    ],
    [
      'profiles as they are claimed',
      { resourceType: 'Observation', meta: { profile: ['http://example.org/a|1.0'] } },
      { profiles: ['http://example.org/a|1.0'] },
    ],
  ],
  'M9 (primary code, and codings anywhere else)': [
    [
      'code of an Observation',
      { resourceType: 'Observation', code: concept('1') },
      { codes: keys('1'), codings: [] },
    ],
    ['every coding of it', { resourceType: 'Condition', code: concept('1', '2') }, { codes: keys('1', '2') }],
    [
      'a component',
      { resourceType: 'Observation', code: concept('1'), component: [{ code: concept('2') }] },
      { codes: keys('1'), codings: keys('2') },
    ],
    [
      'a contained resource',
      { resourceType: 'Observation', contained: [{ resourceType: 'Specimen', type: concept('2') }] },
      { codes: [], codings: keys('2') },
    ],
    ['a tag', { resourceType: 'Observation', meta: { tag: [coding('2')] } }, { codings: keys('2') }],
    [
      'the value of an extension',
      { resourceType: 'Condition', extension: [{ url: 'urn:x', valueCoding: coding('2') }] },
      { codings: keys('2') },
    ],
    [
      'medication of a MedicationRequest',
      {
        resourceType: 'MedicationRequest',
        medicationCodeableConcept: concept('1'),
        reasonCode: [concept('2')],
      },
      { codes: keys('1'), codings: keys('2') },
    ],
    [
      'type and class of an Encounter',
      { resourceType: 'Encounter', type: [concept('1')], class: coding('2') },
      { codes: keys('1', '2'), codings: [] },
    ],
    [
      'vaccine of an Immunization',
      { resourceType: 'Immunization', vaccineCode: concept('1') },
      { codes: keys('1') },
    ],
    ['type of a Composition', { resourceType: 'Composition', type: concept('1') }, { codes: keys('1') }],
    [
      'a text alone is no code',
      { resourceType: 'Observation', code: { text: '1' } },
      { codes: [], codings: [] },
    ],
  ],
  'M14 (when the care took place)': [
    ['undated', { resourceType: 'Observation' }, { when: undefined }],
    [
      'a day, in Tokyo',
      { resourceType: 'Observation', effectiveDateTime: '2022-03-15' },
      { when: { from: at('2022-03-15T00:00:00+09:00'), to: at('2022-03-15T23:59:59.999+09:00') } },
    ],
    [
      'a month',
      { resourceType: 'Observation', effectiveDateTime: '2022-02' },
      { when: { from: at('2022-02-01T00:00:00+09:00'), to: at('2022-02-28T23:59:59.999+09:00') } },
    ],
    [
      'a year',
      { resourceType: 'Observation', effectiveDateTime: '2022' },
      { when: { from: at('2022-01-01T00:00:00+09:00'), to: at('2022-12-31T23:59:59.999+09:00') } },
    ],
    [
      'a time of day is that instant (Q36)',
      { resourceType: 'Observation', effectiveDateTime: '2022-03-15T09:00:00Z' },
      { when: { from: at('2022-03-15T09:00:00Z'), to: at('2022-03-15T09:00:00Z') } },
    ],
    [
      'a Period, both ends within',
      { resourceType: 'Encounter', period: { start: '2022-03-15', end: '2022-03-16' } },
      { when: { from: at('2022-03-15T00:00:00+09:00'), to: at('2022-03-16T23:59:59.999+09:00') } },
    ],
    [
      'when it was written down, where nothing else is said',
      { resourceType: 'Condition', recordedDate: '2022-03-15' },
      { when: { from: at('2022-03-15T00:00:00+09:00'), to: at('2022-03-15T23:59:59.999+09:00') } },
    ],
    [
      'the care rather than the writing down',
      { resourceType: 'Condition', onsetDateTime: '2021-01-01T00:00:00Z', recordedDate: '2022-03-15' },
      { when: { from: at('2021-01-01T00:00:00Z'), to: at('2021-01-01T00:00:00Z') } },
    ],
    ['an empty Period says nothing', { resourceType: 'Encounter', period: {} }, { when: undefined }],
    [
      'a Patient has no time of care',
      { resourceType: 'Patient', birthDate: '1980-01-01' },
      { when: undefined },
    ],
  ],
  'M16 (what it refers to)': [
    [
      'relative references, also deep within',
      {
        resourceType: 'Observation',
        encounter: reference('Encounter/1'),
        hasMember: [reference('Observation/2')],
        extension: [{ url: 'urn:x', valueReference: reference('Condition/3') }],
      },
      { refs: ['Encounter/1', 'Observation/2', 'Condition/3'] },
    ],
    [
      'absolute ones on our own base, any version',
      { resourceType: 'Observation', encounter: reference('http://localhost/fhir/Encounter/1/_history/2') },
      { refs: ['Encounter/1'] },
    ],
    [
      'never another server, nor what is contained',
      {
        resourceType: 'Observation',
        encounter: reference('http://elsewhere.example/fhir/Encounter/1'),
        contained: [{ resourceType: 'Device', id: 'd' }],
        device: reference('#d'),
      },
      { refs: [] },
    ],
  ],
  'M17 (authors and source)': [
    [
      'performer of an Observation',
      {
        resourceType: 'Observation',
        subject: reference('Patient/p'),
        performer: [reference('Practitioner/1')],
      },
      { authors: ['Practitioner/1'] },
    ],
    [
      'actor of a performer of a Procedure',
      { resourceType: 'Procedure', performer: [{ actor: reference('Practitioner/1') }] },
      { authors: ['Practitioner/1'] },
    ],
    [
      'recorder and asserter of a Condition',
      { resourceType: 'Condition', recorder: reference('Practitioner/1'), asserter: reference('Patient/p') },
      { authors: ['Practitioner/1', 'Patient/p'] },
    ],
    [
      'author of a Composition',
      {
        resourceType: 'Composition',
        author: [reference('Organization/1')],
        encounter: reference('Encounter/1'),
      },
      { authors: ['Organization/1'] },
    ],
    [
      'nobody where none is named',
      { resourceType: 'Observation', subject: reference('Patient/p') },
      { authors: [] },
    ],
  ],
  'K8 (flags of JP-CLINS, with one slash or two)': [
    ...['http://jpfhir.jp', 'http:/jpfhir.jp'].map((host): Row => {
      const tag = [{ system: `${host}/fhir/clins/CodeSystem/JP_ehrshrs_indication`, code: 'UNINFORMED' }]
      return [
        host,
        { resourceType: 'Condition', meta: { tag } },
        { isUninformed: true, isUndelivered: false },
      ]
    }),
    [
      'UNDELIVERED',
      {
        resourceType: 'Condition',
        meta: {
          tag: [
            { system: 'http://jpfhir.jp/fhir/clins/CodeSystem/JP_ehrshrs_indication', code: 'UNDELIVERED' },
          ],
        },
      },
      { isUninformed: false, isUndelivered: true },
    ],
    [
      'the code in another system is no flag',
      { resourceType: 'Condition', meta: { tag: [{ system: 'urn:other', code: 'UNINFORMED' }] } },
      { isUninformed: false },
    ],
  ],
  'LI1 (what is sensitive is at least restricted)': [
    ...(
      [
        [['PSY'], 4, ['PSY']],
        [['PSY', 'N'], 4, ['PSY']],
        [['HIV', 'V'], 5, ['HIV']],
        [['R'], 4, []],
        [['L'], 1, []],
        [['L', 'R'], 4, []],
      ] as const
    ).map(([codes, confidentiality, sensitivity]): Row => {
      const meta = { security: codes.map(toLabel) }
      return [
        codes.join(),
        { resourceType: 'Condition', meta },
        { confidentiality, sensitivity: [...sensitivity] },
      ]
    }),
  ],
}

for (const [table, rows] of Object.entries(TABLES))
  t.test(table, async (t) => {
    for (const [title, resource, expected] of rows) {
      const facets = facetsOf(resource)
      const found = Object.fromEntries(
        Object.keys(expected).map((name) => [name, facets[name as keyof Facets]]),
      )
      t.strictSame(found, expected, title)
    }
  })

t.test('the patients of a resource are those whose compartment it is in, performers too', async (t) => {
  const observation = {
    resourceType: 'Observation',
    subject: reference('Patient/p'),
    performer: [reference('Patient/q')],
    focus: [reference('Patient/r')],
  }
  t.same(facetsOf(observation).patients.toSorted(), ['Patient/p', 'Patient/q'])
  t.same(facetsOf({ resourceType: 'Patient' }).patients, ['Patient/x'])
  t.same(facetsOf({ resourceType: 'Task', for: reference('Patient/p') }).patients, ['Patient/p'])
  t.same(facetsOf({ resourceType: 'Organization' }).patients, [])
})

t.test(
  'every official example has facets, and entries that are intervals',
  { skip: examplesMissing },
  async (t) => {
    const wrong: string[] = []
    for (const { file, resource } of officialExamples()) {
      const facets = toFacets(resource, index(resource), 'Organization/1')
      const isInterval = toFacetEntries(facets).every(({ lo, hi }) => typeof lo === typeof hi && lo <= hi)
      if (!isInterval || facets.type !== resource.resourceType) wrong.push(file)
    }
    t.same(wrong, [])
  },
)

const upper = (type: string) => `${type[0]!.toUpperCase()}${type.slice(1)}`

/** Types an element of the top level can have, a choice by its written name; none: R4 has no such element. */
function typesOf(type: string, name: string): readonly string[] {
  return definitions.elements(type).flatMap(({ path, types }) => {
    if (path === `${type}.${name}`) return types
    const choice = path.endsWith('[x]') ? path.slice(0, -'[x]'.length) : undefined
    return types.filter((each) => choice && `${choice}${upper(each)}` === `${type}.${name}`)
  })
}

const DATES = ['date', 'dateTime', 'instant', 'Period']

t.test('every element of the tables is one of R4, of a type that fits', async (t) => {
  for (const [type, names] of Object.entries(CLINICAL_DATE))
    for (const name of names)
      t.ok(
        typesOf(type, name).some((each) => DATES.includes(each)),
        `${type}.${name} is a date`,
      )
  for (const [type, names] of Object.entries(PRIMARY_CODE))
    for (const name of names)
      t.ok(
        typesOf(type, name).some((each) => each === 'CodeableConcept' || each === 'Coding'),
        `${type}.${name} is a code`,
      )
})

t.test('every author element is one of R4', async (t) => {
  const names = new Set(
    definitions.resourceTypes.flatMap((type) =>
      definitions.elements(type).map(({ path }) => path.slice(path.lastIndexOf('.') + 1)),
    ),
  )
  for (const name of AUTHOR_ELEMENTS) t.ok(names.has(name), name)
})

/** Types of the Patient compartment that have dates and are undated all the same. */
const UNDATED: Readonly<Record<string, string>> = {
  Appointment: 'a plan, not care that took place',
  AppointmentResponse: 'a plan, not care that took place',
  AuditEvent: 'of the record, not of the care',
  Basic: 'may mean anything',
  Consent: 'of the record, not of the care',
  EnrollmentRequest: 'of insurance, not of care',
  Patient: 'dates of a life, not of care',
  Person: 'dates of a life, not of care',
  RelatedPerson: 'dates of a life, not of care',
  Schedule: 'a plan, not care that took place',
  Specimen: 'when a laboratory received it; when it was taken stands below collection',
}

t.test(
  'every type of the Patient compartment that has a date is in the table, or has a reason',
  async (t) => {
    for (const type of definitions.resourceTypes) {
      const isIn = type === 'Patient' || (definitions.compartment('Patient', type)?.length ?? 0) > 0
      const isDated = definitions
        .elements(type)
        .some(({ path, types }) => path.split('.').length === 2 && types.some((each) => DATES.includes(each)))
      if (isIn && isDated) t.not(type in CLINICAL_DATE, type in UNDATED, type)
    }
    t.same(
      Object.keys(UNDATED).filter((type) => !definitions.isResourceType(type)),
      [],
    )
  },
)
