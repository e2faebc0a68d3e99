import fc from 'fast-check'
import t from 'tap'
import { FhirError } from '../../src/fhir/outcome.ts'
import { parseMask, parseQueryString, toQueryString, withoutForm } from '../../src/interactions/params.ts'

t.test('a query string gives its pairs, decoded and in order', (t) => {
  const cases: readonly [string, readonly (readonly [string, string])[]][] = [
    ['', []],
    ['a=1', [['a', '1']]],
    [
      'a=1&a=2&b=',
      [
        ['a', '1'],
        ['a', '2'],
        ['b', ''],
      ],
    ],
    ['a', [['a', '']]],
    ['&&a=1&', [['a', '1']]],
    ['a=b=c', [['a', 'b=c']]],
    ['name%3Aexact=%E5%B1%B1+%E7%94%B0', [['name:exact', '山 田']]],
    ['d=2024-01-01T00:00:00%2B09:00', [['d', '2024-01-01T00:00:00+09:00']]],
    ['=x', [['', 'x']]],
  ]
  for (const [text, pairs] of cases) t.strictSame(parseQueryString(text), pairs, text)
  t.end()
})

t.test('an escape that is broken or is not UTF-8 is refused', (t) => {
  for (const text of ['a=%', 'a=%E0%A4%A', 'a=%FF', '%C3=1', 'a=%zz'])
    t.throws(() => parseQueryString(text), { code: 'invalid' }, text)
  t.end()
})

t.test('writing a query string and reading it again gives the same pairs', (t) => {
  const word = fc.string({ unit: 'grapheme' }).filter((text) => text.isWellFormed())
  const pairs = fc.array(
    fc.tuple(
      word.filter((name) => name !== ''),
      word,
    ),
  )
  fc.assert(fc.property(pairs, (given) => t.strictSame(parseQueryString(toQueryString(given)), given)))
  t.end()
})

t.test('reading any text ends with pairs or a FhirError', (t) => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      try {
        return Array.isArray(parseQueryString(text))
      } catch (error) {
        return error instanceof FhirError && error.status === 400
      }
    }),
  )
  t.end()
})

t.test(
  '_format and _pretty are the edge’s; _summary and _elements make a mask; anything else is refused by name',
  (t) => {
    t.strictSame(
      withoutForm([
        ['_format', 'json'],
        ['a', '1'],
        ['_pretty', 'true'],
      ]),
      [['a', '1']],
    )
    t.equal(parseMask([['_format', 'json']]), undefined)
    t.strictSame(parseMask([['_summary', 'text']]), { summary: 'text' })
    t.strictSame(parseMask([['_elements', 'id, name']]), { elements: ['id', 'name'] })
    for (const params of [
      [['_summary', 'count']],
      [['_summary', 'x']],
      [['_elements', '']],
      [['_elements', 'a.b']],
      [
        ['_summary', 'true'],
        ['_elements', 'id'],
      ],
    ] as const)
      t.throws(() => parseMask(params), { code: 'invalid' }, JSON.stringify(params))
    t.throws(() => parseMask([['nonsense', '1']]), { code: 'not-supported', message: /"nonsense"/ })
    t.end()
  },
)
