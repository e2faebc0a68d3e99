// The entries of a resource, as the table in src/README.md states them.
import t from 'tap'
import { loadDefinitions, type SearchParameter } from '../../src/fhir/definitions.ts'
import { parseJson } from '../../src/fhir/json.ts'
import type { Resource } from '../../src/fhir/resource.ts'
import { assertIndexable, createIndexer } from '../../src/search/index-values.ts'
import { compositePrefix, OPEN, quantityKey } from '../../src/search/keys.ts'
import { servedBy } from '../../src/search/params.ts'
import { compareAxis, type IndexEntry } from '../../src/search/query.ts'
import { examplesMissing, officialExamples } from '../support/examples.ts'

const definitions = loadDefinitions()
const SETTINGS = { timeZone: 'Asia/Tokyo', baseUrl: 'http://here/fhir' }
const index = createIndexer(definitions, SETTINGS)
const UCUM = 'http://unitsofmeasure.org'
const s = '\u0001'

/** `lo` where it is also `hi`, else both. */
const show = ({ lo, hi }: IndexEntry) => (lo === hi ? lo : [lo, hi])
const entriesOf = (resource: object, param: string) =>
  index(resource as Resource)
    .filter((entry) => entry.param === param)
    .map(show)

const observation = (content: object) => ({ resourceType: 'Observation', id: 'o', ...content })
const patient = (content: object) => ({ resourceType: 'Patient', id: 'p', ...content })

/** Numbers as they are sent: `"value": 5.40` keeps its digits. */
const quantity = (json: string) => observation({ valueQuantity: parseJson(json) as object })

const TABLE: readonly (readonly [string, object, string, unknown])[] = [
  [
    'a token has its code first, then its system',
    observation({ code: { coding: [{ system: 'http://s', code: 'AB' }] } }),
    'code',
    [`ab${s}http://s`],
  ],
  [
    'a token without system ends with the separator',
    observation({ code: { coding: [{ code: 'AB' }] } }),
    'code',
    [`ab${s}`],
  ],
  [
    'a system that minds the case keeps it',
    observation({ code: { coding: [{ system: UCUM, code: 'Mg' }] } }),
    'code',
    [`Mg${s}${UCUM}`],
  ],
  [
    'a code has the system of its binding',
    patient({ gender: 'male' }),
    'gender',
    [`male${s}http://hl7.org/fhir/administrative-gender`],
  ],
  ['a boolean is a token', patient({ active: true }), 'active', [`true${s}`]],
  ['who has not died is deceased=false', patient({}), 'deceased', [`false${s}`]],
  ['a date of death is deceased=true', patient({ deceasedDateTime: '2020' }), 'deceased', [`true${s}`]],
  ['deceasedBoolean false is false', patient({ deceasedBoolean: false }), 'deceased', [`false${s}`]],
  [
    'an identifier is value and system',
    patient({ identifier: [{ system: 'http://s', value: 'V1' }] }),
    'identifier',
    [`v1${s}http://s`],
  ],
  [
    'a typed identifier has its type, system and value',
    patient({ identifier: [{ value: 'V1', type: { coding: [{ system: 'http://t', code: 'MR' }] } }] }),
    'identifier:of-type',
    [`mr${s}http://t${s}v1`],
  ],
  [
    'a phone is a token of that system alone',
    patient({
      telecom: [
        { system: 'phone', value: '03' },
        { system: 'email', value: 'A@b' },
      ],
    }),
    'email',
    [`a@b${s}`],
  ],
  [
    'text and display are folded',
    observation({ code: { coding: [{ code: 'x', display: 'Ｂody W' }], text: 'たいじゅう' } }),
    'code:text',
    ['bodyw', 'たいじゅう'],
  ],
  [
    'display alone leaves a mark that it is present',
    observation({ code: { coding: [{ display: 'x' }] } }),
    'code:present',
    [1],
  ],
  ['what is absent leaves nothing', observation({}), 'code:present', []],
  ['what has an entry needs no mark', observation({ code: { coding: [{ code: 'x' }] } }), 'code:present', []],
  [
    'a name has every part, and family and given in both orders',
    patient({ name: [{ text: '山田 太郎', family: '山田', given: ['太郎'], prefix: ['Dr.'] }] }),
    'name',
    ['山田太郎', '山田', '太郎', 'dr.', '太郎山田'],
  ],
  [
    'a name is exact as written',
    patient({ name: [{ text: '山田 太郎', family: 'ヤマダ' }] }),
    'name:exact',
    ['山田 太郎', 'ヤマダ'],
  ],
  ['kana are folded in family', patient({ name: [{ family: 'ﾔﾏﾀﾞ' }] }), 'family', ['やまだ']],
  [
    'an address has every part',
    patient({ address: [{ line: ['1-2 A'], city: 'B', postalCode: '100' }] }),
    'address',
    ['1-2a', 'b', '100'],
  ],
  ['phonetic has no rows where it is name', patient({ name: [{ family: 'x' }] }), 'phonetic', []],
  [
    'a relative reference is our own',
    observation({ subject: { reference: 'Patient/1/_history/2' } }),
    'subject',
    ['Patient/1'],
  ],
  [
    'an absolute one on our base too',
    observation({ subject: { reference: 'http://here/fhir/Patient/1' } }),
    'subject',
    ['Patient/1'],
  ],
  [
    'another server’s stays as it is',
    observation({ subject: { reference: 'http://there/fhir/Patient/1' } }),
    'subject',
    ['http://there/fhir/Patient/1'],
  ],
  ['what is contained is no entry', observation({ subject: { reference: '#1' } }), 'subject', []],
  ['but is present', observation({ subject: { reference: '#1' } }), 'subject:present', [1]],
  [
    'a logical reference is a token',
    observation({ subject: { identifier: { system: 'http://s', value: 'V' } } }),
    'subject:identifier',
    [`v${s}http://s`],
  ],
  [
    'patient has no rows where it is subject',
    observation({ subject: { reference: 'Patient/1' } }),
    'patient',
    [],
  ],
  [
    'a canonical is its url and both',
    { resourceType: 'QuestionnaireResponse', questionnaire: 'http://q|2' },
    'questionnaire',
    ['http://q', `http://q${s}2`],
  ],
  [
    'the first entry of a document is what composition points at',
    {
      resourceType: 'Bundle',
      entry: [
        { resource: { resourceType: 'Composition', id: 'c' } },
        { resource: { resourceType: 'Composition', id: 'd' } },
      ],
    },
    'composition',
    ['Composition/c'],
  ],
  [
    'and not what message points at',
    { resourceType: 'Bundle', entry: [{ resource: { resourceType: 'Composition', id: 'c' } }] },
    'message',
    [],
  ],
  [
    'a day is a day of the zone',
    patient({ birthDate: '1970-01-02' }),
    'birthdate',
    [[15 * 3_600_000, 39 * 3_600_000]],
  ],
  [
    'a period without end is open',
    { resourceType: 'Encounter', period: { start: '1970-01-01T00:00:01Z' } },
    'date',
    [[1000, OPEN]],
  ],
  [
    'a period without start is open',
    { resourceType: 'Encounter', period: { end: '1970-01-01T00:00:01Z' } },
    'date',
    [[-OPEN, 2000]],
  ],
  [
    'a timing reaches from its first to its last event',
    observation({ effectiveTiming: { event: ['1970-01-01T00:00:05Z', '1970-01-01T00:00:01Z'] } }),
    'date',
    [[1000, 6000]],
  ],
  [
    'a number has half of its precision',
    { resourceType: 'RiskAssessment', prediction: [{ probabilityDecimal: 0.5 }] },
    'probability',
    [[0.5, 0.55]],
  ],
  [
    'a value with a comparator is a range',
    quantity('{"value":5,"comparator":"<"}'),
    'value-quantity:range',
    [[-OPEN, 5]],
  ],
  ['and not a value', quantity('{"value":5,"comparator":">="}'), 'value-quantity', []],
  [
    'sampled data reach from least to greatest',
    observation({
      valueSampledData: { origin: { value: 10 }, factor: 2, data: '1 3 E -2', period: 1, dimensions: 1 },
    }),
    'value-quantity:range',
    [[6, 16]],
  ],
  [
    'money has its currency',
    { resourceType: 'Invoice', totalNet: { value: 9, currency: 'JPY' } },
    'totalnet',
    [
      [9, 9.5],
      [quantityKey('', 'JPY', 9), quantityKey('', 'JPY', 9.5)],
      [quantityKey('urn:iso:std:iso:4217', 'JPY', 9), quantityKey('urn:iso:std:iso:4217', 'JPY', 9.5)],
    ],
  ],
  [
    'a position is its latitude, and its longitude a turn further, so that it is an interval',
    { resourceType: 'Location', position: { latitude: 35.6, longitude: 139.7 } },
    'near',
    [[35.6, 499.7]],
  ],
  ['the id is an entry', patient({}), '_id', ['p']],
  [
    'the store writes lastUpdated',
    patient({ meta: { lastUpdated: '2020-01-01T00:00:00Z' } }),
    '_lastUpdated',
    [],
  ],
  [
    'tags are tokens',
    patient({ meta: { tag: [{ system: 'http://t', code: 'A' }] } }),
    '_tag',
    [`a${s}http://t`],
  ],
  [
    'profiles are uris, also without version',
    patient({ meta: { profile: ['http://p|1'] } }),
    '_profile',
    ['http://p|1', 'http://p'],
  ],
  [
    'a patient is in its own compartment alone',
    patient({ link: [{ other: { reference: 'Patient/2' } }] }),
    '_compartment',
    ['Patient/p'],
  ],
  [
    'an observation is in those of its subject and performer, not of its focus',
    observation({
      subject: { reference: 'Patient/1' },
      performer: [{ reference: 'Patient/2' }, { reference: 'Practitioner/3' }],
      focus: [{ reference: 'Patient/4' }],
    }),
    '_compartment',
    ['Patient/2', 'Patient/1'],
  ],
  [
    'a type outside the compartment is in none',
    { resourceType: 'Organization', id: 'x' },
    '_compartment',
    [],
  ],
  [
    'contained resources have no entries',
    observation({ contained: [{ resourceType: 'Patient', id: 'c', name: [{ family: 'x' }] }] }),
    'name',
    [],
  ],
]
for (const [title, resource, param, expected] of TABLE)
  t.test(title, async (t) => t.same(entriesOf(resource, param), expected))

t.test('a quantity has a number, its unit and its code as written, and the canonical unit', async (t) => {
  const entries = entriesOf(
    quantity(`{"value":5.40,"unit":"milligram","system":"${UCUM}","code":"mg"}`),
    'value-quantity',
  )
  t.same(entries, [
    [5.4, 5.405],
    [quantityKey('', 'mg', 5.4), quantityKey('', 'mg', 5.405)],
    [quantityKey('', 'milligram', 5.4), quantityKey('', 'milligram', 5.405)],
    [quantityKey(UCUM, 'g', 0.0054), quantityKey(UCUM, 'g', 0.005405)],
  ])
})

t.test('pairs of a composite come from the same component', async (t) => {
  const component = [
    { code: { coding: [{ system: 'http://s', code: 'a' }] }, valueQuantity: { value: 1 } },
    { code: { coding: [{ system: 'http://s', code: 'b' }] }, valueQuantity: { value: 2 } },
  ]
  const keys = index(observation({ component }) as Resource)
    .filter(({ param }) => param === 'component-code-value-quantity')
    .map(({ lo }) => lo)
  t.same(
    keys.sort(),
    ['a', 'b']
      .flatMap((code, at) =>
        [undefined, 'http://s'].map((system) => compositePrefix(system, code) + quantityKey('', '', at + 1)),
      )
      .sort(),
  )
})

t.test('of three components the third is the other end, and one may be the whole resource’s', async (t) => {
  const sequence = {
    resourceType: 'MolecularSequence',
    referenceSeq: { chromosome: { coding: [{ code: '1' }] } },
    variant: [{ start: 10, end: 20 }],
  }
  const any = compositePrefix(undefined, '1')
  const [row] = entriesOf(sequence, 'chromosome-variant-coordinate')
  t.same(row, [any + quantityKey('', '', 10), any + quantityKey('', '', 20)])
})

t.test('long codes that begin alike stay apart', async (t) => {
  const code = (end: string) =>
    entriesOf(observation({ code: { coding: [{ code: 'c'.repeat(600) + end }] } }), 'code')
  t.not(code('1')[0], code('2')[0])
})

t.test('an entry is never given twice', async (t) => {
  const coding = Array.from({ length: 40 }, (_, at) => ({ system: 'http://s', code: `c${at % 20}` }))
  t.equal(entriesOf(observation({ code: { coding } }), 'code').length, 20)
  t.equal(
    entriesOf(observation({ code: { coding: coding.slice(0, 4).concat(coding.slice(0, 4)) } }), 'code')
      .length,
    4,
  )
})

t.test(
  'every official example is indexed, each entry once, in order, under a parameter of its type',
  { skip: examplesMissing },
  async (t) => {
    const wrong: string[] = []
    const found = new Set<string>()
    for (const { file, resource } of officialExamples()) {
      const entries = index(resource)
      const keys = new Set(entries.map(({ param, lo, hi }) => JSON.stringify([param, lo, hi])))
      if (keys.size !== entries.length) wrong.push(`${file} repeats an entry`)
      for (const { param, lo, hi } of entries) {
        const [code = ''] = param.split(':')
        found.add(`${resource.resourceType}.${code}`)
        if (Number.isNaN(lo) || compareAxis(lo, hi) > 0) wrong.push(`${file} ${param}`)
        if (code !== '_compartment' && !servedBy(definitions, resource.resourceType, code))
          wrong.push(`${file} ${param}`)
      }
    }
    t.comment(`${found.size} parameters of types have entries`)
    t.same(wrong, [])
  },
)

const posted = (content: Partial<SearchParameter>): SearchParameter => ({
  url: 'https://example.org/SearchParameter/nick',
  code: 'nick',
  type: 'string',
  expression: "Patient.name.where(use = 'nickname').given.first()",
  target: [],
  component: [],
  ...content,
})

t.test('an expression of another shape is left to the engine, and numbers keep their digits', async (t) => {
  const parameters = [
    posted({}),
    posted({ code: 'multiple', type: 'number', expression: 'Patient.multipleBirth.ofType(integer).first()' }),
  ]
  const extended = {
    ...definitions,
    searchParameters: () => new Map(parameters.map((each) => [each.code, each])),
  }
  const name = [{ family: 'x' }, { use: 'nickname', given: ['Bö', 'C'] }]
  const entries = createIndexer(extended, SETTINGS)(patient({ name, multipleBirthInteger: 2 }) as Resource)
  t.same(entries.filter(({ param }) => param === 'nick').map(show), ['bo'])
  t.same(entries.filter(({ param }) => param === 'multiple').map(show), [[2, 2.5]])
})

t.test('a posted parameter is refused where its expression cannot give a value of its type', async (t) => {
  const check = (content: Partial<SearchParameter>) => () =>
    assertIndexable(definitions, 'Patient', posted(content))
  t.doesNotThrow(check({}))
  t.doesNotThrow(check({ type: 'token', expression: 'Patient.photo.exists()' }))
  t.throws(check({ expression: 'Patient.name.(' }), { code: 'invalid' })
  t.throws(check({ type: 'date', expression: 'Patient.name' }), { code: 'invalid' })
  t.throws(check({ type: 'special' }), { code: 'invalid' })
})
