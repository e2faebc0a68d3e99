// Whatever is asked, reading it gives a question or one coded refusal, and soon.
import fc from 'fast-check'
import t from 'tap'
import { loadDefinitions } from '../../src/fhir/definitions.ts'
import { FhirError } from '../../src/fhir/outcome.ts'
import { createTerminology } from '../../src/fhir/terminology.ts'
import type { SearchContext } from '../../src/search/context.ts'
import { evaluate } from '../../src/search/evaluate.ts'
import { parseCriteria, parseScopeParams, parseSearch } from '../../src/search/parse.ts'

const definitions = loadDefinitions()
const context: SearchContext = {
  definitions,
  terminology: createTerminology(definitions),
  settings: {
    timeZone: 'Asia/Tokyo',
    baseUrl: 'https://own.example/fhir',
    defaultCount: 20,
    maxCount: 1000,
  },
}

/** Far above what any of these takes on a busy machine: only a search that never ends is above it. */
const SOON_MS = 2_000

const TYPES = ['Patient', 'Observation', 'Location', 'MolecularSequence', 'Bundle', undefined] as const
const type = fc.constantFrom(...TYPES)
const codes = TYPES.flatMap((each) => (each ? [...definitions.searchParameters(each).keys()] : []))
const modifiers = ['missing', 'not', 'exact', 'contains', 'text', 'in', 'not-in', 'above', 'below', 'of-type']
const results = ['_count', '_sort', '_total', '_summary', '_elements', '_include', '_revinclude', '_type']
const wild = ['__proto__', 'constructor', 'toString', '_has', '*', '', 'Patient', 'Observation', 'iterate']
const word = fc.constantFrom(...codes, ...modifiers, ...results, ...wild)

// Pieces of the grammar in no order, so that most of it goes deep before it goes wrong.
const pieces = (...more: string[]) =>
  fc
    .array(fc.oneof(word, fc.constantFrom(...more), fc.string({ unit: 'grapheme', maxLength: 4 })), {
      maxLength: 8,
    })
    .map((parts) => parts.join(''))
const name = fc.oneof(word, pieces(':', '.', '_has:', ':Patient', '.subject'), fc.string({ unit: 'binary' }))
const value = fc.oneof(
  pieces(
    '|',
    '$',
    ',',
    '\\',
    '\\,',
    'eq',
    'ap',
    '-',
    '1',
    '.5',
    'e9',
    '2020',
    '-01',
    'T',
    '%',
    '\u0001',
    '/',
  ),
  fc.constantFrom('true', '2020', '5|urn:s|c', 'Patient/1', 'http://hl7.org/fhir/ValueSet/languages', 'a$5'),
  fc.string({ unit: 'binary', maxLength: 40 }),
)
const params = fc.array(fc.tuple(name, value), { maxLength: 5 })

/** Resolves to what came of it; rejects where it was slow, or failed with anything but a coded error. */
async function read<T>(run: () => Promise<T>): Promise<T | undefined> {
  const from = performance.now()
  const answer = await run().catch((error: unknown) => {
    if (!(error instanceof FhirError)) throw error
    return undefined
  })
  const took = performance.now() - from
  if (took > SOON_MS) throw new Error(`took ${took} ms`)
  return answer
}

t.test('random garbage is read or refused with FhirError, and soon', async (t) => {
  await fc.assert(
    fc.asyncProperty(type, params, async (type, params) => {
      const strict = await read(() => parseSearch(context, type, params))
      for (const { type, where } of strict?.query.select ?? []) evaluate(where, type, [])
    }),
    { numRuns: 3_000 },
  )
  t.pass('3,000 of them')
})

t.test(
  'what lenient handling cannot apply is never in self, what strict handling reads is all of it',
  async (t) => {
    await fc.assert(
      fc.asyncProperty(type, params, async (type, params) => {
        const strict = await read(() => parseSearch(context, type, params))
        const lenient = await read(() => parseSearch(context, type, params, { handling: 'lenient' }))
        if (strict && strict.self.length !== params.length)
          throw new Error('strict handling left something out')
        if (strict && !lenient) throw new Error('lenient handling refuses what strict handling reads')
        if (!lenient) return
        const again = await parseSearch(context, type, lenient.self)
        if (JSON.stringify(again.self) !== JSON.stringify(lenient.self))
          throw new Error('self is not what it says')
      }),
      { numRuns: 1_500 },
    )
    t.pass('1,500 of them')
  },
)

t.test('criteria and scopes are read or refused with FhirError, too', async (t) => {
  await fc.assert(
    fc.asyncProperty(params, async (params) => {
      const text = new URLSearchParams(params.map(([name, value]) => [name, value])).toString()
      await read(() => parseCriteria(context, 'Patient', text))
      await read(() => parseScopeParams(context, 'Observation', params))
    }),
    { numRuns: 1_000 },
  )
  t.pass('1,000 of them')
})

const LONG: readonly (readonly [title: string, name: string, value: string])[] = [
  ['many commas', '_id', ','.repeat(100_000)],
  ['many escapes', 'name', '\\,'.repeat(100_000)],
  ['many accents', 'name', `a${'\u0301'.repeat(100_000)}`],
  ['many digits', 'birthdate', '9'.repeat(100_000)],
  ['a long number', 'near', `${'1'.repeat(50_000)}|${'1'.repeat(50_000)}`],
  ['many links', `${'organization.'.repeat(50_000)}name`, 'a'],
  ['many links to anything', `${'subject.'.repeat(9)}_id`, 'a'],
  ['many reversals', `${'_has:Patient:link:'.repeat(50_000)}name`, 'a'],
  ['many modifiers', `name${':exact'.repeat(50_000)}`, 'a'],
  ['many slashes', 'organization', '/'.repeat(100_000)],
  ['many sort keys', '_sort', '-_id,'.repeat(50_000)],
  ['many elements', '_elements', 'a,'.repeat(100_000)],
]
for (const [title, name, value] of LONG)
  t.test(`${title} end soon`, async (t) => {
    for (const type of ['Patient', 'Location', 'Composition'])
      await read(() => parseSearch(context, type, [[name, value]], { handling: 'lenient' }))
    t.pass()
  })
