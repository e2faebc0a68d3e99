// FHIRPath as search and patch use it. https://hl7.org/fhir/R4/fhirpath.html
import t from 'tap'
import { compileFhirPath, modelElement, plainNumbers, selectNodes } from '../../src/fhir/fhirpath.ts'
import { parseJson, stringifyJson } from '../../src/fhir/json.ts'
import type { Resource } from '../../src/fhir/resource.ts'

const observation = parseJson(
  '{"resourceType":"Observation","contained":[{"resourceType":"Patient","id":"p"}],"valueQuantity":{"value":1.00},' +
    '"subject":{"reference":"Patient/1"},"performer":[{"reference":"#p"},{"reference":"http://x/fhir/Group/1"}],' +
    '"component":[{"valueString":"a"},{"valueQuantity":{"value":2}}],"note":[{"text":"x as y"}],' +
    '"_issued":{"extension":[{"url":"http://x"}]}}',
) as Resource

t.test('as filters by type where an element repeats, but not inside a string', async (t) => {
  t.same(compileFhirPath('(Observation.component.value as Quantity)')(observation), [{ value: 2 }])
  t.same(compileFhirPath('Observation.component.value.as(string)')(observation), ['a'])
  t.same(compileFhirPath("note.where(text = 'x as y').text")(observation), ['x as y'])
})

t.test('resolve() knows the type of a reference and what is contained, and fetches nothing', async (t) => {
  t.same(compileFhirPath('subject.where(resolve() is Patient)')(observation), [{ reference: 'Patient/1' }])
  t.same(compileFhirPath('subject.where(resolve() is Group)')(observation), [])
  t.same(compileFhirPath('performer.resolve()')(observation), [
    { resourceType: 'Patient', id: 'p' },
    { resourceType: 'Group' },
  ])
})

t.test('a node tells where it stands, by the properties of the JSON', async (t) => {
  const locations = (expression: string) => selectNodes(expression, observation).map((node) => node.location)
  t.same(locations('Observation'), [[]])
  t.same(locations('Observation.value.value'), [['valueQuantity', 'value']])
  t.same(locations('component.value'), [
    ['component', 0, 'valueString'],
    ['component', 1, 'valueQuantity'],
  ])
  t.same(locations('issued.extension'), [['_issued', 'extension', 0]])
  t.same(locations('performer.resolve()'), [undefined, undefined], 'another resource')
  t.same(locations('component.count()'), [undefined], 'a computed value')
})

t.test('numbers kept as text are compared as numbers when made plain', async (t) => {
  t.equal(selectNodes('value.where(value = 1)', observation).length, 1)
  t.equal(stringifyJson(plainNumbers(observation)).includes('1.00'), false)
  t.equal(plainNumbers(observation)['component'], observation['component'], 'the rest is shared')
})

t.test('what is no FHIRPath is invalid, what cannot be evaluated unprocessable', async (t) => {
  t.throws(() => compileFhirPath('Observation..'), { code: 'invalid' })
  t.throws(() => compileFhirPath('component.single()')(observation), { code: 'unprocessable' })
})

t.test('the model knows lists, choices, inherited elements and content defined elsewhere', async (t) => {
  t.match(modelElement('Patient', 'contact'), { type: 'Patient.contact', repeats: true })
  t.match(modelElement('Patient', 'deceased'), { repeats: false, choices: ['Boolean', 'DateTime'] })
  t.match(modelElement('HumanName', 'extension'), { type: 'Extension', repeats: true })
  t.match(modelElement('Questionnaire.item', 'item'), { type: 'Questionnaire.item', repeats: true })
  t.equal(modelElement('Patient', 'nothing'), undefined)
})
