import t from 'tap'
import { groupByCode, takeNewest } from '../../src/operations/observation/groups.ts'
import { computeStatistics, percentile, STATISTICS } from '../../src/operations/observation/statistics.ts'

const samples = [2, 4, 4, 4, 5, 5, 7, 9].map((value, n) => ({ value, at: n * 86_400_000 }))

const KNOWN: Record<string, number> = {
  average: 5,
  maximum: 9,
  minimum: 2,
  count: 8,
  'total-count': 10,
  median: 4.5,
  'std-dev': 2.13809,
  sum: 40,
  variance: 4.571429,
  '20-percent': 4,
  '80-percent': 6.2,
  '4-lower': 4,
  '4-upper': 5.5,
  '4-dev': 0.75,
  '5-1': 4,
  '5-2': 4,
  '5-3': 5,
  '5-4': 6.2,
  skew: 0.65625,
  kurtosis: 2.78125,
}

t.test('every statistic of the value set is computed', async (t) => {
  t.strictSame(new Set([...Object.keys(KNOWN), 'regression']), new Set(STATISTICS.keys()))
  for (const [code, expected] of Object.entries(KNOWN)) {
    const [statistic] = computeStatistics([code], { samples, total: 10 })
    t.ok(Math.abs(statistic!.value - expected) < 1e-5, `${code} is ${expected}, computed ${statistic!.value}`)
  }
})

t.test('a regression answers gradient and intercept', async (t) => {
  const line = [1, 2, 3].map((n) => ({ value: 10 + 2 * n, at: n * 86_400_000 }))
  const [gradient, intercept] = computeStatistics(['regression'], { samples: line, total: 3 })
  t.equal(gradient!.value, 2)
  t.equal(intercept!.value, 12)
})

t.test('what the samples do not allow is left out', async (t) => {
  t.strictSame(
    computeStatistics(['average', 'count'], { samples: [], total: 3 }).map(({ code }) => code),
    ['count'],
  )
  t.strictSame(
    computeStatistics(['variance', 'skew', 'regression'], { samples: samples.slice(0, 1), total: 1 }),
    [],
  )
  t.equal(percentile([1, 2], 0.5), 1.5)
})

const observe = (...codes: string[]) => ({
  resourceType: 'Observation',
  code: { coding: codes.map((code) => ({ system: 's', code })) },
})
const tell = (text: string) => ({ resourceType: 'Observation', code: { text } })

t.test('observations are grouped by code, translations joining their groups', async (t) => {
  t.equal(groupByCode([observe('a'), observe('b'), observe('c')]).length, 3)
  t.equal(groupByCode([observe('a'), observe('b'), observe('a', 'c')]).length, 2)
  t.equal(groupByCode([observe('a'), observe('b'), observe('a', 'b')]).length, 1)
  t.equal(groupByCode([tell('textM'), tell('Text'), tell('t e x t')]).length, 3)
  t.equal(groupByCode([observe('a', 'b'), observe('c', 'd'), observe('b', 'c'), observe('d')]).length, 1)
})

t.test('ties with the last one taken are taken too', async (t) => {
  const timeOf = (time: number) => time
  t.strictSame(takeNewest([9, 8, 8, 7], 2, timeOf), [9, 8, 8])
  t.strictSame(takeNewest([9, 8, 7], 1, timeOf), [9])
  t.strictSame(takeNewest([9], 3, timeOf), [9])
})
