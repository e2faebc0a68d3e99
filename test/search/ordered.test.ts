// The text of a number sorts as the number does.
import fc from 'fast-check'
import t from 'tap'
import { ordered } from '../../src/search/ordered.ts'

const number = fc.double({ noNaN: true })

t.test('ordered text compares as the numbers do, and is equal only for equal numbers', async (t) => {
  fc.assert(
    fc.property(number, number, (a, b) => {
      const [x, y] = [ordered(a), ordered(b)]
      return a === b ? x === y : a < b === x < y && x !== y
    }),
    { numRuns: 5000 },
  )
  t.pass()
})

t.test('neighbouring doubles, both zeros and both ends are in order', async (t) => {
  const values = [
    -Infinity,
    -1e17,
    -2,
    -1,
    -Number.MIN_VALUE,
    0,
    Number.MIN_VALUE,
    0.1,
    0.1 + 2 ** -56,
    1,
    1e17,
    Infinity,
  ]
  const texts = values.map(ordered)
  t.same(texts, [...texts].sort())
  t.equal(new Set(texts).size, values.length)
  t.equal(ordered(-0), ordered(0))
})

t.test('it is 6 or 12 characters of which none can end a key', async (t) => {
  fc.assert(fc.property(number, (value) => /^(?:[-\w]{6}|[-\w]{12})$/.test(ordered(value))))
  t.equal(ordered(120).length, 6)
})
