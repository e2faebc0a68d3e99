// Keys of clients: kept as long as they may be, asked for again when one is not known, and not more often.
import t from 'tap'
import type { Client } from '../../src/smart/client.ts'
import { openClientKeys } from '../../src/smart/client-keys.ts'
import { openWeb } from '../support/web.ts'

const toClient = (metadata: object, id = 'c') => ({ id, metadata }) as unknown as Client

/** Opens a JWKS whose keys and cache-control can be changed. */
async function open(t: Parameters<typeof openWeb>[0], control?: string) {
  const state: { body: unknown; control: string | undefined; delayMs: number } = {
    body: { keys: [{ kid: 'a' }] },
    control,
    delayMs: 0,
  }
  const web = await openWeb(t, (_request, response) => {
    if (state.control !== undefined) response.setHeader('cache-control', state.control)
    setTimeout(() => response.end(JSON.stringify(state.body)), state.delayMs)
  })
  const client = toClient({ jwks_uri: `${web.url}/jwks` })
  return { state, web, client, keys: openClientKeys([web.host]) }
}

t.test('45: inline keys are those of the client, and nothing is fetched', async (t) => {
  const client = toClient({ jwks: { keys: [{ kid: 'a' }] }, jwks_uri: 'https://127.0.0.1/never' })
  t.strictSame(await openClientKeys([]).find(client, 'a'), [{ kid: 'a' }])
  await t.rejects(openClientKeys([]).find(toClient({}), 'a'), { name: 'FetchError' })
})

t.test('48: keys are kept as long as the answer says', async (t) => {
  const { keys, client, web } = await open(t, 'max-age=60')
  const first = await keys.find(client, 'a')
  t.equal(await keys.find(client, 'a'), first)
  t.equal(web.asked.length, 1)
  t.strictSame(web.asked[0], ['/jwks', 'application/json'])
})

t.test('48: and no longer', async (t) => {
  const { keys, client, web, state } = await open(t, 'max-age=1')
  await keys.find(client, 'a')
  state.body = { keys: [{ kid: 'b' }] }
  t.strictSame(await keys.find(client, 'a'), [{ kid: 'a' }])
  await new Promise((resolve) => setTimeout(resolve, 1050))
  t.strictSame(await keys.find(client, 'a'), [{ kid: 'b' }], 'a key that is gone is gone')
  t.equal(web.asked.length, 2)
})

t.test('48: no-store is not kept at all; nothing said is kept for a while', async (t) => {
  const none = await open(t, 'no-store')
  for (let i = 0; i < 3; i++) await none.keys.find(none.client, 'a')
  t.equal(none.web.asked.length, 3)
  const silent = await open(t)
  for (let i = 0; i < 3; i++) await silent.keys.find(silent.client, 'a')
  t.equal(silent.web.asked.length, 1)
})

t.test('48: an unknown kid has them fetched again once, and then not for a minute', async (t) => {
  const { keys, client, web, state } = await open(t, 'max-age=600')
  await keys.find(client, 'a')
  state.body = { keys: [{ kid: 'a' }, { kid: 'b' }] }
  t.equal((await keys.find(client, 'b')).length, 2, 'a rotated key is found at once')
  t.equal(web.asked.length, 2)
  for (let i = 0; i < 5; i++) await keys.find(client, `made-up-${i}`)
  t.equal(web.asked.length, 2)
  const other = toClient({ jwks_uri: `${web.url}/other` }, 'd')
  await keys.find(other, 'x')
  t.equal(web.asked.length, 3, 'what was just fetched is not fetched again')
  await keys.find(other, 'x')
  t.equal(web.asked.length, 4, 'each client has a limit of its own')
})

t.test('48: requests at the same time share one fetch', async (t) => {
  const { keys, client, web, state } = await open(t, 'no-store')
  state.delayMs = 50
  await Promise.all(Array.from({ length: 20 }, () => keys.find(client, 'a')))
  t.equal(web.asked.length, 1)
})

t.test('48: an address that failed is not asked at every request, and old keys are not used', async (t) => {
  const { keys, client, web, state } = await open(t, 'no-store')
  await keys.find(client, 'a')
  for (const body of [{ keys: 'x' }, [], { keys: [1] }, { keys: Array(101).fill({}) }]) {
    state.body = body
    const at = toClient({ jwks_uri: `${web.url}/${JSON.stringify(body).length}` })
    await t.rejects(keys.find(at, 'a'), { name: 'FetchError' })
    const { length } = web.asked
    await t.rejects(keys.find(at, 'a'), { name: 'FetchError' })
    t.equal(web.asked.length, length)
  }
  await t.rejects(keys.find(client, 'a'), { name: 'FetchError' })
})

t.test('48: a private address is not asked where it is not listed', async (t) => {
  const { client, web } = await open(t)
  await t.rejects(openClientKeys([]).find(client, 'a'), { name: 'FetchError' })
  t.equal(web.asked.length, 0)
})
