// Composite searches, case by case: parts hold of one element. https://hl7.org/fhir/R4/search.html#composite
import { openCatalogue, refused } from '../../support/naive-search.ts'

const LOINC = 'http://loinc.org'
const UCUM = 'http://unitsofmeasure.org'
const loinc = (code: string) => ({ coding: [{ system: LOINC, code }] })
const mmHg = (value: number) => ({ value, unit: 'mmHg', system: UCUM, code: 'mm[Hg]' })

const observation = (id: string, code: string, more: object) => ({
  resourceType: 'Observation',
  id,
  status: 'final',
  code: loinc(code),
  ...more,
})
const pressure = (id: string, systolic: number, diastolic: number) =>
  observation(id, '85354-9', {
    component: [
      { code: loinc('8480-6'), valueQuantity: mmHg(systolic) },
      { code: loinc('8462-4'), valueQuantity: mmHg(diastolic) },
    ],
  })
const document = (id: string, ...relatesTo: object[]) => ({
  resourceType: 'DocumentReference',
  id,
  status: 'current',
  content: [{ attachment: { url: 'http://example.org/a' } }],
  relatesTo,
})
const variant = (id: string, chromosome: string, ...variants: object[]) => ({
  resourceType: 'MolecularSequence',
  id,
  coordinateSystem: 0,
  referenceSeq: {
    chromosome: { coding: [{ code: chromosome }] },
    genomeBuild: 'GRCh 37',
    windowStart: 10,
    windowEnd: 20,
  },
  variant: variants,
})
const group = (id: string, ...characteristic: object[]) => ({
  resourceType: 'Group',
  id,
  type: 'person',
  actual: false,
  characteristic,
})
const trait = (code: string, value: string) => ({
  code: { coding: [{ system: 'urn:traits', code }] },
  valueCodeableConcept: { coding: [{ system: 'urn:values', code: value }] },
  exclude: false,
})
const valueSet = (id: string, ...useContext: object[]) => ({
  resourceType: 'ValueSet',
  id,
  status: 'active',
  useContext,
})
const USAGE = 'http://terminology.hl7.org/CodeSystem/usage-context-type'

const { check } = await openCatalogue([
  pressure('high', 150, 95),
  pressure('low', 95, 60),
  observation('mixed', '8480-6', {
    valueString: 'Elevated $ today',
    component: [{ code: loinc('8462-4'), valueCodeableConcept: loinc('LA6') }],
  }),
  observation('whole', '8480-6', { valueQuantity: mmHg(150) }),
  observation('glucose', '2339-0', { valueCodeableConcept: loinc('LA6') }),
  observation('date', '11368-8', { valueDateTime: '2020-05-01' }),
  observation('text', '8251-1', { valueString: 'Blue, or green' }),
  document('d1', { code: 'replaces', target: { reference: 'DocumentReference/a' } }),
  document(
    'd2',
    { code: 'appends', target: { reference: 'DocumentReference/a' } },
    { code: 'replaces', target: { reference: 'DocumentReference/b' } },
  ),
  variant('v1', '1', { start: 100, end: 200 }, { start: 300, end: 400 }),
  variant('v2', '2', { start: 100, end: 400 }),
  group('g1', trait('gender', 'mixed'), trait('owner', 'farm')),
  group('g2', trait('gender', 'farm'), trait('owner', 'mixed')),
  valueSet('s1', {
    code: { system: USAGE, code: 'age' },
    valueQuantity: { value: 5, system: UCUM, code: 'a' },
  }),
  valueSet(
    's2',
    { code: { system: USAGE, code: 'focus' }, valueQuantity: { value: 5, system: UCUM, code: 'a' } },
    {
      code: { system: USAGE, code: 'age' },
      valueRange: {
        low: { value: 10, system: UCUM, code: 'a' },
        high: { value: 18, system: UCUM, code: 'a' },
      },
    },
  ),
  valueSet('s3', { code: { system: USAGE, code: 'focus' }, valueCodeableConcept: loinc('55') }),
])

check('a component code is paired with the value of its own component', [
  ['Observation?component-code-value-quantity=8480-6$150', 'high'],
  ['Observation?component-code-value-quantity=8462-4$150', ''],
  ['Observation?component-code-value-quantity=8480-6$95', 'low'],
  ['Observation?component-code-value-quantity=8462-4$95', 'high'],
  ['Observation?component-code=8480-6&component-value-quantity=95', 'high low'],
  ['Observation?component-code-value-quantity=8480-6$gt90', 'high low'],
  ['Observation?component-code-value-quantity=8462-4$gt90', 'high'],
  ['Observation?component-code-value-quantity=8462-4$le60', 'low'],
  ['Observation?component-code-value-quantity=8480-6$ne150', 'low'],
  [`Observation?component-code-value-quantity=${LOINC}|8480-6$150|${UCUM}|mm[Hg]`, 'high'],
  [`Observation?component-code-value-quantity=${LOINC}|8480-6$gt19|${UCUM}|kPa`, 'high'],
  [`Observation?component-code-value-quantity=${LOINC}|8480-6$150|${UCUM}|kg`, ''],
  ['Observation?component-code-value-quantity=8480-6$150||mmHg', 'high'],
  ['Observation?component-code-value-quantity=urn:other|8480-6$150', ''],
  ['Observation?component-code-value-quantity=|8480-6$150', ''],
  ['Observation?component-code-value-quantity=848$150', ''],
])

check('several values unite, several parameters intersect', [
  ['Observation?component-code-value-quantity=8480-6$150,8462-4$60', 'high low'],
  ['Observation?component-code-value-quantity=8480-6$150&component-code-value-quantity=8462-4$95', 'high'],
  ['Observation?component-code-value-quantity=8480-6$150&component-code-value-quantity=8462-4$60', ''],
])

check('a composite of the whole resource takes code and value from it, and not from components', [
  ['Observation?code-value-quantity=8480-6$150', 'whole'],
  ['Observation?code-value-quantity=8480-6$lt150', ''],
  [`Observation?code-value-quantity=${LOINC}|8480-6$ge20|${UCUM}|kPa`, ''],
  [`Observation?code-value-quantity=${LOINC}|8480-6$ge19.9|${UCUM}|kPa`, 'whole'],
  ['Observation?code-value-concept=2339-0$LA6', 'glucose'],
  [`Observation?code-value-concept=2339-0$${LOINC}|LA6`, 'glucose'],
  ['Observation?code-value-concept=8480-6$LA6', ''],
  ['Observation?code-value-date=11368-8$2020', 'date'],
  ['Observation?code-value-date=11368-8$gt2020', ''],
  ['Observation?code-value-date=11368-8$ge2020-04,8251-1$2020', 'date'],
  ['Observation?code-value-string=8251-1$blue', 'text'],
  ['Observation?code-value-string=8251-1$blue\\, or', 'text'],
  ['Observation?code-value-string=8480-6$elevated \\$ to', 'mixed'],
  ['Observation?code-value-string=8480-6$blue', ''],
])

check('combo takes both, each pair from one place', [
  ['Observation?combo-code-value-quantity=8480-6$150', 'high whole'],
  ['Observation?combo-code-value-quantity=85354-9$150', ''],
  ['Observation?combo-code-value-concept=8462-4$LA6', 'mixed'],
  ['Observation?combo-code-value-concept=2339-0$LA6', 'glucose'],
  ['Observation?combo-code-value-concept=8480-6$LA6', ''],
  ['Observation?component-code-value-concept=8462-4$LA6', 'mixed'],
])

check('reference and token', [
  ['DocumentReference?relationship=DocumentReference/a$replaces', 'd1'],
  ['DocumentReference?relationship=DocumentReference/a$appends', 'd2'],
  ['DocumentReference?relationship=DocumentReference/b$appends', ''],
  ['DocumentReference?relationship=a$replaces', 'd1'],
  ['DocumentReference?relationship=http://localhost:8080/fhir/DocumentReference/c$replaces', ''],
  ['DocumentReference?relatesto=DocumentReference/a&relation=replaces', 'd1 d2'],
])

check('token, number and number', [
  ['MolecularSequence?chromosome-variant-coordinate=1$100$200', 'v1'],
  ['MolecularSequence?chromosome-variant-coordinate=1$100$400', ''],
  ['MolecularSequence?chromosome-variant-coordinate=2$100$400', 'v2'],
  ['MolecularSequence?chromosome-variant-coordinate=1$ge300$le400', 'v1'],
  ['MolecularSequence?chromosome-variant-coordinate=1$lt300$gt200', ''],
  ['MolecularSequence?chromosome-variant-coordinate=2$lt300$gt200', 'v2'],
  ['MolecularSequence?chromosome-window-coordinate=1$10$20', 'v1'],
  ['MolecularSequence?chromosome-window-coordinate=1$gt10$20', ''],
])

check('token and token', [
  ['Group?characteristic-value=gender$mixed', 'g1'],
  ['Group?characteristic-value=gender$farm', 'g2'],
  ['Group?characteristic-value=urn:traits|owner$urn:values|mixed', 'g2'],
  ['Group?characteristic-value=urn:traits|owner$urn:other|mixed', ''],
  ['Group?characteristic=gender&value=farm', 'g1 g2'],
])

check('the context of what is published', [
  ['ValueSet?context-type-quantity=age$5', 's1'],
  ['ValueSet?context-type-quantity=focus$5', 's2'],
  ['ValueSet?context-type-quantity=age$gt15', 's2'],
  ['ValueSet?context-type-quantity=age$sa9', 's2'],
  [`ValueSet?context-type-quantity=${USAGE}|age$5|${UCUM}|a`, 's1'],
  ['ValueSet?context-type-value=focus$55', 's3'],
  [`ValueSet?context-type-value=${USAGE}|focus$${LOINC}|55`, 's3'],
  ['ValueSet?context-type-value=age$55', ''],
])

check('a composite is missing where no element has both parts', [
  ['Observation?component-code-value-quantity:missing=false', 'high low'],
  ['Observation?code-value-quantity:missing=false', 'whole'],
  ['Group?characteristic-value:missing=true', ''],
])

check('too few parts, too many, empty ones and modifiers are refused by name', [
  ['Observation?code-value-quantity=8480-6', refused('code-value-quantity')],
  ['Observation?code-value-quantity=8480-6$', refused('code-value-quantity')],
  ['Observation?code-value-quantity=$5', refused('code-value-quantity')],
  ['Observation?code-value-quantity=8480-6$5$6', refused('code-value-quantity')],
  ['Observation?component-code-value-quantity=8480-6', refused('component-code-value-quantity')],
  ['Observation?component-code-value-quantity=8480-6$high', refused('component-code-value-quantity')],
  ['Observation?component-code-value-quantity=|$5', refused('component-code-value-quantity')],
  ['Observation?component-code-value-quantity:not=8480-6$5', refused('not')],
  ['MolecularSequence?chromosome-variant-coordinate=1$a$b', refused('chromosome-variant-coordinate')],
])
