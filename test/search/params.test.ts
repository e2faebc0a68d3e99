// How R4's parameters are served, and what their kinds count.
import t from 'tap'
import { loadDefinitions, type SearchParameter } from '../../src/fhir/definitions.ts'
import { type Served, servedBy } from '../../src/search/params.ts'

const definitions = loadDefinitions()
const all = definitions.resourceTypes.flatMap((type) =>
  [...definitions.searchParameters(type).keys()].map((code) => [type, code] as const),
)
const served = (type: string, code: string) => servedBy(definitions, type, code)!

/** What stands for the components in the table below. */
function summarise(how: Served): unknown {
  return how.kind === 'joined' ? how.components.map(({ parameter }) => parameter.code) : how
}

t.test('every parameter of every type is served in one of the ways', async (t) => {
  const counts: Record<string, number> = {}
  for (const [type, code] of all) {
    const { kind } = served(type, code)
    counts[kind] = (counts[kind] ?? 0) + 1
  }
  t.comment(JSON.stringify(counts))
  t.equal(counts['none'] ?? 0, 0)
  t.same(counts, { own: 2439, narrowed: 47, joined: 66, union: 17, root: 4 })
})

const ROWS: readonly (readonly [string, unknown])[] = [
  ['Observation.code', { kind: 'own' }],
  ['Observation.patient', { kind: 'narrowed', param: 'subject', type: 'Patient' }],
  ['Encounter.practitioner', { kind: 'narrowed', param: 'participant', type: 'Practitioner' }],
  ['EpisodeOfCare.care-manager', { kind: 'own' }],
  ['Observation.combo-code', { kind: 'union', of: ['code', 'component-code'] }],
  [
    'Observation.combo-code-value-quantity',
    { kind: 'union', of: ['code-value-quantity', 'component-code-value-quantity'] },
  ],
  ['Observation.code-value-quantity', { kind: 'root', components: ['code', 'value-quantity'] }],
  ['Observation.component-code-value-quantity', ['component-code', 'component-value-quantity']],
  ['Group.characteristic-value', ['characteristic', 'value']],
  ['MolecularSequence.chromosome-variant-coordinate', ['chromosome', 'variant-start', 'variant-end']],
  ['Patient.phonetic', { kind: 'union', of: ['name'] }],
  ['Organization.phonetic', { kind: 'own' }],
  ['Bundle.composition', { kind: 'own' }],
  ['Bundle.message', { kind: 'own' }],
  ['Location.near', { kind: 'own' }],
]
for (const [name, expected] of ROWS)
  t.test(`${name} is served by the rows it should be`, async (t) => {
    const [type = '', code = ''] = name.split('.')
    t.same(summarise(served(type, code)), expected)
  })

t.test(
  'what serves others has rows of its own, so that no chain of them is needed but for composites',
  async (t) => {
    for (const [type, code] of all) {
      const how = served(type, code)
      if (how.kind === 'narrowed') t.equal(served(type, how.param).kind, 'own', `${type}.${code}`)
      if (how.kind === 'union')
        for (const part of how.of)
          t.notMatch(served(type, part).kind, /union|none|narrowed/, `${type}.${code}`)
    }
  },
)

t.test('a posted parameter has its own rows and changes nobody else’s', async (t) => {
  const posted: SearchParameter = {
    ...definitions.searchParameters('Patient').get('name')!,
    url: 'https://example.org/SearchParameter/a-name',
    code: 'a-name',
  }
  const parameters = new Map([['a-name', posted], ...definitions.searchParameters('Patient')])
  const extended = { ...definitions, searchParameters: () => parameters }
  t.same(servedBy(extended, 'Patient', 'a-name'), { kind: 'own' })
  for (const code of definitions.searchParameters('Patient').keys())
    t.same(servedBy(extended, 'Patient', code), served('Patient', code))
})

t.test('a code that the type lacks is served in no way', async (t) => {
  t.equal(servedBy(definitions, 'Patient', 'code'), undefined)
  t.equal(servedBy(definitions, 'Nothing', 'code'), undefined)
})
