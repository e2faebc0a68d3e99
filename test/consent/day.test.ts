import t from 'tap'
import { dayStart, toDayNumber } from '../../src/consent/day.ts'
import { ALWAYS } from '../../src/consent/span.ts'

t.test('a day begins at midnight of the zone', async (t) => {
  const start = dayStart(toDayNumber(Date.parse('2026-11-27T12:00:00Z'), 'Asia/Tokyo'), 'Asia/Tokyo')
  t.equal(new Date(start).toISOString(), '2026-11-26T15:00:00.000Z')
  t.equal(toDayNumber(start, 'Asia/Tokyo') - toDayNumber(start - 1, 'Asia/Tokyo'), 1)
})

t.test('the ends of an open period fall on days before and after all others', async (t) => {
  const [first, today, last] = [ALWAYS.from, Date.now(), ALWAYS.to].map((time) =>
    toDayNumber(time, 'Asia/Tokyo'),
  )
  t.ok(first! < today! && today! < last!)
})
