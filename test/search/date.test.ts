import t from 'tap'
import { parseDateTime } from '../../src/fhir/primitives.ts'
import { evaluate } from '../../src/search/evaluate.ts'
import { compileDate } from '../../src/search/types/date.ts'

const ZONE = 'Asia/Tokyo'
const at = (text: string) => parseDateTime(text, ZONE)!
// 0 to 6 are dates of growing precision; 7 is the period of 16 and 17 May.
const TARGETS = [
  at('1979-12-31'),
  at('1980'),
  at('1980-05'),
  at('1980-05-11'),
  at('1980-05-11T16:32:15'),
  at('1980-05-11T16:32:15.500'),
  at('1981-01-01'),
  { start: at('1980-05-16').start, end: at('1980-05-17').end },
]

function found(value: string, now = 0): number[] {
  const expr = compileDate('date', value, ZONE, now)
  return TARGETS.flatMap(({ start, end }, index) =>
    evaluate(expr, 'Observation', [{ param: 'date', lo: start, hi: end }]) ? [index] : [],
  )
}

const CONTAINMENT: readonly (readonly [string, readonly number[]])[] = [
  ['1980', [1, 2, 3, 4, 5, 7]],
  ['1980-01', []],
  ['1980-05', [2, 3, 4, 5, 7]],
  ['1980-05-10', []],
  ['1980-05-11', [3, 4, 5]],
  ['1980-05-11T16:32:15', [4, 5]],
  ['1980-05-11T16:32:15.500', [5]],
  ['1980-05-11T16:32:15.5000001', []],
  ['1980-05-11T16:32:30', []],
  ['1980-05-16T16:32:15.500', []],
  ['ne1980-05', [0, 1, 6]],
  ['gt1980', [6]],
  ['lt1980', [0]],
  ['ge1980-05-16', [1, 2, 6, 7]],
  ['le1980-05-16', [0, 1, 2, 3, 4, 5]],
  ['ge1980-05-17', [1, 2, 6]],
  ['sa1980-05-11', [6, 7]],
  ['eb1980-05-16', [0, 3, 4, 5]],
]

for (const [value, expected] of CONTAINMENT)
  t.test(`date=${value} finds what R4 containment says`, async (t) => t.same(found(value), expected))

t.test('ap widens by at least a day', async (t) => {
  t.same(found('ap1981-01-02', at('1981-01-02').start), [6])
})

t.test('what is no date is refused with 400', async (t) => {
  for (const value of ['***', '!', '1973-02-30', 'xx1980', '', 'ge', '1980-13'])
    t.throws(() => found(value), { code: 'invalid', status: 400 }, value)
})
