// JSON → XML → JSON is the same resource, to the digit and the space. https://hl7.org/fhir/R4/xml.html
import fc from 'fast-check'
import t from 'tap'
import { loadDefinitions } from '../../../src/fhir/definitions.ts'
import { sameContent } from '../../../src/fhir/document.ts'
import { parseJson, stringifyJson } from '../../../src/fhir/json.ts'
import { isRawNumber } from '../../../src/fhir/primitives.ts'
import type { Resource } from '../../../src/fhir/resource.ts'
import { parseXml } from '../../../src/fhir/xml/parse.ts'
import { stringifyXml } from '../../../src/fhir/xml/stringify.ts'
import { examplesMissing, officialExamples, syntheaBundles, syntheaMissing } from '../../support/examples.ts'

const definitions = loadDefinitions()

/** The JSON text with properties by name, so that their order counts for nothing and everything else does. */
function canonical(value: unknown): string {
  const sort = (part: unknown): unknown => {
    if (Array.isArray(part)) return part.map(sort)
    if (typeof part !== 'object' || part === null || isRawNumber(part)) return part
    return Object.fromEntries(
      Object.entries(part)
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([name, child]) => [name, sort(child)]),
    )
  }
  return stringifyJson(sort(value))
}

const there = (resource: Resource, pretty = false) =>
  parseXml(stringifyXml(resource, definitions, pretty), definitions)

t.test('every official example comes back as it was', { skip: examplesMissing }, async (t) => {
  const different: string[] = []
  let read = 0
  for (const { file, resource } of officialExamples()) {
    read++
    if (canonical(there(resource)) !== canonical(resource)) different.push(file)
  }
  t.equal(read, 5306)
  t.same(different, [])
})

t.test('so does every Synthea bundle, pretty or not', { skip: syntheaMissing }, async (t) => {
  for (const { file, resource } of syntheaBundles())
    t.equal(canonical(there(resource, true)), canonical(resource), file)
})

t.test('elements are written in the order of the definitions', async (t) => {
  const xml = stringifyXml(
    { resourceType: 'Patient', birthDate: '2024', name: [{ given: ['a'], family: 'b' }], id: 'x' },
    definitions,
  )
  t.match(
    xml,
    '<Patient xmlns="http://hl7.org/fhir"><id value="x"/><name><family value="b"/><given value="a"/></name><birthDate value="2024"/></Patient>',
  )
})

t.test('a deep tree in another order is written once, not once more at every level', async (t) => {
  let item: object = { linkId: 'a' }
  for (let level = 0; level < 60; level++) item = { item: [item], linkId: 'b' }
  const questionnaire = { resourceType: 'Questionnaire', item: [item], status: 'draft' } as const
  t.same(there(questionnaire), questionnaire)
})

t.test('any order of properties is written in that of the definitions, however many there are', async (t) => {
  const name = { use: 'usual', text: 'a', family: 'b', given: ['c'], prefix: ['d'], _family: { id: 'e' } }
  const expected = stringifyXml({ resourceType: 'Patient', name: [name] }, definitions)
  fc.assert(
    fc.property(
      fc.shuffledSubarray(Object.entries(name), { minLength: 6 }),
      (entries) =>
        stringifyXml({ resourceType: 'Patient', name: [Object.fromEntries(entries)] }, definitions) ===
        expected,
    ),
    { numRuns: 1500 },
  )
  t.pass()
})

const text = fc
  .string({ unit: fc.constantFrom(...'aあ𠮷 \t\n\r&<>"\'　'), minLength: 1, maxLength: 12 })
  .filter((each) => each !== '')
const number = fc.constantFrom(
  '0',
  '-0',
  '1.00',
  '1E+3',
  '-1.000000000000000000E+245',
  '123456789012345678.90',
  '5',
)
const extension = fc.record({ url: fc.constant('http://a.b'), valueString: text })
const companion = fc.option(
  fc.record({ id: fc.constant('i'), extension: fc.array(extension, { minLength: 1, maxLength: 2 }) }),
  { nil: null },
)

t.test('any text, number and companion comes back', async () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.option(text, { nil: null }), companion), { minLength: 1, maxLength: 4 }),
      number,
      text,
      (given, value, display) => {
        const items = given.map(([one, other]) =>
          one === null && other === null ? ['a', null] : [one, other],
        )
        const has = (at: 0 | 1) => items.some((item) => item[at] !== null)
        const json = {
          resourceType: 'Patient',
          name: [
            {
              ...(has(0) && { given: items.map(([one]) => one) }),
              ...(has(1) && { _given: items.map(([, other]) => other) }),
            },
          ],
          extension: [{ url: 'http://a.b', valueDecimal: JSON.parse('0') }],
          contained: [{ resourceType: 'Organization', id: 'o', name: display }],
        }
        const resource = parseJson(
          JSON.stringify(json).replace('"valueDecimal":0', `"valueDecimal":${value}`),
        ) as Resource
        return (
          canonical(there(resource)) === canonical(resource) && sameContent(there(resource, true), resource)
        )
      },
    ),
    { numRuns: 500 },
  )
})
