// Rows wait for a moment and are written together; none is lost where writing fails for a while.
import t from 'tap'
import { createBuffer } from '../../src/store/sqlite/journal/buffer.ts'
import { audited } from '../support/journal.ts'

/** A place to write to that can be made to fail, and that is as slow as it is told. */
function openPlace() {
  const written: string[][] = []
  const place = { written, failing: false, held: Promise.resolve() }
  const write = async (lines: readonly string[]) => {
    await place.held
    if (place.failing) throw new Error('full')
    written.push(lines.map((line) => /"requestId":"(\w+)"/.exec(line)![1]!))
  }
  return { place, buffer: createBuffer(write) }
}

const row = (requestId: string) => [audited({ requestId })]

t.test('rows that come together are written together, in order', async (t) => {
  const { place, buffer } = openPlace()
  for (const id of ['a', 'b', 'c']) await buffer.append(row(id))
  t.same(place.written, [], 'nobody waits for them')
  await new Promise((resolve) => setTimeout(resolve, 60))
  t.same(place.written, [['a', 'b', 'c']])
})

t.test('a durable row takes along what waits, and resolves once it is written', async (t) => {
  const { place, buffer } = openPlace()
  await buffer.append(row('a'))
  await buffer.append(row('b'), { durable: true })
  t.same(place.written, [['a', 'b']])
  await buffer.flush()
  t.same(place.written.length, 1, 'nothing is written twice')
})

t.test(
  'what could not be written goes before what comes later, and nothing goes unnoticed meanwhile',
  async (t) => {
    const { place, buffer } = openPlace()
    place.failing = true
    await buffer.append(row('a'))
    await t.rejects(buffer.flush(), { message: 'full' })
    await t.rejects(buffer.append(row('b')), { message: 'full' }, 'each waits for its own from now on')
    place.failing = false
    await buffer.append(row('c'))
    t.same(place.written, [['a', 'b', 'c']])
    await buffer.append(row('d'))
    t.equal(place.written.length, 1, 'and then no longer')
    await buffer.flush()
  },
)

t.test('flush waits for what is under way', async (t) => {
  const { place, buffer } = openPlace()
  let release = () => {}
  place.held = new Promise((resolve) => {
    release = resolve
  })
  const durable = buffer.append(row('a'), { durable: true })
  const flushed = buffer.flush().then(() => t.same(place.written, [['a']]))
  setImmediate(release)
  await Promise.all([durable, flushed])
})

t.test('those who append wait where too much waits already', async (t) => {
  const { place, buffer } = openPlace()
  let release = () => {}
  place.held = new Promise((resolve) => {
    release = resolve
  })
  const many = Array.from({ length: 20_000 }, () => audited())
  await buffer.append(many)
  let through = false
  const later = buffer.append(row('z')).then(() => {
    through = true
  })
  await new Promise((resolve) => setTimeout(resolve, 30))
  t.notOk(through)
  release()
  await later
  await buffer.flush()
  t.equal(place.written.flat().length, 20_001)
})
