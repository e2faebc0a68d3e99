// Decimals and dates as intervals. https://hl7.org/fhir/R4/search.html#date
import fc from 'fast-check'
import t from 'tap'
import {
  decimalRange,
  isRealDate,
  parseDateTime,
  sameNumber,
  type TimeRange,
  toRawNumber,
} from '../../src/fhir/primitives.ts'

const TOKYO = 'Asia/Tokyo'

t.test('a decimal reaches half a unit of its last digit to each side', async (t) => {
  for (const [text, lo, hi] of [
    ['100', 99.5, 100.5],
    ['5.40', 5.395, 5.405],
    ['1e2', 50, 150],
    ['1.0e2', 95, 105],
    ['0', -0.5, 0.5],
    ['-5', -5.5, -4.5],
    ['-0.0', -0.05, 0.05],
    ['0.000001', 0.0000005, 0.0000015],
    ['1e400', Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY],
  ] as const)
    t.same(decimalRange(text), { value: Number(text) || 0, lo, hi }, text)
  const long = decimalRange('0.1234567890123456789')!
  t.ok(long.lo <= long.value && long.value <= long.hi)
  for (const text of ['', 'x', '1.', '.5', '0x1', '1e', 'NaN', '1e9999999'])
    t.equal(decimalRange(text), undefined, text)
})

t.test('bounds are the doubles nearest to the exact decimals', async (t) => {
  fc.assert(
    fc.property(fc.bigInt(-(10n ** 20n), 10n ** 20n), fc.integer({ min: 1, max: 18 }), (digits, places) => {
      const sign = digits < 0n ? '-' : ''
      const abs = (digits < 0n ? -digits : digits).toString().padStart(places + 1, '0')
      const text = `${sign}${abs.slice(0, -places)}.${abs.slice(-places)}`
      const range = decimalRange(text)!
      t.equal(range.lo, Number(`${digits * 10n - 5n}e-${places + 1}`))
      t.equal(range.hi, Number(`${digits * 10n + 5n}e-${places + 1}`))
    }),
    { numRuns: 200 },
  )
})

t.test('numbers are the same by value, not by text or double', async (t) => {
  const same = (a: string, b: string) => sameNumber(toRawNumber(a), toRawNumber(b))
  t.ok(same('1.00', '1'))
  t.ok(same('100', '1e2'))
  t.ok(same('-0.0', '0'))
  t.notOk(same('9007199254740993', '9007199254740992'))
  t.notOk(same('1', '-1'))
})

const within = (inner: TimeRange, outer: TimeRange) => inner.start >= outer.start && inner.end <= outer.end
const at = (text: string, zone = TOKYO) => parseDateTime(text, zone)!

t.test('a search date matches what it contains, to the part it gives', async (t) => {
  const targets = [
    '1979-12-31',
    '1980',
    '1980-05',
    '1980-05-11',
    '1980-05-11T16:32:15',
    '1980-05-11T16:32:15.500',
    '1981-01-01',
  ]
  for (const [query, expected] of [
    ['1980', '12345'],
    ['1980-01', ''],
    ['1980-05', '2345'],
    ['1980-05-10', ''],
    ['1980-05-11', '345'],
    ['1980-05-11T16:32', '45'],
    ['1980-05-11T16:32:15', '45'],
    ['1980-05-11T16:32:15.500', '5'],
    ['1980-05-11T16:32:15.5000001', ''],
    ['1980-05-11T16:32:30', ''],
  ] as const)
    t.equal(
      targets.flatMap((target, i) => (within(at(target), at(query)) ? [i] : [])).join(''),
      expected,
      query,
    )
})

t.test('a fraction of a second is an instant: neither before nor after itself', async (t) => {
  const one = at('2026-11-24T12:00:00.123Z')
  t.equal(one.start, Date.UTC(2026, 10, 24, 12, 0, 0, 123))
  t.ok(one.end > one.start)
  t.ok(at('2026-11-24T12:00:00.124Z').start >= one.end)
  t.ok(at('2026-11-24T12:00:00.123001Z').start >= one.end, 'a microsecond later')
  t.same(at('2026-11-24T12:00:00.1230Z'), one)
})

t.test('without an offset the zone decides, with daylight saving', async (t) => {
  const iso = (text: string, zone: string) => {
    const { start, end } = at(text, zone)
    return `${new Date(start).toISOString()} ${(end - start) / 3_600_000}`
  }
  t.equal(iso('2026-01-01', TOKYO), '2025-12-31T15:00:00.000Z 24')
  t.equal(iso('1949-06-01', TOKYO), '1949-05-31T14:00:00.000Z 24', 'Japan had summer time')
  t.equal(iso('2024-03-10', 'America/New_York'), '2024-03-10T05:00:00.000Z 23')
  t.equal(iso('2024-11-03', 'America/New_York'), '2024-11-03T04:00:00.000Z 25')
  t.match(iso('2024-03-10T02:30:00', 'America/New_York'), '2024-03-10T07:30:00.000Z', 'skipped: moved on')
  t.match(iso('2024-11-03T01:30:00', 'America/New_York'), '2024-11-03T05:30:00.000Z', 'twice: the earlier')
  t.equal(at('2024-11-03T01:30:00-05:00', 'America/New_York').start, Date.UTC(2024, 10, 3, 6, 30))
  t.throws(() => parseDateTime('2020', 'No/Where'), RangeError)
})

t.test('days follow each other without gap in zones of every kind', async (t) => {
  const zone = fc.constantFrom(
    TOKYO,
    'UTC',
    'Europe/London',
    'America/New_York',
    'America/Sao_Paulo',
    'Australia/Lord_Howe',
    'Africa/Casablanca',
  )
  const day = fc.date({ min: new Date('1900-01-01'), max: new Date('2100-01-01'), noInvalidDate: true })
  fc.assert(
    fc.property(day, zone, (date, zone) => {
      const today = date.toISOString().slice(0, 10)
      const tomorrow = new Date(Date.parse(today) + 86_400_000).toISOString().slice(0, 10)
      t.equal(at(today, zone).end, at(tomorrow, zone).start)
      t.ok(within(at(today, zone), at(today.slice(0, 7), zone)))
      t.ok(within(at(today.slice(0, 7), zone), at(today.slice(0, 4), zone)))
      if (zone === 'UTC') t.equal(at(today, zone).start, Date.parse(today))
    }),
    { numRuns: 300 },
  )
})

t.test('years 1 to 9999 are real, and only real dates are', async (t) => {
  t.equal(at('0001-01-01', 'UTC').start, Date.parse('0001-01-01'))
  t.equal(at('0099-12-31', 'UTC').start, Date.parse('0099-12-31'))
  t.equal(at('9999', 'UTC').end, Date.parse('9999-12-31') + 86_400_000)
  t.equal(at('2016-12-31T23:59:60Z').start, Date.UTC(2017, 0, 1), 'a leap second')
  for (const text of [
    '',
    '***',
    '!',
    '0000',
    '1973-02-30',
    '1900-02-29',
    '2023-13',
    '2023-00',
    '2023-04-31',
    '20230401',
    '2023-1-1',
    '2023-01-01T24:00:00Z',
    '2023-01-01T10:60:00Z',
    '2023-01-01T10:00:61Z',
    '2023-01-01T10',
    '2023-01-01T10:00:00.Z',
    '2023-01-01T10:00:00+14:01',
    '2023-01-01T10:00:00+9:00',
    '2023-01-01Z',
    ' 2023',
    '2023\n',
  ])
    t.equal(parseDateTime(text, TOKYO), undefined, text)
  t.ok(isRealDate(2000, 2, 29))
  t.notOk(isRealDate(2100, 2, 29))
  t.equal(at('2023-01-01T10:00:00-14:00').start, Date.UTC(2023, 0, 2))
  t.equal(at('2023-01-01T10:00:00-00:00').start, Date.UTC(2023, 0, 1, 10))
})
