// What $everything asks for. https://hl7.org/fhir/R4/patient-operation-everything.html
import t from 'tap'
import { loadDefinitions } from '../../src/fhir/definitions.ts'
import {
  buildEverything,
  clinicalDate,
  compartmentTypes,
  type Everything,
  supportIncludes,
} from '../../src/operations/everything/query.ts'
import { evaluate } from '../../src/search/evaluate.ts'
import type { IndexEntry } from '../../src/search/query.ts'

const definitions = loadDefinitions()
const whereOf = (type: string, asked: Partial<Everything> = {}) =>
  buildEverything(definitions, { compartment: 'Patient', id: 'p', count: 10, ...asked }).select.find(
    (each) => each.type === type,
  )?.where
const at = (param: string, lo: string | number, hi = lo): IndexEntry => ({ param, lo, hi })
const holds = (type: string, entries: readonly IndexEntry[], asked?: Partial<Everything>) =>
  evaluate(whereOf(type, asked)!, type, entries)

t.test('the types are those of the CompartmentDefinition and its own', async (t) => {
  const patient = compartmentTypes(definitions, 'Patient')
  t.equal(patient.length, 66)
  t.ok(patient.includes('Patient'))
  t.notOk(patient.includes('Organization'))
  t.notOk(compartmentTypes(definitions, 'Encounter').includes('Patient'))
})

t.test('a resource belongs to a record by its compartment, the Patient by its id', async (t) => {
  t.ok(holds('Observation', [at('_compartment', 'Patient/p')]))
  t.notOk(holds('Observation', [at('_compartment', 'Patient/q')]))
  t.ok(holds('Patient', [at('_id', 'p')]))
  t.notOk(holds('Patient', [at('_id', 'q'), at('link', 'Patient/p')]), 'links are not followed')
})

t.test('an Encounter holds what refers to it by a parameter of its compartment', async (t) => {
  const encounter = { compartment: 'Encounter', id: 'e' } as const
  t.ok(holds('Observation', [at('encounter', 'Encounter/e')], encounter))
  t.notOk(holds('Observation', [at('focus', 'Encounter/e')], encounter))
  t.ok(holds('Encounter', [at('_id', 'e')], encounter))
})

t.test('start and end choose what overlaps them, where the type tells when care took place', async (t) => {
  const member = at('_compartment', 'Patient/p')
  const asked = { start: { start: 100, end: 200 }, end: { start: 300, end: 400 } }
  const within = (lo: number, hi: number) => holds('Encounter', [member, at('date', lo, hi)], asked)
  t.same(
    [within(50, 100), within(50, 101), within(150, 160), within(399, 500), within(400, 500)],
    [false, true, true, true, false],
  )
  t.ok(holds('Coverage', [member], asked), 'a type without such a date is returned')
  t.notOk(holds('Encounter', [member], asked), 'what has no date is not known to be of that time')
  t.ok(holds('Patient', [at('_id', 'p')], asked), 'the Patient is returned')
})

t.test('_since asks when a resource was written', async (t) => {
  const since = (lo: number) =>
    holds('Observation', [at('_compartment', 'Patient/p'), at('_lastUpdated', lo)], { since: 50 })
  t.same([since(49), since(50), since(51)], [false, true, true])
})

t.test('_type leaves the other types out, of matches and of includes', async (t) => {
  const { select, includes } = buildEverything(definitions, {
    compartment: 'Patient',
    id: 'p',
    count: 10,
    types: ['Encounter', 'Practitioner'],
  })
  t.same(
    select.map(({ type }) => type),
    ['Encounter'],
  )
  const targets = new Set(includes.flatMap((include) => include.targets.map(({ type }) => type)))
  t.same([...targets], ['Practitioner'])
})

t.test('what supports a record lies outside the compartment, and no Group names other people', async (t) => {
  const includes = supportIncludes(definitions, 'Patient', () => true)
  const targets = new Set(includes.flatMap((include) => include.targets.map(({ type }) => type)))
  for (const type of ['Practitioner', 'Organization', 'Location', 'Medication', 'Device'])
    t.ok(targets.has(type), type)
  for (const type of ['Patient', 'Observation', 'Group']) t.notOk(targets.has(type), type)
})

t.test('a date of birth is no date of care', async (t) => {
  t.equal(clinicalDate(definitions, 'Patient'), undefined)
  t.equal(clinicalDate(definitions, 'MedicationAdministration'), 'effective-time')
  t.equal(clinicalDate(definitions, 'Condition'), 'onset-date')
})
