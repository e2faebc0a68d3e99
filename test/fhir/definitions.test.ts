// The compact form of R4's definitions, against the package it is made from.
import t from 'tap'
import { loadDefinitions } from '../../src/fhir/definitions.ts'
import { cutExpression, splitUnion } from '../../src/fhir/definitions-expression.ts'
import { examplesMissing, officialExamples } from '../support/examples.ts'

const definitions = loadDefinitions()

interface SourceParameter {
  readonly id: string
  readonly base?: readonly string[]
  readonly code: string
  readonly url: string
  readonly type: string
  readonly expression?: string
}

t.test('the definitions are loaded once', async (t) => {
  t.equal(loadDefinitions(), definitions)
})

t.test('R4 has 146 resource types; the abstract ones and datatypes are none', async (t) => {
  t.equal(definitions.resourceTypes.length, 146)
  t.same(definitions.resourceTypes, [...definitions.resourceTypes].sort())
  t.ok(definitions.isResourceType('Patient'))
  for (const name of ['DomainResource', 'Resource', 'HumanName', 'patient', '__proto__', 'toString', ''])
    t.notOk(definitions.isResourceType(name), name)
})

t.test(
  'every search parameter of the package is there under each of its types',
  { skip: examplesMissing },
  async (t) => {
    let count = 0
    for (const { resource } of officialExamples('SearchParameter-')) {
      const { id = '', base, code, url, type, expression } = resource as unknown as SourceParameter
      if (
        id === 'filter' ||
        id.startsWith('example') ||
        /-extensions-|-genetic-/.test(id) ||
        !base ||
        !expression
      )
        continue
      for (const one of base) {
        count++
        const found = definitions.searchParameters(one === 'DomainResource' ? 'Patient' : one).get(code)
        t.match(found, { url, code, type }, `${one} ${code}`)
      }
    }
    t.ok(count > 1600)
  },
)

t.test('expressions begin at the type they are listed under', async (t) => {
  for (const type of definitions.resourceTypes) {
    for (const { code, expression } of definitions.searchParameters(type).values())
      for (const branch of splitUnion(expression))
        t.match(branch, new RegExp(`^\\(*${type}\\b`), `${type} ${code}`)
  }
})

const CUT: readonly (readonly [string, string, string])[] = [
  ['Patient.name | Practitioner.name', 'Patient', 'Patient.name'],
  ['PractitionerRole.telecom | Practitioner.telecom', 'Practitioner', 'Practitioner.telecom'],
  [
    '(Group.a as CodeableConcept) | (Group.a as boolean)',
    'Group',
    '(Group.a as CodeableConcept) | (Group.a as boolean)',
  ],
  ["A.b.where(c = 'x|y') | B.b", 'A', "A.b.where(c = 'x|y')"],
  ['(A.b | A.c).d | B.e', 'A', '(A.b | A.c).d'],
  ['Resource.meta.tag', 'Patient', 'Patient.meta.tag'],
  ['name | alias', 'InsurancePlan', 'InsurancePlan.name | InsurancePlan.alias'],
  ['Observation', 'Observation', 'Observation'],
  ['Observation.value', 'Patient', ''],
]

t.test('an expression is cut to the branches of a type', async (t) => {
  for (const [expression, type, expected] of CUT) t.equal(cutExpression(expression, type), expected)
})

t.test('parameters of all types are listed under each and under Resource', async (t) => {
  const all = ['_id', '_lastUpdated', '_profile', '_security', '_source', '_tag']
  t.same([...definitions.searchParameters('Resource').keys()].sort(), all)
  for (const type of definitions.resourceTypes)
    for (const code of all) t.ok(definitions.searchParameters(type).has(code), `${type} ${code}`)
  t.equal(definitions.searchParameters('NoSuchType').size, 0)
})

t.test('a composite parameter names its components', async (t) => {
  t.match(definitions.searchParameters('Observation').get('code-value-quantity'), {
    type: 'composite',
    component: [
      { definition: 'http://hl7.org/fhir/SearchParameter/clinical-code', expression: 'code' },
      { definition: /value-quantity$/, expression: 'value.as(Quantity)' },
    ],
  })
})

t.test('compartments name the parameters by which a type is in them', async (t) => {
  t.same(definitions.compartment('Patient', 'Observation'), ['subject', 'performer'])
  t.same(definitions.compartment('Patient', 'Patient'), ['{def}', 'link'])
  t.same(definitions.compartment('Device', 'Device'), ['{def}'])
  t.equal(definitions.compartment('Patient', 'Organization'), undefined)
  t.equal(definitions.compartment('Nobody', 'Patient'), undefined)
})

t.test('elements have what their snapshots say', async (t) => {
  const find = (type: string, path: string) =>
    definitions.elements(type).find((element) => element.path === path)
  t.match(find('Patient', 'Patient.id'), { types: ['id'], min: 0, max: '1', isSummary: true })
  t.match(find('Patient', 'Patient.contact.name'), { types: ['HumanName'] })
  t.match(find('Patient', 'Patient.active'), { isModifier: true, isSummary: true })
  t.match(find('Patient', 'Patient.deceased[x]'), { types: ['boolean', 'dateTime'] })
  t.match(find('Observation', 'Observation.status'), {
    min: 1,
    requiredValueSet: 'http://hl7.org/fhir/ValueSet/observation-status',
  })
  t.match(find('Questionnaire', 'Questionnaire.item.item'), {
    contentReference: 'Questionnaire.item',
    max: '*',
  })
  t.match(find('Extension', 'Extension.url'), { types: ['uri'], min: 1 })
  t.same(definitions.elements('NoSuchType'), [])
})

t.test('required value sets have their codes, but for those R4 does not ship', async (t) => {
  const missing = new Set<string>()
  for (const type of definitions.typeNames) {
    for (const { requiredValueSet: url } of definitions.elements(type))
      if (url && !definitions.requiredCodes(url)) missing.add(url)
  }
  t.same([...missing].sort(), [
    'http://hl7.org/fhir/ValueSet/currencies',
    'http://hl7.org/fhir/ValueSet/mimetypes',
    'http://hl7.org/fhir/ValueSet/ucum-units',
    'http://loinc.org/vs/LL379-9',
  ])
})

t.test('a value set of one system says which; case-sensitive systems are known', async (t) => {
  const system = 'http://hl7.org/fhir/administrative-gender'
  t.equal(definitions.codeSystemOf('http://hl7.org/fhir/ValueSet/administrative-gender|4.0.1'), system)
  t.equal(definitions.codeSystemOf('http://hl7.org/fhir/ValueSet/all-types'), undefined)
  t.equal(definitions.codeSystemOf('http://a.b/none'), undefined)
  t.ok(definitions.caseSensitiveSystems.has(system))
})

t.test('the operations of R4 are known with their levels', async (t) => {
  t.equal(definitions.operationDefinitions.length, 47)
  const everything = definitions.operationDefinitions.filter(({ code }) => code === 'everything')
  t.ok(everything.some(({ resource, instance }) => resource.includes('Patient') && instance))
})
