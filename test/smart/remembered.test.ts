// What is asked once, and what stays on record of it.
import t from 'tap'
import { AUTHORIZATIONS, type Authorization, toAuthorizationRow } from '../../src/smart/authorization.ts'
import type { Client } from '../../src/smart/client.ts'
import type { RecordRow } from '../../src/store/store.ts'
import { allow, ask, exchange, openSmartServer, type SmartServer } from '../support/authorization.ts'
import type { Visitor } from '../support/visitor.ts'

const DAY_MS = 24 * 60 * 60 * 1000
const SHORT = { scope: 'openid launch/patient patient/Observation.rs' }

async function openGrant(
  t: Parameters<typeof openSmartServer>[0],
  changes: Readonly<Record<string, string>>,
) {
  const server = await openSmartServer(t)
  const client = await server.client()
  const account = await server.account(['Patient/p1'])
  const visitor = await server.visitor(account)
  await allow(server, visitor, client, changes)
  const rows = async () =>
    (await server.store.records.list(AUTHORIZATIONS, account.id)).toSorted(
      (a, b) => toAuthorization(a).createdAt - toAuthorization(b).createdAt,
    )
  return { server, client, visitor, rows }
}

function toAuthorization({ value }: RecordRow): Authorization {
  return value as Authorization
}

/** Opens the app again, which asks nothing. */
async function openAgain(
  server: SmartServer,
  visitor: Visitor,
  client: Client,
  changes: Readonly<Record<string, string>>,
) {
  const asked = await ask(server, visitor, client, changes)
  if (asked.location === undefined) throw new Error(`asked once more: ${asked.text.slice(0, 200)}`)
  return exchange(server, client, new URL(asked.location).searchParams)
}

t.test('an app that is opened again and again leaves no more than its tokens on record', async (t) => {
  const { server, client, visitor, rows } = await openGrant(t, SHORT)
  const [first] = await rows()
  t.ok(first!.expiresAt! > Date.now() + 90 * DAY_MS, 'one of which nothing can be had is kept for a while')
  await openAgain(server, visitor, client, SHORT)
  await openAgain(server, visitor, client, SHORT)
  const [a, b, c] = await rows()
  const soon = Date.now() + server.config.accessTokenTtl + 2 * 60_000
  t.ok(a!.expiresAt! < soon && b!.expiresAt! < soon, 'it goes with the last of its tokens')
  t.ok(c!.expiresAt! > Date.now() + 90 * DAY_MS, 'the latest stays')
  t.equal(toAuthorization(a!).consent, toAuthorization(c!).consent)
})

t.test('each refresh keeps an authorization on record, also one that another has followed', async (t) => {
  const { server, client, visitor, rows } = await openGrant(t, {})
  const { body } = await openAgain(server, visitor, client, {})
  await openAgain(server, visitor, client, {})
  const [, before] = await rows()
  t.ok(before!.expiresAt! > Date.now() + server.config.refreshTokenTtl, 'as long as its refresh token')
  t.ok(before!.expiresAt! < Date.now() + server.config.refreshTokenTtl + DAY_MS)
  const form = { grant_type: 'refresh_token', client_id: client.id, refresh_token: body.refresh_token }
  t.equal((await server.post('/auth/token', form)).status, 200)
  const [, after] = await rows()
  t.ok(after!.expiresAt! > Date.now() + server.config.refreshTokenTtl + 89 * DAY_MS)
  t.same(after!.value, before!.value)
})

t.test('one that has ended is kept for a while, and the same question is put again', async (t) => {
  const { server, client, visitor, rows } = await openGrant(t, SHORT)
  await openAgain(server, visitor, client, SHORT)
  const latest = toAuthorization((await rows()).at(-1)!)
  await server.store.records.put(toAuthorizationRow({ ...latest, endedAt: Date.now(), endedBy: 'user' }))
  const row = (await rows()).at(-1)!
  t.equal(toAuthorization(row).endedBy, 'user')
  t.ok(row.expiresAt! > Date.now() + 89 * DAY_MS && row.expiresAt! < Date.now() + 91 * DAY_MS)
  const asked = await ask(server, visitor, client, SHORT)
  t.equal(asked.location, undefined)
  t.match(asked.text, /Growth/)
})

t.test('another person, capacity or question is asked, whoever has answered before', async (t) => {
  const { server, client, visitor } = await openGrant(t, SHORT)
  const more = await ask(server, visitor, client, { scope: `${SHORT.scope} patient/Condition.rs` })
  t.equal(more.location, undefined)
  const other = await server.client()
  t.equal((await ask(server, visitor, other, SHORT)).location, undefined)
  const child = await server.visitor(await server.account(['RelatedPerson/r1']))
  t.equal((await ask(server, child, client, SHORT)).location, undefined)
  t.ok((await ask(server, visitor, client, SHORT)).location)
})

t.test('giving tokens leaves what is kept of others as it is', async (t) => {
  const { server, client, visitor } = await openGrant(t, {})
  await openAgain(server, visitor, client, {})
  const before = server.store.epoch()
  const { status, body } = await openAgain(server, visitor, client, {})
  t.equal(status, 200)
  const form = { grant_type: 'refresh_token', client_id: client.id, refresh_token: body.refresh_token }
  t.equal((await server.post('/auth/token', form)).status, 200)
  t.equal(server.store.epoch(), before)
})
