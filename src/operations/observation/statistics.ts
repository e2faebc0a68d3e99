// The statistics of Observation/$stats. http://terminology.hl7.org/CodeSystem/observation-statistics

/** One measurement: `value` in the unit of its group, `at` in ms (for the regression). */
export interface Sample {
  readonly value: number
  readonly at: number
}

/** All the samples of one code in one unit, and how many Observations there were, with or without a usable value. */
export interface SampleSet {
  readonly samples: readonly Sample[]
  readonly total: number
}

/** One statistic: its code, its number, and whether the number is a count rather than in the samples' unit. */
export interface Statistic {
  readonly code: string
  readonly value: number
  readonly unit: 'samples' | 'squared' | 'count' | 'none' | 'per-day'
  /** Tells the two numbers of a regression apart. */
  readonly label?: string
}

const MS_PER_DAY = 86_400_000

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0)
const mean = (values: readonly number[]) => sum(values) / values.length

function centralMoment(values: readonly number[], power: number): number {
  const middle = mean(values)
  return sum(values.map((value) => (value - middle) ** power)) / values.length
}

// Of a sample, not of a population (n − 1); a single value has none.
const variance = (values: readonly number[]) =>
  values.length < 2 ? Number.NaN : (centralMoment(values, 2) * values.length) / (values.length - 1)

/** The value below which `share` of them lie, interpolated between neighbours (R's type 7). */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  const at = (sorted.length - 1) * share
  const below = sorted[Math.floor(at)]!
  return below + (sorted[Math.ceil(at)]! - below) * (at - Math.floor(at))
}

function regress({ samples }: SampleSet): Statistic[] {
  const days = samples.map(({ at }) => (at - samples[0]!.at) / MS_PER_DAY)
  const values = samples.map(({ value }) => value)
  const middle = mean(days)
  const spread = sum(days.map((day) => (day - middle) ** 2))
  const slope = sum(days.map((day, n) => (day - middle) * (values[n]! - mean(values)))) / spread
  return [
    { code: 'regression', label: 'gradient per day', value: slope, unit: 'per-day' },
    { code: 'regression', label: 'intercept', value: mean(values) - slope * middle, unit: 'samples' },
  ]
}

type Compute = (values: readonly number[]) => number
const of = (code: string, unit: Statistic['unit'], compute: Compute) =>
  [
    code,
    ({ samples }: SampleSet) => [{ code, unit, value: compute(samples.map(({ value }) => value)) }],
  ] as const

const share = (code: string, at: number) => of(code, 'samples', (values) => percentile(values, at))

/** Every code of the value set, and how it is computed. */
export const STATISTICS: ReadonlyMap<string, (set: SampleSet) => readonly Statistic[]> = new Map([
  of('average', 'samples', mean),
  of('maximum', 'samples', (values) => values.reduce((a, b) => Math.max(a, b))),
  of('minimum', 'samples', (values) => values.reduce((a, b) => Math.min(a, b))),
  of('count', 'count', (values) => values.length),
  ['total-count', ({ total }: SampleSet) => [{ code: 'total-count', value: total, unit: 'count' as const }]],
  share('median', 0.5),
  of('std-dev', 'samples', (values) => Math.sqrt(variance(values))),
  of('sum', 'samples', sum),
  of('variance', 'squared', variance),
  share('20-percent', 0.2),
  share('80-percent', 0.8),
  share('4-lower', 0.25),
  share('4-upper', 0.75),
  of('4-dev', 'samples', (values) => (percentile(values, 0.75) - percentile(values, 0.25)) / 2),
  share('5-1', 0.2),
  share('5-2', 0.4),
  share('5-3', 0.6),
  share('5-4', 0.8),
  of('skew', 'none', (values) => centralMoment(values, 3) / centralMoment(values, 2) ** 1.5),
  of('kurtosis', 'none', (values) => centralMoment(values, 4) / centralMoment(values, 2) ** 2),
  ['regression', regress],
])

/** Returns the statistics asked for that the samples allow: none but counts of no sample, no spread of a single one. */
export function computeStatistics(codes: readonly string[], set: SampleSet): Statistic[] {
  const counts = ['count', 'total-count']
  const possible = set.samples.length > 0 ? codes : codes.filter((code) => counts.includes(code))
  return possible.flatMap((code) => STATISTICS.get(code)!(set)).filter(({ value }) => Number.isFinite(value))
}
