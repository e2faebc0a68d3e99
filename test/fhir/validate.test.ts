// Structure by its rules: names, cardinality, choices, companions, codes, contained resources. https://hl7.org/fhir/R4/json.html
import fc from 'fast-check'
import t from 'tap'
import { loadDefinitions } from '../../src/fhir/definitions.ts'
import { createValidator } from '../../src/fhir/validate.ts'

const validate = createValidator(loadDefinitions())

const patient = (more: object) => ({ resourceType: 'Patient', ...more })
const observation = (more: object) => ({
  resourceType: 'Observation',
  status: 'final',
  code: { text: 'a' },
  ...more,
})
const extended = (extension: object) => patient({ extension: [{ url: 'http://a.b', ...extension }] })
const EXTENSION = { extension: [{ url: 'http://a.b', valueBoolean: true }] }

/** What the rule is, a resource that breaks it once, the code and place of the one issue. */
const REFUSED: readonly (readonly [string, unknown, string, string])[] = [
  ['an unknown element', patient({ nickname: 'a' }), 'structure', 'Patient'],
  ['an unknown element in a datatype', patient({ name: [{ first: 'a' }] }), 'structure', 'Patient.name[0]'],
  [
    'an unknown element in a backbone element',
    patient({ contact: [{ a: 1 }] }),
    'structure',
    'Patient.contact[0]',
  ],
  ['a name in the wrong case', patient({ birthdate: '2024' }), 'structure', 'Patient'],
  ['the name of another type', patient({ status: 'final' }), 'structure', 'Patient'],
  ['an array for a single value', patient({ gender: ['male'] }), 'value', 'Patient.gender'],
  [
    'an array for a single object',
    patient({ maritalStatus: [{ text: 'a' }] }),
    'structure',
    'Patient.maritalStatus',
  ],
  ['a single object for an array', patient({ name: { text: 'a' } }), 'structure', 'Patient.name'],
  ['a single value for an array', patient({ name: [{ given: 'a' }] }), 'structure', 'Patient.name[0].given'],
  ['an object for a primitive', patient({ gender: { a: 1 } }), 'value', 'Patient.gender'],
  ['a primitive for an object', patient({ name: ['a'] }), 'structure', 'Patient.name[0]'],
  ['an array in an array', patient({ name: [[{ text: 'a' }]] }), 'structure', 'Patient.name[0]'],
  ['a missing required element', { resourceType: 'Observation', status: 'final' }, 'required', 'Observation'],
  ['a missing element in a backbone', patient({ link: [{ type: 'refer' }] }), 'required', 'Patient.link[0]'],
  ['an empty object', patient({ maritalStatus: {} }), 'structure', 'Patient.maritalStatus'],
  ['an empty object in an array', patient({ name: [{}] }), 'structure', 'Patient.name[0]'],
  ['an empty array', patient({ name: [] }), 'required', 'Patient.name'],
  ['an empty array of primitives', patient({ name: [{ given: [] }] }), 'required', 'Patient.name[0].given'],
  ['an empty string', patient({ language: '' }), 'value', 'Patient.language'],
  ['null for a primitive', patient({ gender: null }), 'value', 'Patient.gender'],
  ['null for an object', patient({ maritalStatus: null }), 'structure', 'Patient.maritalStatus'],
  ['null in an array of objects', patient({ name: [null] }), 'structure', 'Patient.name[0]'],
  [
    'null without companion',
    patient({ name: [{ given: ['a', null] }] }),
    'structure',
    'Patient.name[0].given[1]',
  ],
  [
    'two types of a choice',
    observation({ valueString: 'a', valueBoolean: true }),
    'structure',
    'Observation',
  ],
  [
    'two types of a choice, one by its companion',
    observation({ valueString: 'a', _valueBoolean: EXTENSION }),
    'structure',
    'Observation',
  ],
  [
    'a choice of a type not allowed',
    observation({ valueAddress: { text: 'a' } }),
    'structure',
    'Observation',
  ],
  ['a choice without type', observation({ value: 'a' }), 'structure', 'Observation'],
  [
    'a required choice left out',
    {
      resourceType: 'MedicationRequest',
      status: 'active',
      intent: 'order',
      subject: { reference: 'Patient/1' },
    },
    'required',
    'MedicationRequest',
  ],
  ['a wrong form in a choice', observation({ valueInteger: 1.5 }), 'value', 'Observation.value'],
  [
    'a fault beneath a choice, by the name without type',
    observation({ component: [{ code: { text: 'a' }, valueQuantity: { value: '1' } }] }),
    'value',
    'Observation.component[0].value.value',
  ],
  ['a code that is not in its value set', patient({ gender: 'm' }), 'code-invalid', 'Patient.gender'],
  ['a code in the wrong case', patient({ gender: 'Male' }), 'code-invalid', 'Patient.gender'],
  [
    'a code in an array',
    {
      resourceType: 'ActivityDefinition',
      status: 'draft',
      timingTiming: { repeat: { dayOfWeek: ['mon', 'day'] } },
    },
    'code-invalid',
    'ActivityDefinition.timing.repeat.dayOfWeek[1]',
  ],
  [
    'a concept without a coding of its required value set',
    { resourceType: 'Condition', subject: { reference: 'Patient/1' }, clinicalStatus: { text: 'active' } },
    'code-invalid',
    'Condition.clinicalStatus',
  ],
  ['a companion that is empty', patient({ gender: 'male', _gender: {} }), 'structure', 'Patient.gender'],
  ['a companion of an object', patient({ _maritalStatus: EXTENSION }), 'structure', 'Patient'],
  ['a companion with a value', patient({ _gender: { value: 'a' } }), 'structure', 'Patient.gender'],
  ['a companion that is an array', patient({ _gender: [EXTENSION] }), 'structure', 'Patient.gender'],
  ['a companion that is null', patient({ gender: 'male', _gender: null }), 'structure', 'Patient.gender'],
  [
    'a companion of another length',
    patient({ name: [{ given: ['a', 'b'], _given: [EXTENSION] }] }),
    'structure',
    'Patient.name[0].given',
  ],
  [
    'a companion of nulls only',
    patient({ name: [{ given: ['a'], _given: [null] }] }),
    'structure',
    'Patient.name[0].given',
  ],
  [
    'a companion null without a value',
    patient({ name: [{ _given: [EXTENSION, null] }] }),
    'structure',
    'Patient.name[0].given[1]',
  ],
  [
    'an extension without url',
    patient({ extension: [{ valueBoolean: true }] }),
    'required',
    'Patient.extension[0]',
  ],
  ['an extension with neither value nor extensions', extended({}), 'invariant', 'Patient.extension[0]'],
  [
    'an extension with both value and extensions',
    extended({ valueBoolean: true, ...EXTENSION }),
    'invariant',
    'Patient.extension[0]',
  ],
  [
    'a companion of the url',
    extended({ valueBoolean: true, _url: EXTENSION }),
    'structure',
    'Patient.extension[0]',
  ],
  [
    'a contained resource by its own type',
    patient({ contained: [{ resourceType: 'Observation', id: 'a', code: { text: 'a' } }] }),
    'required',
    'Patient.contained[0]',
  ],
  [
    'a fault within a contained resource',
    patient({ contained: [{ resourceType: 'Organization', id: 'a', name: 1 }] }),
    'value',
    'Patient.contained[0].name',
  ],
  [
    'a contained resource without type',
    patient({ contained: [{ id: 'a' }] }),
    'structure',
    'Patient.contained[0]',
  ],
  ['a contained resource that is text', patient({ contained: ['a'] }), 'structure', 'Patient.contained[0]'],
  [
    'a resource in a Bundle',
    { resourceType: 'Bundle', type: 'collection', entry: [{ resource: patient({ active: 'yes' }) }] },
    'value',
    'Bundle.entry[0].resource.active',
  ],
  [
    'a resource in Parameters',
    { resourceType: 'Parameters', parameter: [{ name: 'a', resource: patient({ active: 1 }) }] },
    'value',
    'Parameters.parameter[0].resource.active',
  ],
  [
    'a fault beneath an element that refers to its own content',
    {
      resourceType: 'Questionnaire',
      status: 'draft',
      item: [{ linkId: 'a', type: 'group', item: [{ linkId: 'b' }] }],
    },
    'required',
    'Questionnaire.item[0].item[0]',
  ],
  [
    'resourceType within a datatype',
    patient({ name: [{ resourceType: 'HumanName', text: 'a' }] }),
    'structure',
    'Patient.name[0]',
  ],
  ['an unknown resourceType', { resourceType: 'Patents' }, 'structure', 'Patents'],
  ['an abstract resourceType', { resourceType: 'DomainResource' }, 'structure', 'DomainResource'],
  ['a datatype as a resource', { resourceType: 'HumanName', text: 'a' }, 'structure', 'HumanName'],
  ['a name of Object.prototype as a type', { resourceType: 'constructor' }, 'structure', 'constructor'],
  ['no resourceType', { id: 'a' }, 'structure', 'Resource'],
  ['an array', [patient({})], 'structure', 'Resource'],
  ['null', null, 'structure', 'Resource'],
  ['text', 'Patient', 'structure', 'Resource'],
]

for (const [rule, resource, code, expression] of REFUSED) {
  t.test(`refused at its place, and nothing else: ${rule}`, async (t) => {
    const issues = validate(resource)
    t.equal(issues.length, 1, JSON.stringify(issues))
    t.match(issues[0], { severity: 'error', code, expression: [expression] })
  })
}

const ACCEPTED: readonly (readonly [string, object])[] = [
  ['a resource that has only its type', patient({})],
  ['resourceType behind the other elements', { active: true, resourceType: 'Patient' }],
  ['a value with a companion', patient({ birthDate: '2024', _birthDate: { id: 'a', ...EXTENSION } })],
  ['a companion without a value', patient({ _birthDate: EXTENSION })],
  [
    'a required element that has only a companion',
    { ...observation({}), status: undefined, _status: EXTENSION },
  ],
  [
    'null where the companion has an object',
    patient({ name: [{ given: ['a', null], _given: [null, EXTENSION] }] }),
  ],
  ['a companion array without values', patient({ name: [{ _given: [EXTENSION] }] })],
  ['a choice by its companion alone', observation({ _valueString: EXTENSION })],
  ['a full-width space in a name', patient({ name: [{ text: '山田　太郎' }] })],
  [
    'a concept with one coding of its required value set',
    {
      resourceType: 'Condition',
      subject: { reference: 'Patient/1' },
      clinicalStatus: {
        coding: [
          { system: 'http://a.b', code: 'a' },
          { system: 'http://terminology.hl7.org/CodeSystem/condition-clinical', code: 'active' },
        ],
      },
    },
  ],
  ['nested extensions', extended({ extension: [{ url: 'a', valueString: 'b' }] })],
  [
    'a code of a value set that R4 does not ship',
    { resourceType: 'Binary', contentType: 'application/x-ours' },
  ],
]

for (const [rule, resource] of ACCEPTED) {
  t.test(`accepted: ${rule}`, async (t) => {
    t.same(validate(JSON.parse(JSON.stringify(resource))), [])
  })
}

t.test('all faults of a resource are reported together', async (t) => {
  const issues = validate(
    patient({ gender: 'm', birthDate: '2024-13', name: [{ given: [1, ''] }, 'a'], x: 1 }),
  )
  t.same(
    issues.map(({ expression }) => expression?.[0]),
    [
      'Patient.gender',
      'Patient.birthDate',
      'Patient.name[0].given[0]',
      'Patient.name[0].given[1]',
      'Patient.name[1]',
      'Patient',
    ],
  )
})

t.test('after 100 issues one more counts the rest', async (t) => {
  const issues = validate(patient({ name: Array.from({ length: 250 }, () => ({})) }))
  t.equal(issues.length, 101)
  t.equal(issues[100]?.diagnostics, '150 more faults are not listed')
})

t.test('a million faults are not collected one by one', async (t) => {
  const issues = validate(patient({ contained: Array.from({ length: 1_000_000 }, () => 1) }))
  t.equal(issues.length, 101)
  t.match(issues[100]?.diagnostics, /^At least \d+ more faults/)
})

t.test('a property that is undefined is as good as absent', async (t) => {
  t.same(validate(patient({ gender: undefined, name: undefined, nickname: undefined })), [])
  t.match(validate(patient({ maritalStatus: { text: undefined } })), [
    { expression: ['Patient.maritalStatus'] },
  ])
})

t.test('no JSON makes the validator throw', async () => {
  const types = fc.constantFrom(
    'Patient',
    'Observation',
    'Bundle',
    'Questionnaire',
    'Parameters',
    'StructureDefinition',
  )
  const names = fc.constantFrom(
    'name',
    'entry',
    'resource',
    'contained',
    'valueQuantity',
    '_given',
    'item',
    'text',
    'a',
  )
  const { json } = fc.letrec((tie) => ({
    json: fc.oneof(
      { depthSize: 'small' },
      fc.constantFrom(null, true, 0, 1.5, '', 'a', '2024'),
      fc.array(tie('json'), { maxLength: 3 }),
      fc.dictionary(names, tie('json'), { maxKeys: 4 }),
      fc
        .tuple(types, fc.dictionary(names, tie('json'), { maxKeys: 4 }))
        .map(([resourceType, more]) => ({ resourceType, ...more })),
    ),
  }))
  fc.assert(
    fc.property(json, (value) => Array.isArray(validate(value))),
    { numRuns: 2000 },
  )
})
