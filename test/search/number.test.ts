import fc from 'fast-check'
import t from 'tap'
import { decimalRange } from '../../src/fhir/primitives.ts'
import { evaluate } from '../../src/search/evaluate.ts'
import { splitValue, unescapeValue } from '../../src/search/parse-value.ts'
import type { IndexEntry } from '../../src/search/query.ts'
import { compileNumber } from '../../src/search/types/number.ts'

const scalar = (text: string): IndexEntry => {
  const { value, hi } = decimalRange(text)!
  return { param: 'probability', lo: value, hi }
}
const range = (lo: number, hi: number): IndexEntry => ({ param: 'probability:range', lo, hi })
const finds = (value: string, entry: IndexEntry) =>
  evaluate(compileNumber('probability', value), 'RiskAssessment', [entry])

const CASES: readonly (readonly [string, IndexEntry, boolean])[] = [
  ['5', scalar('5.000'), true],
  ['5.000', scalar('5'), false],
  ['100', scalar('100.4'), true],
  ['100.00', scalar('100'), false],
  ['ne5', scalar('5.000'), false],
  ['ne5.000', scalar('5'), true],
  ['gt100', scalar('100'), false],
  ['ge100', scalar('100'), true],
  ['lt100', scalar('99.9'), true],
  ['le-1.5', scalar('-2'), true],
  ['1e2', scalar('140'), true],
  ['ap100', scalar('110'), true],
  ['ap100', scalar('111'), false],
  ['sa5', range(6, 8), true],
  ['sa5', range(5, 8), false],
  ['eb5', range(1, 4), true],
  ['gt5', range(1, 6), true],
  ['5', range(1, 6), false],
]

for (const [value, entry, expected] of CASES)
  t.test(`${value} ${expected ? 'finds' : 'does not find'} ${entry.lo} to ${entry.hi}`, async (t) =>
    t.equal(finds(value, entry), expected),
  )

t.test('what is no number is refused with 400', async (t) => {
  for (const value of ['', 'x', 'gt', '1,5', '1e999999', 'NaN', '0x10'])
    t.throws(() => compileNumber('probability', value), { code: 'invalid', status: 400 }, value)
})

t.test('eq and ne part all scalars in two', async () => {
  const decimal = fc.integer({ min: -9999, max: 9999 }).map((n) => String(n / 100))
  fc.assert(fc.property(decimal, decimal, (a, b) => finds(a, scalar(b)) !== finds(`ne${a}`, scalar(b))))
})

t.test('escaped separators do not separate, and any text comes back', async (t) => {
  t.same(splitValue('a\\,b,c', ','), ['a\\,b', 'c'])
  t.throws(() => splitValue('a\\', ','), { code: 'invalid' })
  t.throws(() => splitValue('\\n', ','), { code: 'invalid' })
  const escapeValue = (text: string) => text.replace(/[\\,|$]/g, '\\$&')
  fc.assert(
    fc.property(fc.array(fc.string(), { minLength: 1 }), (texts) => {
      t.same(splitValue(texts.map(escapeValue).join(','), ',').map(unescapeValue), texts)
    }),
  )
})
