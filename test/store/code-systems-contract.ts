// What every code system answers, however it is kept: as a resource in memory, or in the store.
import type { Test } from 'tap'
import type {
  CodeSystemHead,
  CodeSystemSource,
  ConceptFilter,
  ConceptRow,
} from '../../src/fhir/code-system.ts'

const HEAD: CodeSystemHead = {
  url: 'http://a.b/fruit',
  version: '1',
  name: 'Fruit',
  caseSensitive: true,
  content: 'complete',
  properties: [],
}

function row(code: string, display: string, more: Partial<ConceptRow> = {}): ConceptRow {
  return {
    code,
    display,
    designations: [],
    properties: [],
    parents: [],
    inactive: false,
    abstract: false,
    ...more,
  }
}

const colour = (value: string) => [{ code: 'colour', type: 'string', value }] as const

const ROWS: readonly ConceptRow[] = [
  row('fruit', 'Fruit', { designations: [{ language: 'ja', value: '果物' }], abstract: true }),
  row('apple', 'Apple', {
    parents: ['fruit'],
    properties: colour('red'),
    designations: [{ language: 'ja', value: 'リンゴ' }],
  }),
  row('fuji', 'Fuji apple', { parents: ['apple'], properties: colour('red') }),
  row('pear', 'Pear', { parents: ['fruit'], properties: colour('green') }),
  row('medlar', 'Medlar', { parents: ['fruit'], inactive: true, definition: 'Eaten when it is soft' }),
  row('pome', 'Pome', { parents: ['fruit'] }),
  row('quince', 'Quince', { parents: ['pome', 'apple'] }),
]

const filter = (property: string, op: string, value: string): ConceptFilter => ({ property, op, value })

/** Filters, and the codes that they leave. */
const FILTERS: readonly (readonly [string, readonly ConceptFilter[], readonly string[]])[] = [
  ['none', [], ['fruit', 'apple', 'fuji', 'pear', 'medlar', 'pome', 'quince']],
  ['is-a', [filter('concept', 'is-a', 'apple')], ['apple', 'fuji', 'quince']],
  ['is-a of several', [filter('concept', 'is-a', 'pear,pome')], ['pear', 'pome', 'quince']],
  ['is-a of nothing', [filter('concept', 'is-a', 'plum')], []],
  ['descendent-of', [filter('concept', 'descendent-of', 'apple')], ['fuji', 'quince']],
  ['descendent-of several', [filter('concept', 'descendent-of', 'apple, pome')], ['fuji', 'quince']],
  [
    'descendent-of one beneath another',
    [filter('concept', 'descendent-of', 'fruit,pome')],
    ['apple', 'fuji', 'pear', 'medlar', 'pome', 'quince'],
  ],
  ['is-not-a', [filter('concept', 'is-not-a', 'apple')], ['fruit', 'pear', 'medlar', 'pome']],
  ['generalizes', [filter('concept', 'generalizes', 'quince')], ['fruit', 'apple', 'pome', 'quince']],
  ['parent', [filter('parent', '=', 'fruit')], ['apple', 'pear', 'medlar', 'pome']],
  ['parent in', [filter('parent', 'in', 'pome,apple')], ['fuji', 'quince']],
  ['parent not-in', [filter('parent', 'not-in', 'fruit')], ['fruit', 'fuji', 'quince']],
  [
    'parent exists',
    [filter('parent', 'exists', 'true')],
    ['apple', 'fuji', 'pear', 'medlar', 'pome', 'quince'],
  ],
  ['parent exists not', [filter('parent', 'exists', 'false')], ['fruit']],
  ['code =', [filter('code', '=', 'pear')], ['pear']],
  ['code = nothing', [filter('code', '=', 'plum')], []],
  ['code in', [filter('code', 'in', 'quince, pear')], ['pear', 'quince']],
  ['display', [filter('display', '=', 'Fuji apple')], ['fuji']],
  ['=', [filter('colour', '=', 'red')], ['apple', 'fuji']],
  ['in', [filter('colour', 'in', 'red,green')], ['apple', 'fuji', 'pear']],
  ['not-in', [filter('colour', 'not-in', 'red')], ['fruit', 'pear', 'medlar', 'pome', 'quince']],
  ['exists', [filter('colour', 'exists', 'true')], ['apple', 'fuji', 'pear']],
  ['exists not', [filter('colour', 'exists', 'false')], ['fruit', 'medlar', 'pome', 'quince']],
  ['regex', [filter('code', 'regex', 'p.*')], ['pear', 'pome']],
  ['two', [filter('concept', 'is-a', 'apple'), filter('colour', '=', 'red')], ['apple', 'fuji']],
  [
    'two and an expression',
    [filter('concept', 'is-a', 'fruit'), filter('code', 'regex', '.{4}')],
    ['fuji', 'pear', 'pome'],
  ],
]

const WORDS: readonly (readonly [readonly string[], readonly string[]])[] = [
  [['apple'], ['apple', 'fuji']],
  [['ap', 'fu'], ['fuji']],
  [['りんご'], ['apple']],
  [['果'], ['fruit']],
  [['物'], ['fruit']],
  [['q'], ['quince']],
  [['plum'], []],
]

/** Asks `open` for a source of the rows, and checks every answer. */
export async function codeSystemContract(
  t: Test,
  open: (head: CodeSystemHead, rows: readonly ConceptRow[]) => Promise<CodeSystemSource>,
): Promise<void> {
  const source = await open(HEAD, ROWS)
  const codes = async (filters: readonly ConceptFilter[], more: object = {}) =>
    (await source.select({ filters, ...more }, 0, 100)).map(({ code }) => code)

  t.test('it tells of itself', async (t) => {
    t.match(source, {
      url: HEAD.url,
      version: '1',
      name: 'Fruit',
      caseSensitive: true,
      count: 7,
      isHierarchical: true,
    })
  })

  t.test('a concept has its texts, properties and what lies above it', async (t) => {
    t.match(await source.concept('apple'), {
      code: 'apple',
      display: 'Apple',
      designations: [{ value: 'リンゴ' }],
      properties: [{ value: 'red' }],
      parents: ['fruit'],
      inactive: false,
    })
    t.match(await source.concept('medlar'), { definition: 'Eaten when it is soft', inactive: true })
    t.same([...((await source.concept('quince'))?.parents ?? [])].sort(), ['apple', 'pome'])
    t.equal(await source.concept('Apple'), undefined)
    t.equal(await source.concept('plum'), undefined)
  })

  t.test('each filter leaves what it says, in order, on every way to ask', async (t) => {
    for (const [name, filters, wanted] of FILTERS) {
      t.same(await codes(filters), wanted, name)
      t.equal(await source.total({ filters }), wanted.length, name)
      for (const { code } of ROWS)
        t.equal(await source.selects({ filters }, code), wanted.includes(code), `${name}: ${code}`)
      const paged = [
        ...(await source.select({ filters }, 0, 2)),
        ...(await source.select({ filters }, 2, 100)),
      ]
      t.same(
        paged.map(({ code }) => code),
        wanted,
        `${name} by pages`,
      )
    }
  })

  t.test('where case makes no difference, it makes none in a hierarchy', async (t) => {
    const folded = await open({ ...HEAD, url: `${HEAD.url}-folded`, caseSensitive: false }, ROWS)
    for (const [op, wanted] of [
      ['is-a', ['apple', 'fuji', 'quince']],
      ['descendent-of', ['fuji', 'quince']],
    ] as const) {
      const found = await folded.select({ filters: [filter('concept', op, 'APPLE')] }, 0, 100)
      t.same(
        found.map(({ code }) => code),
        wanted,
        op,
      )
    }
  })

  t.test('words are found in any text and any script', async (t) => {
    for (const [words, wanted] of WORDS) {
      t.same(await codes([], { words }), wanted, words.join(' '))
      t.equal(await source.total({ filters: [], words }), wanted.length)
      t.same(
        await codes([filter('concept', 'is-a', 'fruit')], { words }),
        wanted,
        `${words.join(' ')} beneath`,
      )
    }
  })

  t.test('what is inactive can be left out', async (t) => {
    t.notOk((await codes([], { activeOnly: true })).includes('medlar'))
    t.equal(await source.total({ filters: [], activeOnly: true }), 6)
  })

  t.test('what lies above and below', async (t) => {
    t.same([...(await source.closure('apple', 'down', 100))].sort(), ['apple', 'fuji', 'quince'])
    t.same([...(await source.closure('quince', 'up', 100))].sort(), ['apple', 'fruit', 'pome', 'quince'])
    t.same(await source.closure('plum', 'down', 100), [])
    t.equal(
      (await source.closure('fruit', 'down', 3)).length,
      4,
      'one more than the limit where there are more',
    )
    t.ok(await source.subsumes('fruit', 'fuji'))
    t.ok(await source.subsumes('fuji', 'fuji'))
    t.notOk(await source.subsumes('fuji', 'fruit'))
    t.notOk(await source.subsumes('plum', 'fruit'))
  })
}
