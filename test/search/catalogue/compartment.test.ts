// Compartment searches and searches of several types, case by case. https://hl7.org/fhir/R4/compartmentdefinition.html
import t from 'tap'
import { idsOf, openCatalogue, refused } from '../../support/naive-search.ts'

const ref = (reference: string) => ({ reference })
const observation = (id: string, more: object) => ({
  resourceType: 'Observation',
  id,
  status: 'final',
  code: { coding: [{ code: 'x' }] },
  ...more,
})

const { call, check } = await openCatalogue([
  { resourceType: 'Patient', id: 'p', generalPractitioner: [ref('Practitioner/dr')] },
  { resourceType: 'Patient', id: 'q', link: [{ other: ref('Patient/p'), type: 'seealso' }] },
  { resourceType: 'Practitioner', id: 'dr' },
  observation('subject', { subject: ref('Patient/p'), encounter: ref('Encounter/e') }),
  observation('performer', { performer: [ref('Patient/p')] }),
  observation('focus', { focus: [ref('Patient/p')], subject: ref('Patient/q') }),
  observation('both', { subject: ref('Patient/q'), performer: [ref('Patient/p'), ref('Practitioner/dr')] }),
  observation('foreign', { subject: ref('https://other.example/fhir/Patient/p') }),
  {
    resourceType: 'Condition',
    id: 'asserted',
    subject: ref('Patient/q'),
    asserter: ref('Patient/p'),
  },
  {
    resourceType: 'Appointment',
    id: 'actor',
    status: 'proposed',
    participant: [{ actor: ref('Patient/p'), status: 'accepted' }],
  },
  {
    resourceType: 'Group',
    id: 'member',
    type: 'person',
    actual: true,
    member: [{ entity: ref('Patient/p') }],
  },
  {
    resourceType: 'Encounter',
    id: 'e',
    status: 'finished',
    class: { code: 'AMB' },
    subject: ref('Patient/p'),
    participant: [{ individual: ref('Practitioner/dr') }],
  },
  { resourceType: 'Organization', id: 'org', name: 'x' },
])

check('a resource is in the compartment by every parameter of its definition, and by no other', [
  ['Patient/p/Observation', 'subject performer both'],
  ['Patient/q/Observation', 'focus both'],
  ['Patient/p/Condition', 'asserted'],
  ['Patient/q/Condition', 'asserted'],
  ['Patient/p/Appointment', 'actor'],
  ['Patient/p/Group', 'member'],
  ['Patient/p/Patient', 'p q'],
  ['Patient/none/Observation', ''],
])

check('other compartments are asked by their own parameters', [
  ['Practitioner/dr/Observation', 'both'],
  ['Practitioner/dr/Encounter', 'e'],
  ['Practitioner/dr/Patient', 'p'],
  ['Encounter/e/Observation', 'subject'],
  ['Encounter/e/Encounter', 'e'],
])

check('parameters narrow, of all types as of one', [
  ['Patient/p/Observation?code=x&performer=Practitioner/dr', 'both'],
  ['Patient/p/Observation?subject:missing=true', 'performer'],
  ['Patient/p/Observation?code=y', ''],
  ['Patient/p/*', 'p q subject performer both asserted actor member e'],
  ['Patient/p/*?_type=Observation,Encounter', 'subject performer both e'],
  ['Patient/p/*?_id=e', 'e'],
])

check('a type outside of the compartment is an error and not everything', [
  ['Patient/p/Organization', refused('Organization')],
  ['Patient/p/Practitioner', refused('Practitioner')],
  ['Encounter/e/Patient', refused('Patient')],
])

check('of all types, those that _type names', [
  ['?_type=Observation&code=x', 'subject performer focus both foreign'],
  ['?_type=Patient,Practitioner', 'p q dr'],
  ['?_type=Patient,Encounter&_id=e,p', 'p e'],
  ['?_id=org', 'org'],
  ['?_type=Patient,Organization&_type=Patient', 'p q'],
  ['?_type=Nothing', refused('Nothing')],
  ['?_type=Patient,Nothing', refused('Nothing')],
  ['?_type=Patient,Observation&code=x', refused('code')],
  ['?code=x', refused('code')],
  ['?_type=Observation,Encounter&subject=Patient/p', 'subject e'],
])

t.test('includes go with a compartment search', async (t) => {
  const { body } = await call('GET', 'Patient/q/Observation?_include=Observation:performer')
  t.same(idsOf(body, 'include').toSorted(), ['dr', 'p'])
})

t.test('what is no compartment is no address', async (t) => {
  t.equal((await call('GET', 'Organization/org/Observation')).status, 404)
})
