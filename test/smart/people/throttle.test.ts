// Throttling: the same for a login name that exists and one that does not; a person is not locked out of a known browser.
import t from 'tap'
import { createApp, createContext } from '../../../src/app.ts'
import { clearAttempts, countAttempt, countRequest, toWaitMs } from '../../../src/smart/people/throttle.ts'
import { createSmartContext } from '../../../src/smart/plugin.ts'
import { openStore } from '../../../src/store/open.ts'
import { addPerson, logIn, openVisit, PASSWORD, type Visit } from '../../support/people.ts'
import { openServer, type TestServer } from '../../support/server.ts'

async function openThrottle({ config, store }: TestServer) {
  return createSmartContext(await createContext(config, store), config)
}

t.test('the wait doubles from the fifth failure on, to a quarter of an hour', (t) => {
  const waits = [0, 1, 4, 5, 6, 7, 8, 9, 10, 11, 1000].map((failures) => toWaitMs(failures) / 1000)
  t.same(waits, [0, 0, 0, 30, 60, 120, 240, 480, 900, 900, 900])
  t.end()
})

t.test('what is known and what is not are answered alike, in status, headers and body', async (t) => {
  const server = await openServer(t)
  await addPerson(server, 'hanako')
  const seen = async (login: string) => {
    const visit = openVisit(server.app)
    const replies: string[] = []
    for (let i = 0; i < 7; i++) {
      await visit.get('/auth/login')
      const reply = await visit.post('/auth/login', { login, password: 'wrong' })
      const { date: _, 'content-length': __, ...headers } = reply.headers
      const body = reply.body.replaceAll(login, 'LOGIN').replaceAll(visit.csrf(), 'CSRF')
      replies.push(JSON.stringify([reply.statusCode, headers, body]))
    }
    return replies
  }
  const [known, unknown] = [await seen('hanako'), await seen('nobody')]
  t.same(known, unknown)
  const statuses = known.map((each) => (JSON.parse(each) as [number])[0])
  t.same(statuses, [400, 400, 400, 400, 400, 429, 429])
  t.match(known[5], /"retry-after":"60"/)
})

t.test('what is known and what is not take as long', async (t) => {
  const server = await openServer(t)
  await addPerson(server, 'hanako')
  const time = async (login: string) => {
    const times: number[] = []
    for (let i = 0; i < 4; i++) {
      const visit = openVisit(server.app)
      await visit.get('/auth/login')
      const from = performance.now()
      await visit.post('/auth/login', { login, password: 'wrong' })
      times.push(performance.now() - from)
    }
    return Math.min(...times)
  }
  const [known, unknown] = [await time('hanako'), await time('nobody')]
  t.ok(known > 5 && unknown > 5, 'both have run an Argon2id')
  t.ok(Math.max(known, unknown) / Math.min(known, unknown) < 3, `${known} ms, ${unknown} ms`)
})

t.test(
  'while one waits even the right password does not log in; a login takes back all failures',
  async (t) => {
    const server = await openServer(t)
    await addPerson(server, 'hanako')
    const visit = openVisit(server.app)
    await fail(visit, 'hanako', 5)
    t.equal((await logIn(visit, 'hanako')).statusCode, 429)
    t.equal((await logIn(visit, ' ＨＡＮＡＫＯ')).statusCode, 429, 'however it is written')
    const context = await openThrottle(server)
    await clearAttempts(context, 'hanako')
    await fail(visit, 'hanako', 4)
    t.equal((await logIn(visit, 'hanako')).statusCode, 303)
    await fail(openVisit(server.app), 'hanako', 4)
    t.equal((await logIn(openVisit(server.app), 'hanako')).statusCode, 303)
  },
)

t.test(
  'a browser in which the person has logged in before is not locked out by what others try',
  async (t) => {
    const server = await openServer(t)
    await addPerson(server, 'hanako')
    await addPerson(server, 'other')
    const [own, strange, others] = [openVisit(server.app), openVisit(server.app), openVisit(server.app)]
    await logIn(own, 'hanako')
    await logIn(others, 'other')
    await fail(strange, 'hanako', 6)
    t.equal((await logIn(strange, 'hanako')).statusCode, 429)
    t.equal((await logIn(others, 'hanako')).statusCode, 429, "nor is it enough to be another's browser")
    t.equal((await logIn(own, 'hanako')).statusCode, 303)
    await fail(own, 'hanako', 6)
    t.equal((await logIn(own, 'hanako')).statusCode, 429, 'it has a count of its own')
  },
)

t.test('attempts at the same time, and of two processes on one store, are all counted', async (t) => {
  const server = await openServer(t)
  await addPerson(server, 'hanako')
  const store = await openStore(server.config.store)
  const app = await createApp(server.config, store, { write: () => undefined })
  t.teardown(async () => {
    await app.close()
    await store.close()
  })
  const visits = [server.app, app].flatMap((each) => Array.from({ length: 8 }, () => openVisit(each)))
  const statuses = await Promise.all(
    visits.map(async (visit) => {
      await visit.get('/auth/login')
      return (await visit.post('/auth/login', { login: 'hanako', password: 'wrong' })).statusCode
    }),
  )
  t.equal(statuses.filter((status) => status === 400).length, 5)
  t.equal(statuses.filter((status) => status === 429).length, 11)
})

t.test('a wait is over when it is over, and the next is longer', async (t) => {
  const context = await openThrottle(await openServer(t))
  const now = Date.now()
  for (let i = 0; i < 5; i++) await countAttempt(context, 'x', now)
  await t.rejects(countAttempt(context, 'x', now + 29_000), { code: 'throttled' })
  await countAttempt(context, 'x', now + 30_001)
  await t.rejects(countAttempt(context, 'x', now + 30_001 + 59_000), { code: 'throttled' })
  await countAttempt(context, 'x', now + 30_001 + 60_001)
})

t.test('an address may try so often in a minute; an IPv6 network counts as one', async (t) => {
  const server = await openServer(t, { MUSUBI_ATTEMPTS_PER_MINUTE: '3' })
  const context = await openThrottle(server)
  const count = (ip: string) => countRequest(context, { ip } as never)
  for (const ip of ['2001:db8:1:2::1', '2001:db8:1:2:ffff::9', '2001:db8:1:2::7']) await count(ip)
  await t.rejects(count('2001:db8:1:2::8'), { code: 'throttled' })
  await count('2001:db8:1:3::1')
  for (const ip of ['192.0.2.7', '::ffff:192.0.2.7', '192.0.2.7']) await count(ip)
  await t.rejects(count('::ffff:c000:207'), { code: 'throttled' })
  await count('192.0.2.8')
  const visit = openVisit(server.app, '198.51.100.1')
  await visit.get('/auth/login')
  const statuses: number[] = []
  for (const login of ['a', 'b', 'c', 'd'])
    statuses.push((await visit.post('/auth/login', { login, password: PASSWORD })).statusCode)
  t.same(statuses, [400, 400, 400, 429])
})

async function fail(visit: Visit, login: string, times: number): Promise<void> {
  for (let i = 0; i < times; i++) {
    await visit.get('/auth/login')
    await visit.post('/auth/login', { login, password: 'wrong' })
  }
}
