// Every known channel by which what is hidden could be told: one test per row of the list (L01 to L31 reading, W1 to W9 writing).
import t from 'tap'
import { openHospitals } from '../support/consented/hospitals.ts'
import { READ_CHANNELS } from '../support/consented/read-channels.ts'
import { WRITE_CHANNELS } from '../support/consented/write-channels.ts'

const ROWS = [...READ_CHANNELS, ...WRITE_CHANNELS]

t.test('every row has its test', async (t) => {
  const two = (n: number) => String(n).padStart(2, '0')
  const wanted = [
    ...Array.from({ length: 31 }, (_, n) => `L${two(n + 1)}`),
    ...Array.from({ length: 9 }, (_, n) => `W${n + 1}`),
  ]
  t.same(
    ROWS.map(({ id }) => id),
    wanted,
  )
})

for (const { id, rule, todo, test } of ROWS)
  t.test(`${id}: ${rule}`, { todo: todo ?? false }, async (t) => test(t, await openHospitals(t)))
