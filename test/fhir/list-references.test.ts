// Which of our own resources a stored document refers to. https://hl7.org/fhir/R4/references.html#literal
import fc from 'fast-check'
import t from 'tap'
import { isUniversal } from '../../src/access/directory.ts'
import { buildDocument, stampDocument } from '../../src/fhir/document.ts'
import { stringifyJson } from '../../src/fhir/json.ts'
import { listReferences } from '../../src/fhir/list-references.ts'
import { forEachReference, parseReference } from '../../src/fhir/reference.ts'
import type { Resource } from '../../src/fhir/resource.ts'
import { examplesMissing, officialExamples } from '../support/examples.ts'

const baseUrl = 'https://own.example/fhir'
const isPersonal = (type: string) => !isUniversal(type)
const list = (value: object, base: string | undefined = baseUrl) =>
  [...listReferences(Buffer.from(stringifyJson(value)), isPersonal, base)].sort()

const ROWS: readonly (readonly [rule: string, value: object, keys: readonly string[]])[] = [
  ['a relative reference', { focus: { reference: 'Observation/a' } }, ['Observation/a']],
  [
    'each once, whatever the version',
    { a: [{ reference: 'Task/a' }, { reference: 'Task/a/_history/2' }] },
    ['Task/a'],
  ],
  ['an absolute reference on our base', { a: { reference: `${baseUrl}/Task/a` } }, ['Task/a']],
  ['a fragment of another resource', { a: { reference: 'Task/a#b' } }, ['Task/a']],
  [
    'behind other properties and extensions',
    { a: { type: 'Task', reference: 'Task/a', display: 'é"結' } },
    ['Task/a'],
  ],
  ['not one of another server', { a: { reference: 'https://other.example/fhir/Task/a' } }, []],
  ['not a Patient', { a: { reference: 'Patient/a' } }, []],
  [
    'not one to what belongs to nobody',
    { a: [{ reference: 'Practitioner/a' }, { reference: 'ValueSet/a' }] },
    [],
  ],
  [
    'not a contained resource, a urn, a search',
    { a: [{ reference: '#a' }, { reference: 'urn:uuid:a' }, { reference: 'Task?a=b' }] },
    [],
  ],
  ['not a canonical or another URI', { instantiatesUri: ['Task/a'], url: 'Task/a', value: 'Task/a' }, []],
  [
    'not what a text says',
    { text: '"reference":"Task/a"', b: ['{"reference":"Task/b"}', '\\"reference":"Task/c'] },
    [],
  ],
  [
    'nothing behind an unusual text',
    { a: '\\', b: { reference: 'Task/a' }, c: '"', d: { reference: 'Task/b' } },
    ['Task/a', 'Task/b'],
  ],
  [
    'of a Bundle what its entries show',
    {
      resourceType: 'Bundle',
      entry: [
        { fullUrl: `${baseUrl}/Task/a`, resource: {} },
        { resource: { resourceType: 'Task', id: 'b' } },
        { fullUrl: 'urn:uuid:1', resource: { resourceType: 'Task', id: 'c' } },
      ],
    },
    ['Task/a', 'Task/b'],
  ],
]

for (const [rule, value, keys] of ROWS)
  t.test(`references are listed: ${rule}`, async (t) => {
    t.same(list(value), keys)
  })

t.test('without a base only relative references are ours', async (t) => {
  t.same(list({ a: [{ reference: `${baseUrl}/Task/a` }, { reference: 'Task/b' }] }, ''), ['Task/b'])
})

t.test('a document in the middle of a larger buffer is read alone', async (t) => {
  const all = Buffer.from('{"reference":"Task/a"}{"reference":"Task/b"}{"reference":"Task/c"}')
  t.same(listReferences(new Uint8Array(all.buffer, all.byteOffset + 22, 22), isPersonal), ['Task/b'])
})

const reference = fc
  .tuple(
    fc.constantFrom('', `${baseUrl}/`, '/', 'https://other.example/'),
    fc.constantFrom('Task', 'Patient', 'Media'),
    fc.constantFrom('', '/_history/1', '#a', '?a=b', '/b'),
  )
  .map(([base, type, end]) => `${base}${type}/id-1.x${end}`)
const marks = fc.constantFrom(
  '"reference":"',
  '\\',
  '"',
  'Task/a',
  '"reference":"Task/b"',
  '{',
  '結',
  '\u0001',
  '":"',
)
const text = fc.oneof(
  fc.string(),
  reference,
  fc.array(marks).map((some) => some.join('')),
)
const json = fc.letrec((tie) => ({
  value: fc.oneof(text, fc.integer(), tie('object'), fc.array(tie('value'), { maxLength: 3 })),
  object: fc.dictionary(
    fc.oneof(fc.constantFrom('a', 'reference', 'display', 'x"reference', 'y\\'), text),
    tie('value'),
    {
      maxKeys: 4,
    },
  ),
}))

t.test('whatever texts hold, what a walk finds is listed, and hardly more', async () => {
  fc.assert(
    fc.property(json['object'] as fc.Arbitrary<Resource>, (resource) => {
      const listed = list(resource)
      const walked = walk(resource)
      return (
        [...walked].every((key) => listed.includes(key)) &&
        (listed.length === walked.size || /\\"reference":|"resource":/.test(stringifyJson(resource)))
      )
    }),
    { numRuns: 2000 },
  )
})

t.test('of every official example the same are listed as by a walk', { skip: examplesMissing }, async (t) => {
  let found = 0
  for (const { file, resource } of officialExamples()) {
    const stored = stampDocument(buildDocument(resource, 'v'), 0)
    const listed = listReferences(stored, isPersonal, baseUrl)
    const walked = walk(resource)
    found += walked.size
    if (!/"resourceType":"(Bundle|Parameters)"/.test(Buffer.from(stored).toString()))
      t.same([...listed].sort(), [...walked].sort(), file)
    else if (![...walked].every((key) => listed.includes(key))) t.fail(file)
  }
  t.ok(found > 1500, `${found} found`)
})

function walk(resource: Resource): ReadonlySet<string> {
  const keys = new Set<string>()
  forEachReference(resource, ({ reference }) => {
    const literal = parseReference(reference, baseUrl)
    if (literal.kind === 'own' && literal.type !== 'Patient' && isPersonal(literal.type))
      keys.add(`${literal.type}/${literal.id}`)
  })
  return keys
}
