// What a profile may ask of an element: how many, of which type, which value, within which bounds, from which value set. https://hl7.org/fhir/R4/elementdefinition.html
import t from 'tap'
import { element, PROFILE, profileOn } from '../../support/profile.ts'
import { openTestValidation } from '../../support/validation.ts'

const observation = (more: object) => ({
  resourceType: 'Observation',
  status: 'final',
  code: { text: 'a' },
  ...more,
})
const FRUIT = {
  resourceType: 'ValueSet',
  url: 'http://a.b/fruit',
  status: 'active',
  compose: { include: [{ system: 'http://f', concept: [{ code: 'apple' }, { code: 'pear' }] }] },
}
const bound = (strength: string) => ({ binding: { strength, valueSet: FRUIT.url } })
const coded = (code: string) => ({ coding: [{ system: 'http://f', code }] })

/** What is asked, the element, what satisfies it, what does not, and the rule and place then. */
const ROWS: readonly (readonly [
  string,
  readonly Record<string, unknown>[],
  object,
  object,
  string,
  string,
])[] = [
  [
    'at least one',
    [element('Observation.category', { min: 1 })],
    { category: [{ text: 'a' }] },
    {},
    'profile-few',
    'Observation',
  ],
  [
    'at most one',
    [element('Observation.category', { max: '1' })],
    { category: [{ text: 'a' }] },
    { category: [{ text: 'a' }, { text: 'b' }] },
    'profile-many',
    'Observation',
  ],
  [
    'none',
    [element('Observation.method', { max: '0' })],
    {},
    { method: { text: 'a' } },
    'profile-none',
    'Observation.method',
  ],
  [
    'a choice at least once',
    [element('Observation.value[x]', { min: 1 })],
    { valueBoolean: false },
    {},
    'profile-few',
    'Observation',
  ],
  [
    'a type of a choice',
    [element('Observation.value[x]', { type: [{ code: 'string' }] })],
    { valueString: 'a' },
    { valueBoolean: true },
    'profile-type',
    'Observation.value',
  ],
  [
    'a target',
    [
      element('Observation.subject', {
        type: [{ code: 'Reference', targetProfile: ['http://hl7.org/fhir/StructureDefinition/Patient'] }],
      }),
    ],
    { subject: { reference: 'Patient/1' } },
    { subject: { reference: 'Group/1' } },
    'target-type',
    'Observation.subject',
  ],
  [
    'a fixed code',
    [element('Observation.status', { fixedCode: 'final' })],
    {},
    { status: 'amended' },
    'fixed',
    'Observation.status',
  ],
  [
    'a fixed concept, to the letter',
    [element('Observation.method', { fixedCodeableConcept: coded('apple') })],
    { method: coded('apple') },
    { method: { ...coded('apple'), text: 'a' } },
    'fixed',
    'Observation.method',
  ],
  [
    'a fixed decimal, however it is written',
    [element('Observation.valueQuantity.value', { fixedDecimal: 1 })],
    { valueQuantity: { value: 1 } },
    { valueQuantity: { value: 1.5 } },
    'fixed',
    'Observation.value.value',
  ],
  [
    'a pattern, with more around it',
    [element('Observation.method', { patternCodeableConcept: coded('apple') })],
    { method: { ...coded('apple'), text: 'a' } },
    { method: coded('pear') },
    'pattern',
    'Observation.method',
  ],
  [
    'a least number',
    [element('Observation.value[x]', { type: [{ code: 'integer' }], minValueInteger: 3 })],
    { valueInteger: 3 },
    { valueInteger: 2 },
    'min-value',
    'Observation.value',
  ],
  [
    'a greatest number',
    [element('Observation.value[x]', { type: [{ code: 'integer' }], maxValueInteger: 3 })],
    { valueInteger: 3 },
    { valueInteger: 4 },
    'max-value',
    'Observation.value',
  ],
  [
    'a least date',
    [element('Observation.value[x]', { type: [{ code: 'dateTime' }], minValueDateTime: '2020-01-01' })],
    { valueDateTime: '2020' },
    { valueDateTime: '2019-12-31' },
    'min-value',
    'Observation.value',
  ],
  [
    'a greatest quantity of one unit',
    [
      element('Observation.value[x]', {
        type: [{ code: 'Quantity' }],
        maxValueQuantity: { value: 5, code: 'kg', system: 'http://u' },
      }),
    ],
    { valueQuantity: { value: 5, code: 'kg', system: 'http://u' } },
    { valueQuantity: { value: 5.1, code: 'kg', system: 'http://u' } },
    'max-value',
    'Observation.value',
  ],
  [
    'a longest text, in characters',
    [element('Observation.value[x]', { type: [{ code: 'string' }], maxLength: 3 })],
    { valueString: '𠮷野家' },
    { valueString: '𠮷野家屋' },
    'max-length',
    'Observation.value',
  ],
  [
    'a required binding of a concept',
    [element('Observation.method', bound('required'))],
    { method: { coding: [...coded('plum').coding, ...coded('pear').coding] } },
    { method: coded('plum') },
    'binding-required',
    'Observation.method',
  ],
  [
    'a required binding, which text alone does not satisfy',
    [element('Observation.method', bound('required'))],
    { method: coded('pear') },
    { method: { text: 'pear' } },
    'binding-required',
    'Observation.method',
  ],
  [
    'a required binding of a quantity',
    [element('Observation.value[x]', { type: [{ code: 'Quantity' }], ...bound('required') })],
    { valueQuantity: { system: 'http://f', code: 'apple' } },
    { valueQuantity: { system: 'http://x', code: 'apple' } },
    'binding-required',
    'Observation.value',
  ],
  [
    'a rule',
    [
      element('Observation', {
        constraint: [{ key: 'x-1', severity: 'error', human: 'h', expression: "status = 'final'" }],
      }),
    ],
    {},
    { status: 'amended' },
    'invariant',
    'Observation',
  ],
  [
    'a rule of an element within',
    [
      element('Observation.referenceRange.text', {
        constraint: [{ key: 'x-2', severity: 'error', human: 'h', expression: 'length() < 3' }],
      }),
    ],
    { referenceRange: [{ text: 'ab' }] },
    { referenceRange: [{ text: 'ab' }, { text: 'abc' }] },
    'invariant',
    'Observation.referenceRange[1].text',
  ],
  [
    'the profile of a type',
    [
      element('Observation.value[x]', {
        type: [{ code: 'Quantity', profile: ['http://hl7.org/fhir/StructureDefinition/SimpleQuantity'] }],
      }),
    ],
    { valueQuantity: { value: 1 } },
    { valueQuantity: { value: 1, comparator: '<' } },
    'profile-none',
    'Observation.value.comparator',
  ],
]

t.test('each is told where it stands, and what satisfies it passes', async (t) => {
  for (const [name, elements, good, bad, rule, expression] of ROWS) {
    const validate = openTestValidation([profileOn('Observation', ...elements), FRUIT])
    const asked = { level: 'errors', profiles: [PROFILE] } as const
    t.same(await validate(observation(good), asked), [], name)
    const found = (await validate(observation(bad), asked)).map((issue) => [
      issue.rule,
      issue.expression?.[0],
    ])
    t.ok(
      found.some(([one, place]) => one === rule && place === expression),
      `${name}: ${JSON.stringify(found)}`,
    )
  }
})

t.test('extensible bindings warn, preferred ones inform, examples say nothing', async (t) => {
  for (const [strength, severity] of [
    ['extensible', 'warning'],
    ['preferred', 'information'],
    ['example', undefined],
  ] as const) {
    const validate = openTestValidation([
      profileOn('Observation', element('Observation.method', bound(strength))),
      FRUIT,
    ])
    const issues = await validate(observation({ method: coded('plum') }), {
      level: 'all',
      profiles: [PROFILE],
    })
    t.equal(issues.find(({ rule }) => rule === `binding-${strength}`)?.severity, severity)
    t.same(
      await validate(observation({ method: coded('plum') }), { level: 'errors', profiles: [PROFILE] }),
      [],
    )
  }
})

t.test('what the server does not know is a warning, or an error where it is set so', async (t) => {
  const claimed = {
    ...observation({ method: coded('a'), extension: [{ url: 'http://x', valueBoolean: true }] }),
    meta: { profile: ['http://y'] },
  }
  const severities = async (options: Parameters<typeof openTestValidation>[1]) =>
    (await openTestValidation([], options)(claimed, { level: 'all' }))
      .filter(({ rule }) => rule?.startsWith('unknown-'))
      .map(({ rule, severity }) => [rule, severity])
      .sort()
  t.same(await severities({}), [
    ['unknown-extension', 'warning'],
    ['unknown-profile', 'warning'],
    ['unknown-system', 'warning'],
  ])
  t.same(await severities({ unknownExtension: 'error', unknownProfile: 'error', unknownSystem: 'error' }), [
    ['unknown-extension', 'error'],
    ['unknown-profile', 'error'],
    ['unknown-system', 'error'],
  ])
})

t.test('a profile of another type, and one that leads to itself, do no harm', async (t) => {
  const other = openTestValidation([profileOn('Patient')])
  t.match(await other({ ...observation({}), meta: { profile: [PROFILE] } }, { level: 'errors' }), [
    { rule: 'profile-of-other-type' },
  ])
  const circular = profileOn(
    'Observation',
    element('Observation.contained', { type: [{ code: 'Observation', profile: [PROFILE] }] }),
  )
  const inner = { ...observation({ id: 'a' }) }
  const issues = await openTestValidation([circular])(
    {
      ...observation({ contained: [inner], hasMember: [{ reference: '#a' }] }),
      meta: { profile: [PROFILE] },
    },
    { level: 'errors' },
  )
  t.same(issues, [])
})

t.test('names that every object has are names like any other', async (t) => {
  const validate = openTestValidation()
  for (const name of ['__proto__', 'constructor', 'toString']) {
    const coding = { system: name, code: name }
    const issues = await validate(
      { ...observation({ code: { coding: [coding] } }), meta: { profile: [name] } },
      { level: 'errors' },
    )
    t.same(issues, [], name)
  }
})
