// Small random R4 records of three people, with labels, references and dates, to be read as facets. https://hl7.org/fhir/R4/resourcelist.html
import fc from 'fast-check'
import type { Resource } from '../../src/fhir/resource.ts'
import { toLabel } from './consent.ts'

const pick = <T>(...values: readonly T[]) => fc.constantFrom(...values)
const reference = (text: string) => ({ reference: text })
const LOINC = ['718-7', '75622-1']
const concept = (code: string) => ({
  coding: [{ system: code === 'E11' ? 'http://hl7.org/fhir/sid/icd-10' : 'http://loinc.org', code }],
})

const code = pick(...LOINC, 'E11').map(concept)
const date = pick('2021', '2022-03', '2022-03-15', '2022-03-15T09:00:00+09:00', '2023-01-01')
const period = fc.record({ start: date, end: date }, { requiredKeys: [] })
const patient = pick('Patient/p1', 'Patient/p1', 'Patient/p1', 'Patient/p2', 'Patient/p3').map(reference)
const performer = pick('Practitioner/dr1', 'Organization/hospB', 'Patient/p1', 'Patient/p2').map(reference)
const performers = fc.array(performer, { maxLength: 1 })
const encounter = pick('Encounter/e1', 'Encounter/e2').map(reference)
const labels = fc
  .uniqueArray(pick('PSY', 'HIV', 'SDV', 'ETH', 'L', 'N', 'R', 'V'), { maxLength: 2 })
  .map((codes) => codes.map(toLabel))
const INDICATION = 'http://jpfhir.jp/fhir/clins/CodeSystem/JP_ehrshrs_indication'
const tag = pick([], [], [], [{ system: INDICATION, code: 'UNINFORMED' }])
const profile = pick(
  [],
  [],
  ['http://example.org/a'],
  ['http://example.org/a|1.0'],
  ['http://example.org/ab'],
)
const meta = fc.record({ security: labels, tag, profile })

type Elements = Readonly<Record<string, fc.Arbitrary<unknown>>>

/** Draws resources of one type; every element but the subject and `meta` may be missing. */
function draw(resourceType: string, id: string, elements: Elements, subject = 'subject') {
  const always = { resourceType: fc.constant(resourceType), id: fc.constant(id), meta, [subject]: patient }
  return fc
    .record({ ...always, ...elements }, { requiredKeys: ['resourceType', 'id', 'meta'] })
    .map(
      (drawn): Resource =>
        (drawn[subject] ? drawn : { ...drawn, [subject]: reference('Patient/p1') }) as Resource,
    )
}

const medication = fc.constant([{ resourceType: 'Medication', id: 'm', code: concept('75622-1') }])
const component = fc.array(code, { maxLength: 1 }).map((codes) => codes.map((each) => ({ code: each })))
const observation = (id: string) =>
  draw('Observation', id, { code, component, performer: performers, encounter, effectiveDateTime: date })
const section = pick(['Observation/o1'], ['Condition/c1', 'Observation/o2'], []).map((refs) => [
  { code: concept('718-7'), entry: refs.map(reference) },
])

/** Draws one record: one or two resources of each type, referring to each other. */
export const record: fc.Arbitrary<readonly Resource[]> = fc.tuple(
  observation('o1'),
  observation('o2'),
  draw('Condition', 'c1', { code, encounter, recorder: performer, onsetPeriod: period, recordedDate: date }),
  draw('DiagnosticReport', 'r1', {
    code,
    result: pick([], [reference('Observation/o1')]),
    effectivePeriod: period,
    resultsInterpreter: performers,
  }),
  draw('Encounter', 'e1', { type: fc.array(code, { maxLength: 1 }), period }),
  draw('MedicationRequest', 'm1', {
    contained: medication,
    medicationReference: fc.constant(reference('#m')),
    authoredOn: date,
    reasonReference: pick([], [reference('Condition/c1')]),
    requester: performer,
  }),
  draw('Composition', 'd1', { type: code, date, section, author: performers }),
  draw('Group', 'g1', { member: pick([{ entity: reference('Patient/p2') }], []) }, 'managingEntity'),
  draw(
    'Provenance',
    'v1',
    {
      target: pick([reference('Observation/o1')], [reference('Condition/c1'), reference('Encounter/e1')]),
      agent: performer.map((who) => [{ who }]),
      recorded: fc.constant('2022-03-15T09:00:00+09:00'),
    },
    'patient',
  ),
)
