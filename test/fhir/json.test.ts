// Strict JSON that keeps every digit. https://hl7.org/fhir/R4/json.html
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import fc from 'fast-check'
import t from 'tap'
import { parseJson, stringifyJson } from '../../src/fhir/json.ts'
import { isRawNumber } from '../../src/fhir/primitives.ts'

t.test('numbers come back to the digit', async (t) => {
  for (const text of [
    '0',
    '-0',
    '1.00',
    '1E+3',
    '1e-7',
    '0.10',
    '123456789012345678901234567890',
    '-1.000000000000000000E+245',
    '1e400',
    '9007199254740993',
    '0.000001',
  ])
    t.equal(stringifyJson(parseJson(`{"a":[${text}]}`)), `{"a":[${text}]}`)
  t.equal(parseJson('170.5'), 170.5, 'a number that writes itself the same stays a plain number')
  t.ok(isRawNumber(parseJson('1.0')))
  t.notOk(isRawNumber(parseJson('{"rawJSON":"1.0"}')), 'an object cannot pass for a number')
})

t.test('what JSON.parse reads is read equal', async (t) => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 6 }), fc.nat(3), (text, space) => {
      const value: unknown = JSON.parse(text)
      if (/__proto__|prototype|"(?:constructor|toString|valueOf)"/.test(text)) return
      t.same(JSON.parse(stringifyJson(parseJson(JSON.stringify(value, null, space)))), value)
    }),
    { numRuns: 300 },
  )
})

t.test('what JSON.parse refuses is refused', async (t) => {
  const mutant = fc
    .tuple(
      fc.json(),
      fc.nat(),
      fc.constantFrom('', '"', '{', '}', ',', ':', '0', '\\', '\u0001', 'e', '-', '.'),
    )
    .map(([text, at, put]) => text.slice(0, at % text.length) + put + text.slice((at % text.length) + 1))
  fc.assert(
    fc.property(mutant, (text) => {
      let isJson = true
      try {
        JSON.parse(text)
      } catch {
        isJson = false
      }
      if (!isJson) t.throws(() => parseJson(text), { name: 'FhirError' })
    }),
    { numRuns: 1000 },
  )
})

t.test('malformed text is refused with line and column', async (t) => {
  for (const [text, place] of [
    ['', 'line 1, column 1'],
    ['{"a":1,}', 'line 1, column 8'],
    ['{\n  "a": 01\n}', 'line 2, column 8'],
    ['{"a":1}\n x', 'line 2, column 2'],
    ['{"a":"b', 'line 1, column 6'],
    ['// comment\n{}', 'line 1, column 1'],
    ['{"a":NaN}', 'line 1, column 6'],
    ['{"a":"\u0007"}', 'line 1, column 7'],
    ['{"a":"\\x"}', 'line 1, column 6'],
    ['{"a":"\\ud83d"}', 'line 1, column 6'],
    ["{'a':1}", 'line 1, column 2'],
    ['[1 2]', 'line 1, column 4'],
    ['-', 'line 1, column 1'],
    ['1.', 'line 1, column 1'],
    ['tru', 'line 1, column 1'],
  ] as const)
    t.throws(() => parseJson(text), { code: 'invalid', message: place }, text)
})

t.test('names that stand twice or belong to every object are refused', async (t) => {
  for (const name of ['a', '\\u0061', ''])
    t.throws(() => parseJson(`{"b":0,"a":1,"":1,"${name}":2}`), { code: 'structure' }, name)
  for (const name of [
    '__proto__',
    '\\u005f_proto__',
    'constructor',
    'prototype',
    'toString',
    'hasOwnProperty',
  ])
    t.throws(() => parseJson(`{"${name}":{}}`), { code: 'structure' }, name)
  t.same(parseJson('[{"a":null},{"a":1}]'), [{ a: null }, { a: 1 }])
})

t.test('ten thousand levels are a refusal, not an overflow', async (t) => {
  t.throws(() => parseJson('['.repeat(10_000)), { code: 'structure' })
  t.throws(() => parseJson('{"a":'.repeat(10_000)), { code: 'structure' })
  t.throws(() => parseJson('[[[]]]', { maxDepth: 2 }), { code: 'structure' })
  t.ok(parseJson('[[[]]]', { maxDepth: 3 }))
})

t.test('bytes must be UTF-8; a byte order mark is passed over', async (t) => {
  t.throws(() => parseJson(Uint8Array.of(0x22, 0xff, 0x22)), { code: 'invalid' })
  t.throws(
    () => parseJson(Uint8Array.of(0x22, 0xed, 0xa0, 0x80, 0x22)),
    { code: 'invalid' },
    'a surrogate in UTF-8',
  )
  t.same(parseJson(Buffer.from('\ufeff{"a":"山田　太郎𠮷"}')), { a: '山田　太郎𠮷' })
  t.throws(() => parseJson(Buffer.from('\ufeffx')), { code: 'invalid' })
})

const synthea = new URL('../../../shared/data/synthea/', import.meta.url)
const skip = existsSync(synthea) ? false : 'shared/data/synthea is not at hand'

t.test('Synthea bundles come back as they are', { skip }, async (t) => {
  const file = readdirSync(synthea).find((name) => name.endsWith('.json.gz'))!
  const text = gunzipSync(readFileSync(new URL(file, synthea))).toString()
  t.same(JSON.parse(stringifyJson(parseJson(text))), JSON.parse(text))
})
