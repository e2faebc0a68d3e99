// Slices: by each discriminator, under each rule, with too few, too many, in the wrong order, and of none (V22). https://hl7.org/fhir/R4/profiling.html#slicing
import t from 'tap'
import type { Resource } from '../../../src/fhir/resource.ts'
import { element, PROFILE, profileOn } from '../../support/profile.ts'
import { openTestValidation } from '../../support/validation.ts'

type Rules = 'open' | 'closed' | 'openAtEnd'

/** What a resource is, and the rules that it breaks: message code and place. */
type Row = readonly [name: string, resource: object, ...faults: readonly (readonly [string, string])[]]

async function check(name: string, definitions: readonly Resource[], rows: readonly Row[]): Promise<void> {
  await t.test(name, async (t) => {
    const validate = openTestValidation(definitions)
    for (const [what, resource, ...faults] of rows) {
      const issues = await validate({ ...resource, meta: { profile: [PROFILE] } }, { level: 'errors' })
      const found = issues.map(({ rule, expression }) => [rule, expression?.[0]])
      t.same(found, faults, `${what}: ${issues.map(({ diagnostics }) => diagnostics).join('; ')}`)
    }
  })
}

const bySystem = (rules: Rules, ordered = false) => ({
  slicing: { discriminator: [{ type: 'value', path: 'system' }], rules, ordered },
})

/** Two slices of Patient.identifier, told apart by their system. */
const identifiers = (rules: Rules, ordered = false) =>
  profileOn(
    'Patient',
    element('Patient.identifier', bySystem(rules, ordered)),
    element('Patient.identifier:a', { min: 1, max: '1' }),
    element('Patient.identifier:a.system', { min: 1, fixedUri: 'http://a' }),
    element('Patient.identifier:a.value', { min: 1 }),
    element('Patient.identifier:b', { max: '2' }),
    element('Patient.identifier:b.system', { min: 1, fixedUri: 'http://b' }),
  )

const patient = (...systems: readonly string[]) => ({
  resourceType: 'Patient',
  ...(systems.length > 0 && {
    identifier: systems.map((system, at) => ({ system: `http://${system}`, value: String(at) })),
  }),
})

await check(
  'open slicing by value',
  [identifiers('open')],
  [
    ['one of each', patient('a', 'b')],
    ['in any order, with others between', patient('b', 'x', 'a', 'y')],
    ['too few', patient('b'), ['slice-few', 'Patient.identifier']],
    ['none at all', patient(), ['slice-few', 'Patient']],
    ['too many', patient('a', 'a'), ['slice-many', 'Patient.identifier[1]']],
    ['too many of two', patient('a', 'b', 'b', 'b'), ['slice-many', 'Patient.identifier[3]']],
    [
      'what the slice asks for',
      { resourceType: 'Patient', identifier: [{ system: 'http://a' }] },
      ['profile-few', 'Patient.identifier[0]'],
    ],
  ],
)

await check(
  'closed slicing',
  [identifiers('closed')],
  [
    ['one of each', patient('b', 'a')],
    ['one of none', patient('a', 'x'), ['slice-none', 'Patient.identifier[1]']],
    [
      'two of none',
      patient('x', 'a', 'y'),
      ['slice-none', 'Patient.identifier[0]'],
      ['slice-none', 'Patient.identifier[2]'],
    ],
  ],
)

await check(
  'slicing that is open at its end',
  [identifiers('openAtEnd')],
  [
    ['others behind', patient('a', 'b', 'x', 'y')],
    ['another before', patient('x', 'a'), ['slice-end', 'Patient.identifier[0]']],
    ['another between', patient('a', 'x', 'b', 'y'), ['slice-end', 'Patient.identifier[1]']],
  ],
)

await check(
  'ordered slicing',
  [identifiers('open', true)],
  [
    ['in order', patient('a', 'b', 'b')],
    ['in order with others between', patient('a', 'x', 'b')],
    ['out of order', patient('b', 'a'), ['slice-order', 'Patient.identifier[1]']],
    ['back again', patient('a', 'b', 'x'), ...[]],
  ],
)

const category = (system: string, code: string) => ({ coding: [{ system: `http://${system}`, code }] })
const observation = (more: object) => ({
  resourceType: 'Observation',
  status: 'final',
  code: { text: 'a' },
  ...more,
})

await check(
  'by pattern: one of the codings is enough',
  [
    profileOn(
      'Observation',
      element('Observation.category', {
        slicing: { discriminator: [{ type: 'pattern', path: '$this' }], rules: 'open' },
      }),
      element('Observation.category:lab', {
        min: 1,
        max: '1',
        patternCodeableConcept: category('c', 'laboratory'),
      }),
    ),
  ],
  [
    ['it', observation({ category: [category('c', 'laboratory')] })],
    [
      'among other codings',
      observation({
        category: [
          { coding: [...category('d', 'x').coding, ...category('c', 'laboratory').coding], text: 'b' },
        ],
      }),
    ],
    [
      'another system',
      observation({ category: [category('d', 'laboratory')] }),
      ['slice-few', 'Observation.category'],
    ],
  ],
)

await check(
  'by a value that lies deeper, and by two discriminators together',
  [
    profileOn(
      'Observation',
      element('Observation.category', {
        slicing: {
          discriminator: [
            { type: 'value', path: 'coding.code' },
            { type: 'value', path: 'coding.system' },
          ],
          rules: 'closed',
        },
      }),
      element('Observation.category:vital', { min: 1 }),
      element('Observation.category:vital.coding', { min: 1 }),
      element('Observation.category:vital.coding.system', { min: 1, fixedUri: 'http://c' }),
      element('Observation.category:vital.coding.code', { min: 1, fixedCode: 'vital' }),
    ),
  ],
  [
    ['both', observation({ category: [category('c', 'vital')] })],
    [
      'the code alone',
      observation({ category: [category('d', 'vital')] }),
      ['slice-few', 'Observation.category'],
      ['slice-none', 'Observation.category[0]'],
    ],
  ],
)

await check(
  'by whether an element is there',
  [
    profileOn(
      'Patient',
      element('Patient.telecom', {
        slicing: { discriminator: [{ type: 'exists', path: 'period' }], rules: 'closed' },
      }),
      element('Patient.telecom:now', { max: '1' }),
      element('Patient.telecom:now.period', { max: '0' }),
      element('Patient.telecom:once', {}),
      element('Patient.telecom:once.period', { min: 1 }),
    ),
  ],
  [
    [
      'one now, two once',
      {
        resourceType: 'Patient',
        telecom: [{ system: 'phone' }, { period: { end: '2020' } }, { period: { end: '2021' } }],
      },
    ],
    [
      'two now',
      { resourceType: 'Patient', telecom: [{ system: 'phone' }, { system: 'fax' }] },
      ['slice-many', 'Patient.telecom[1]'],
    ],
  ],
)

const deceased = (rules: Rules) =>
  profileOn(
    'Patient',
    element('Patient.deceased[x]', { slicing: { discriminator: [{ type: 'type', path: '$this' }], rules } }),
    element('Patient.deceased[x]:deceasedDateTime', {
      min: 0,
      type: [{ code: 'dateTime' }],
      minValueDateTime: '2000-01-01T00:00:00Z',
    }),
  )

await check(
  'by the type of a choice',
  [deceased('open')],
  [
    ['the type, as it must be', { resourceType: 'Patient', deceasedDateTime: '2020-01-01' }],
    [
      'the type, not as it must be',
      { resourceType: 'Patient', deceasedDateTime: '1999-01-01' },
      ['min-value', 'Patient.deceased'],
    ],
    ['another type', { resourceType: 'Patient', deceasedBoolean: true }],
  ],
)

await check(
  'by the type of a choice, closed',
  [deceased('closed')],
  [['another type', { resourceType: 'Patient', deceasedBoolean: true }, ['slice-none', 'Patient.deceased']]],
)

await check(
  'the short spelling of a type leaves no other',
  [
    profileOn(
      'Observation',
      element('Observation.valueQuantity', { min: 0 }),
      element('Observation.valueQuantity.code', { min: 1 }),
    ),
  ],
  [
    ['the type', observation({ valueQuantity: { value: 1, system: 'http://u', code: 'kg' } })],
    [
      'without what it needs',
      observation({ valueQuantity: { value: 1 } }),
      ['profile-few', 'Observation.value'],
    ],
    [
      'another type',
      observation({ valueString: 'a' }),
      ['profile-type', 'Observation.value'],
      ['slice-none', 'Observation.value'],
    ],
  ],
)

const bundle = (...resources: readonly object[]) => ({
  resourceType: 'Bundle',
  type: 'collection',
  entry: resources.map((resource) => ({ resource })),
})

await check(
  'by the type of a resource',
  [
    profileOn(
      'Bundle',
      element('Bundle.entry', {
        slicing: { discriminator: [{ type: 'type', path: 'resource' }], rules: 'closed' },
      }),
      element('Bundle.entry:patient', { min: 1, max: '1' }),
      element('Bundle.entry:patient.resource', { min: 1, type: [{ code: 'Patient' }] }),
      element('Bundle.entry:observation', {}),
      element('Bundle.entry:observation.resource', { min: 1, type: [{ code: 'Observation' }] }),
    ),
  ],
  [
    ['those', bundle({ resourceType: 'Patient' }, observation({}))],
    [
      'another',
      bundle({ resourceType: 'Patient' }, { resourceType: 'Basic', code: { text: 'a' } }),
      ['slice-none', 'Bundle.entry[1]'],
    ],
    ['without the one', bundle(observation({})), ['slice-few', 'Bundle.entry']],
  ],
)

await check(
  'by what a reference leads to: contained, in the Bundle, or by its form',
  [
    profileOn(
      'Observation',
      element('Observation.performer', {
        slicing: { discriminator: [{ type: 'type', path: 'resolve()' }], rules: 'closed' },
      }),
      element('Observation.performer:person', {
        min: 1,
        type: [
          { code: 'Reference', targetProfile: ['http://hl7.org/fhir/StructureDefinition/Practitioner'] },
        ],
      }),
    ),
  ],
  [
    ['by its form', observation({ performer: [{ reference: 'Practitioner/1' }] })],
    [
      'contained',
      observation({
        contained: [{ resourceType: 'Practitioner', id: 'p' }],
        performer: [{ reference: '#p' }],
      }),
    ],
    [
      'another type',
      observation({ performer: [{ reference: 'Organization/1' }] }),
      ['slice-few', 'Observation.performer'],
      ['slice-none', 'Observation.performer[0]'],
    ],
    [
      'nobody can tell',
      observation({ performer: [{ reference: 'urn:uuid:0e1a5f6e-27c4-4b64-9d0a-5a3f6b0f0a11' }] }),
    ],
  ],
)

const named = {
  ...profileOn('Practitioner', element('Practitioner.name', { min: 1 })),
  url: 'http://a.b/named',
}

await check(
  'by the profile that a contained resource conforms to',
  [
    named,
    profileOn(
      'Observation',
      element('Observation.performer', {
        slicing: { discriminator: [{ type: 'profile', path: 'resolve()' }], rules: 'closed' },
      }),
      element('Observation.performer:named', {
        min: 1,
        type: [{ code: 'Reference', targetProfile: ['http://a.b/named'] }],
      }),
    ),
  ],
  [
    [
      'it does',
      observation({
        contained: [{ resourceType: 'Practitioner', id: 'p', name: [{ text: 'a' }] }],
        performer: [{ reference: '#p' }],
      }),
    ],
    [
      'it does not',
      observation({
        contained: [{ resourceType: 'Practitioner', id: 'p' }],
        performer: [{ reference: '#p' }],
      }),
      ['slice-few', 'Observation.performer'],
      ['slice-none', 'Observation.performer[0]'],
    ],
  ],
)

const PLACE = 'http://hl7.org/fhir/StructureDefinition/patient-birthPlace'

await check(
  'extensions by their url, and by what lies in one',
  [
    profileOn(
      'Patient',
      element('Patient.extension:place', {
        min: 1,
        max: '1',
        type: [{ code: 'Extension', profile: [PLACE] }],
      }),
      element('Patient.name', {
        slicing: {
          discriminator: [
            {
              type: 'value',
              path: "extension('http://hl7.org/fhir/StructureDefinition/iso21090-EN-representation').value",
            },
          ],
          rules: 'open',
        },
      }),
      element('Patient.name:kana', { min: 1 }),
      element('Patient.name:kana.extension', { min: 1 }),
      element('Patient.name:kana.extension:how', {
        min: 1,
        type: [
          {
            code: 'Extension',
            profile: ['http://hl7.org/fhir/StructureDefinition/iso21090-EN-representation'],
          },
        ],
      }),
      element('Patient.name:kana.extension:how.value[x]', { fixedCode: 'SYL' }),
    ),
  ],
  [
    [
      'both',
      {
        resourceType: 'Patient',
        extension: [{ url: PLACE, valueAddress: { text: 'a' } }],
        name: [
          {
            extension: [
              { url: 'http://hl7.org/fhir/StructureDefinition/iso21090-EN-representation', valueCode: 'SYL' },
            ],
            text: 'ア',
          },
        ],
      },
    ],
    [
      'neither',
      {
        resourceType: 'Patient',
        extension: [{ url: 'http://x', valueBoolean: true }],
        name: [{ text: 'ア' }],
      },
      ['slice-few', 'Patient.extension'],
      ['slice-few', 'Patient.name'],
    ],
  ],
)

await check(
  'a slice within a slice',
  [
    profileOn(
      'Patient',
      element('Patient.identifier', bySystem('open')),
      element('Patient.identifier:card', {
        slicing: { discriminator: [{ type: 'value', path: 'use' }], rules: 'closed' },
      }),
      element('Patient.identifier:card.system', { min: 1, fixedUri: 'http://card' }),
      element('Patient.identifier:card/old', { max: '1' }),
      element('Patient.identifier:card/old.use', { min: 1, fixedCode: 'old' }),
      element('Patient.identifier:card/now', { min: 1, max: '1' }),
      element('Patient.identifier:card/now.use', { min: 1, fixedCode: 'official' }),
    ),
  ],
  [
    [
      'both',
      {
        resourceType: 'Patient',
        identifier: [
          { system: 'http://card', use: 'old' },
          { system: 'http://x' },
          { system: 'http://card', use: 'official' },
        ],
      },
    ],
    [
      'two old ones, one of neither',
      {
        resourceType: 'Patient',
        identifier: [
          { system: 'http://card', use: 'old' },
          { system: 'http://card', use: 'old' },
          { system: 'http://card', use: 'temp' },
          { system: 'http://card', use: 'official' },
        ],
      },
      ['slice-many', 'Patient.identifier[1]'],
      ['slice-none', 'Patient.identifier[2]'],
    ],
  ],
)

await check(
  'an item belongs to the first slice that matches',
  [
    profileOn(
      'Observation',
      element('Observation.category', {
        slicing: { discriminator: [{ type: 'pattern', path: '$this' }], rules: 'open' },
      }),
      element('Observation.category:first', { max: '1', patternCodeableConcept: category('c', 'a') }),
      element('Observation.category:second', { min: 1, patternCodeableConcept: category('c', 'b') }),
    ),
  ],
  [
    [
      'it matches both',
      observation({ category: [{ coding: [...category('c', 'a').coding, ...category('c', 'b').coding] }] }),
      ['slice-few', 'Observation.category'],
    ],
  ],
)
