// The FHIR API as a resource server: whom it asks for a token, which it takes, and from when it takes one no more. https://hl7.org/fhir/smart-app-launch/app-launch.html#step-7-access-fhir-api
import { setTimeout as sleep } from 'node:timers/promises'
import type { InjectOptions } from 'fastify'
import t from 'tap'
import type { TokenGrant } from '../../src/access/principal.ts'
import { createApp } from '../../src/app.ts'
import { ACCOUNTS } from '../../src/smart/account.ts'
import { AUTHORIZATIONS, type Authorization } from '../../src/smart/authorization.ts'
import { CLIENTS } from '../../src/smart/client.ts'
import { hashToken, TOKENS } from '../../src/smart/token.ts'
import { openStore } from '../../src/store/open.ts'
import { allow, exchange, openSmartServer, type SmartServer, VERIFIER } from '../support/authorization.ts'
import { type Granted, grantBackend, grantUser } from '../support/granted.ts'
import { openClient } from '../support/rest.ts'

const SCOPE = 'openid fhirUser launch/patient offline_access patient/*.rs'

type Method = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

const DOORS: readonly (readonly [method: Method, path: string])[] = [
  ['GET', '/Patient/p1'],
  ['HEAD', '/Patient/p1'],
  ['GET', '/Patient'],
  ['GET', '/Patient/never'],
  ['GET', '/Nonsense'],
  ['GET', '/Patient/p1/_history'],
  ['GET', '/Patient/p1/$everything'],
  ['GET', '/_history'],
  ['GET', '?_type=Patient'],
  ['POST', '/Patient/_search'],
  ['POST', '/Observation'],
  ['POST', ''],
  ['PUT', '/Patient/p1'],
  ['PATCH', '/Patient/p1'],
  ['DELETE', '/Patient/p1'],
  ['POST', '/Patient/$validate'],
]

t.test(
  '52: without a token in force every door is 401, with a challenge and an OperationOutcome',
  async (t) => {
    const server = await openSmartServer(t)
    const { token, body } = await grantUser(server, { scope: SCOPE })
    const expired = await grantUser(server, { scope: SCOPE })
    await change(server, TOKENS, hashToken(expired.token), { expiresAt: Date.now() - 1 })
    const invalid = 'Bearer error="invalid_token"'
    const headers: readonly (readonly [authorization: string | undefined, challenge: string])[] = [
      [undefined, 'Bearer'],
      [`Basic ${Buffer.from(`app:${token}`).toString('base64')}`, 'Bearer'],
      [`DPoP ${token}`, 'Bearer'],
      [`Bearer ${token}, Bearer ${token}`, 'Bearer'],
      [`Bearer ${'x'.repeat(43)}`, invalid],
      [`Bearer ${expired.token}`, invalid],
      [`Bearer ${body.refresh_token}`, invalid],
      [`Bearer ${body.id_token}`, invalid],
    ]
    for (const [authorization, challenge] of headers)
      for (const [method, path] of DOORS) {
        const url = `/fhir${path}`
        const reply = await server.app.inject({
          method,
          url,
          headers: authorization === undefined ? {} : { authorization },
        })
        const name = `${authorization?.slice(0, 12)}: ${method} ${path}`
        t.strictSame([reply.statusCode, reply.headers['www-authenticate']], [401, challenge], name)
        if (method !== 'HEAD') t.equal(reply.json().issue[0].code, 'login')
      }
  },
)

t.test('52: what the scopes do not allow is 403 with one and the same challenge', async (t) => {
  const server = await openSmartServer(t)
  const { call } = await grantUser(server, { scope: 'openid patient/Observation.r' })
  const refused = [
    await call('GET', 'Observation'),
    await call('GET', 'Patient/p1'),
    await call('GET', 'Patient/p2'),
    await call('GET', 'Patient/never'),
    await call('POST', 'Observation', { resourceType: 'Observation' }),
    await call('DELETE', 'Observation/x'),
    await call('GET', '_history'),
    await call('POST', '', {
      resourceType: 'Bundle',
      type: 'transaction',
      entry: [{ request: { method: 'GET', url: 'Patient/p1' } }],
    }),
  ]
  for (const { status, headers, body } of refused) {
    t.strictSame([status, headers['www-authenticate']], [403, 'Bearer error="insufficient_scope"'])
    t.match(body, { resourceType: 'OperationOutcome', issue: [{ code: 'forbidden' }] })
  }
  const hidden = await call('GET', 'Observation/never')
  t.strictSame([hidden.status, hidden.headers['www-authenticate']], [404, undefined])
})

t.test('52: a token is for one base', async (t) => {
  const server = await openSmartServer(t)
  for (const { token, call } of [
    await grantUser(server, { scope: SCOPE }),
    await grantBackend(server, { scope: 'system/*.rs' }),
  ]) {
    t.equal((await call('GET', 'Patient')).status, 200)
    const row = await server.store.records.get(TOKENS, hashToken(token))
    t.equal((row!.value as TokenGrant).audience, server.base)
    for (const audience of ['https://other.example/fhir', `${server.base}/`, `${server.base}/x`, '']) {
      await change(server, TOKENS, hashToken(token), { audience })
      t.equal((await call('GET', 'Patient')).status, 401, audience)
    }
  }
})

/** Changes members of a record's value, and its end where that is among them. */
async function change(
  { store }: SmartServer,
  collection: string,
  key: string,
  members: object,
): Promise<void> {
  const row = (await store.records.get(collection, key))!
  await store.records.put({
    ...row,
    ...('expiresAt' in members && { expiresAt: members.expiresAt as number }),
    value: { ...(row.value as object), ...members },
  })
}

async function authorizationOf({ store }: SmartServer, { token }: Granted): Promise<Authorization> {
  const { authorization } = (await store.records.get(TOKENS, hashToken(token)))!.value as TokenGrant
  return (await store.records.get(AUTHORIZATIONS, authorization!))!.value as Authorization
}

type End = (server: SmartServer, granted: Granted) => Promise<unknown>

const ends: Readonly<Record<string, End>> = {
  'its client is disabled': (server, { client }) =>
    change(server, CLIENTS, client.id, { status: 'disabled' }),
  'its client waits for approval': (server, { client }) =>
    change(server, CLIENTS, client.id, { status: 'pending' }),
  'its client may no longer state the purpose': (server, { client }) =>
    change(server, CLIENTS, client.id, { purposes: ['HRESCH'] }),
  'its client is gone': ({ store }, { client }) => store.records.delete(CLIENTS, client.id),
  'it is given back': ({ store }, { token }) => store.records.delete(TOKENS, hashToken(token)),
  'it has expired': (server, { token }) =>
    change(server, TOKENS, hashToken(token), { expiresAt: Date.now() - 1 }),
}

const userEnds: Readonly<Record<string, End>> = {
  ...ends,
  'the account is disabled': (server, { account }) =>
    change(server, ACCOUNTS, account!.id, { status: 'disabled' }),
  'the account is gone': ({ store }, { account }) => store.records.delete(ACCOUNTS, account!.id),
  'the user has ended it': async (server, granted) =>
    change(server, AUTHORIZATIONS, (await authorizationOf(server, granted)).id, { endedAt: Date.now() }),
  'the authorization is gone': async (server, granted) =>
    server.store.records.delete(AUTHORIZATIONS, (await authorizationOf(server, granted)).id),
  'the day has come that the person chose': async (server, granted) =>
    change(server, AUTHORIZATIONS, (await authorizationOf(server, granted)).id, { until: Date.now() }),
  'its refresh token is revoked': (server, { body, client }) =>
    server.post('/auth/revoke', { token: body.refresh_token, client_id: client.id }),
}

const personEnds: Readonly<Record<string, End>> = {
  ...userEnds,
  'the Consent is withdrawn by $revoke-consent': async (server, granted) =>
    (await asPerson(server))('POST', `${(await authorizationOf(server, granted)).consent}/$revoke-consent`),
  'the Consent is made inactive by an update': async (server, granted) => {
    const call = await asPerson(server)
    const { consent } = await authorizationOf(server, granted)
    const { body } = await call('GET', consent!)
    const { status } = await call('PUT', consent!, { ...body, status: 'inactive' })
    if (status !== 200) throw new Error(String(status))
  },
}

function asPerson(server: SmartServer) {
  return openClient(server, 'patient/*.cruds', { subject: 'Patient/p1', patient: 'p1', purpose: 'PATRQT' })
}

const KINDS: Readonly<
  Record<
    string,
    readonly [grant: (server: SmartServer) => Promise<Granted>, ends: Readonly<Record<string, End>>]
  >
> = {
  'of a person': [(server) => grantUser(server, { scope: SCOPE }), personEnds],
  'of staff': [
    (server) => grantUser(server, { scope: 'offline_access user/*.rs', as: 'Practitioner/d1' }),
    userEnds,
  ],
  'of a client in its own name': [(server) => grantBackend(server, { scope: 'system/*.rs' }), ends],
}

for (const [kind, [grant, its]] of Object.entries(KINDS))
  t.test(
    `52: a token ${kind} is 401 at the very next request once it has ended, in every process`,
    async (t) => {
      const server = await openSmartServer(t)
      const store = await openStore(server.config.store)
      const other = await createApp(server.config, store, { write: () => {} })
      t.teardown(async () => {
        await other.close()
        await store.close()
      })
      for (const [name, end] of Object.entries(its)) {
        const granted = await grant(server)
        const kept = await grant(server)
        const ask = (app: typeof other, { token }: Granted) =>
          app.inject({ url: '/fhir/Patient', headers: { authorization: `Bearer ${token}` } })
        for (const app of [server.app, other, server.app])
          t.equal((await ask(app, granted)).statusCode, 200, name)
        t.equal((await ask(other, kept)).statusCode, 200)
        await end(server, granted)
        for (const app of [server.app, other]) {
          const reply = await ask(app, granted)
          t.strictSame(
            [reply.statusCode, reply.headers['www-authenticate']],
            [401, 'Bearer error="invalid_token"'],
            name,
          )
        }
        if (!name.startsWith('the Consent'))
          t.equal((await ask(server.app, kept)).statusCode, 200, 'others stand')
      }
    },
  )

t.test('52: a token ends by itself while nothing is written', async (t) => {
  const server = await openSmartServer(t)
  const granted = await grantUser(server, { scope: SCOPE })
  await change(server, TOKENS, hashToken(granted.token), { expiresAt: Date.now() + 300 })
  t.equal((await granted.call('GET', 'Patient')).status, 200)
  await sleep(350)
  t.equal((await granted.call('GET', 'Patient')).status, 401)
})

t.test('52: a token stands in the Authorization header and nowhere else', async (t) => {
  const server = await openSmartServer(t)
  const { token } = await grantUser(server, { scope: SCOPE })
  const form = { 'content-type': 'application/x-www-form-urlencoded' }
  const wrong: readonly InjectOptions[] = [
    { url: `/fhir/Patient?access_token=${token}` },
    { url: `/fhir/Patient?authorization=Bearer%20${token}` },
    { url: '/fhir/Patient', headers: { 'x-authorization': `Bearer ${token}`, 'x-access-token': token } },
    { url: '/fhir/Patient', headers: { cookie: `access_token=${token}; musubi-session=${token}` } },
    { method: 'POST', url: '/fhir/Patient/_search', headers: form, payload: `access_token=${token}` },
    { method: 'GET', url: '/fhir/Patient', headers: form, payload: `access_token=${token}` },
    { url: `/auth/userinfo?access_token=${token}` },
    { method: 'POST', url: '/auth/userinfo', headers: form, payload: `access_token=${token}` },
  ]
  for (const each of wrong) t.equal((await server.app.inject(each)).statusCode, 401, JSON.stringify(each))
})

t.test('52: no token, code or secret is ever logged', async (t) => {
  const server = await openSmartServer(t, { MUSUBI_LOG_LEVEL: 'trace' })
  const client = await server.client()
  const visitor = await server.visitor(await server.account(['Patient/p1']))
  const back = await allow(server, visitor, client, { scope: SCOPE })
  const { body } = await exchange(server, client, back)
  const headers = { authorization: `Bearer ${body.access_token}` }
  await server.app.inject({ url: '/fhir/Patient/p1', headers })
  await server.app.inject({ url: `/fhir/Patient?access_token=${body.access_token}`, headers })
  await server.app.inject({
    url: '/fhir/Condition/x',
    headers: { authorization: `Bearer ${'z'.repeat(43)}` },
  })
  await exchange(server, client, back)
  await server.post('/auth/revoke', { token: body.refresh_token, client_id: client.id })
  const log = server.log.join('\n')
  t.ok(log.length > 0)
  const secrets = [
    body.access_token,
    body.refresh_token,
    body.id_token,
    back.get('code'),
    VERIFIER,
    'z'.repeat(43),
  ]
  for (const secret of [...secrets, ...visitor.cookies.values()])
    t.notOk(log.includes(String(secret)), 'not in the log')
  t.notMatch(log, /山田|yamada/i)
})
