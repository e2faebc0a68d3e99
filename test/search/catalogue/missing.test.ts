// `:missing` of each type of parameter, and resources that lack what is searched. https://hl7.org/fhir/R4/search.html#missing
import { openCatalogue, refused } from '../../support/naive-search.ts'

const observation = (id: string, more: object = {}) => ({
  resourceType: 'Observation',
  id,
  status: 'final',
  code: { text: 'x' },
  ...more,
})
const unknown = [{ url: 'http://hl7.org/fhir/StructureDefinition/data-absent-reason', valueCode: 'unknown' }]

const { check } = await openCatalogue([
  observation('bare'),
  observation('full', {
    effectiveDateTime: '2020',
    valueQuantity: { value: 1 },
    category: [{ coding: [{ code: 'lab' }] }],
    subject: { reference: 'Patient/full' },
    specimen: { display: 'a tube' },
    interpretation: undefined,
  }),
  observation('ranged', {
    effectivePeriod: { start: '2020' },
    component: [{ code: { text: 'y' }, valueQuantity: { value: 3, comparator: '<' } }],
    category: [{ text: 'by words alone' }],
    subject: { reference: 'Patient/bare' },
  }),
  observation('compared', {
    valueQuantity: { value: 5, comparator: '>' },
    category: [{ coding: [{ display: 'shown' }] }],
  }),
  { resourceType: 'Patient', id: 'bare' },
  {
    resourceType: 'Patient',
    id: 'full',
    name: [{ family: 'A' }],
    active: false,
    birthDate: '1950',
    address: [{ city: 'B' }],
    generalPractitioner: [{ display: 'somebody' }],
  },
  { resourceType: 'Patient', id: 'absent', _birthDate: { extension: unknown } },
  { resourceType: 'ValueSet', id: 'named', status: 'active', url: 'http://a.example/v' },
  { resourceType: 'ValueSet', id: 'unnamed', status: 'active' },
  {
    resourceType: 'RiskAssessment',
    id: 'number',
    status: 'final',
    subject: { reference: 'Patient/full' },
    prediction: [{ probabilityDecimal: 0 }],
  },
  {
    resourceType: 'RiskAssessment',
    id: 'numberless',
    status: 'final',
    subject: { reference: 'Patient/full' },
  },
])

check('every type of parameter can be missing', [
  ['Observation?date:missing=true', 'bare compared'],
  ['Observation?date:missing=false', 'full ranged'],
  ['Observation?value-quantity:missing=true', 'bare ranged'],
  ['Observation?value-quantity:missing=false', 'full compared'],
  ['Observation?combo-value-quantity:missing=false', 'full compared ranged'],
  ['Observation?component-value-quantity:missing=false', 'ranged'],
  ['Observation?category:missing=true', 'bare'],
  ['Observation?subject:missing=true', 'bare compared'],
  ['Observation?patient:missing=false', 'full ranged'],
  ['Observation?specimen:missing=false', 'full'],
  ['Observation?code:missing=true', ''],
  ['Patient?family:missing=true', 'bare absent'],
  ['Patient?name:missing=false', 'full'],
  ['Patient?active:missing=false', 'full'],
  ['Patient?active:missing=true', 'bare absent'],
  ['Patient?address-city:missing=false', 'full'],
  ['Patient?general-practitioner:missing=false', 'full'],
  ['Patient?birthdate:missing=false', 'full'],
  ['ValueSet?url:missing=false', 'named'],
  ['ValueSet?url:missing=true', 'unnamed'],
  ['RiskAssessment?probability:missing=false', 'number'],
  ['RiskAssessment?probability:missing=true', 'numberless'],
])

check('what every resource has is never missing', [
  ['Patient?_id:missing=true', ''],
  ['Patient?_id:missing=false', 'bare full absent'],
  ['Patient?_tag:missing=true', 'bare full absent'],
])

check(':missing meets other conditions, chains and _has', [
  ['Observation?date:missing=false&value-quantity:missing=true', 'ranged'],
  ['Observation?subject:Patient.birthdate:missing=true', 'ranged'],
  ['Patient?_has:Observation:subject:value-quantity:missing=true', 'bare'],
  ['Patient/full/Observation?value-quantity:missing=false', 'full'],
  ['Patient/full/Observation?value-quantity:missing=true', ''],
])

check('its value is true or false', [
  ['Observation?date:missing=yes', refused('date')],
  ['Observation?date:missing=', refused('date')],
  ['Observation?date:missing=true,false', refused('date')],
  ['Observation?nothing:missing=true', refused('nothing')],
])
