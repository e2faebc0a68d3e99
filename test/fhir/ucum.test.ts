// Units that measure the same thing become the same number.
import fc from 'fast-check'
import t from 'tap'
import { toCanonicalUnit, toCanonicalValue } from '../../src/fhir/ucum.ts'

const canonical = (value: number, code: string) => {
  const unit = toCanonicalUnit(code)
  return unit && [unit.code, toCanonicalValue(unit, value)]
}

const SAME: readonly (readonly [number, string, number, string])[] = [
  [5.4, 'mg', 0.0054, 'g'],
  [120, 'mm[Hg]', 15.99864, 'kPa'],
  [37, 'Cel', 98.6, '[degF]'],
  [37, 'Cel', 310.15, 'K'],
  [1, 'mg/dL', 10, 'mg/L'],
  [4.5, '10*3/uL', 4.5, '10*9/L'],
  [5.5, 'mmol/L', 5500, 'umol/L'],
  [60, '/min', 1, 'Hz'],
  [7, '{score}', 7, '1'],
  [2, 'h', 120, 'min'],
  [140, 'meq/L', 140, 'eq/m3'],
]

for (const [a, from, b, to] of SAME)
  t.test(`${a} ${from} is ${b} ${to}`, async (t) => t.same(canonical(a, from), canonical(b, to)))

const DIFFERENT: readonly (readonly [string, string])[] = [
  ['mg', 'Mg'],
  ['mmol/L', '/L'],
  ['mmol/L', 'meq/L'],
  ['g', 'm'],
]

for (const [a, b] of DIFFERENT)
  t.test(`${a} is not ${b}`, async (t) =>
    t.not(JSON.stringify(canonical(1, a)), JSON.stringify(canonical(1, b))),
  )

t.test('arbitrary, logarithmic and unknown units have no canonical form', async (t) => {
  for (const code of ['[iU]/L', '[pH]', 'B[SPL]', '[degRe]', 'mmHg', 'bogus', '', ' ', 'a'.repeat(10_000)])
    t.equal(toCanonicalUnit(code), undefined, code.slice(0, 10))
})

t.test('no text makes it throw', async (t) => {
  const code = fc.string({ unit: fc.constantFrom(...'mgL/.*[]{}()10-^'), maxLength: 16 })
  fc.assert(fc.property(code, (text) => toCanonicalUnit(text) !== null))
  t.pass()
})
