// Refresh and revocation: items 21 to 24 and 44. https://www.rfc-editor.org/rfc/rfc6749#section-6
import t from 'tap'
import { AUTHORIZATIONS, type Authorization } from '../../src/smart/authorization.ts'
import type { Client } from '../../src/smart/client.ts'
import { REFRESH_TOKENS } from '../../src/smart/refresh-token.ts'
import { hashToken } from '../../src/smart/token.ts'
import { type Answer, allow, exchange, openSmartServer, type SmartServer } from '../support/authorization.ts'
import { createSecret } from '../support/jwt.ts'
import { addPerson, PASSWORD } from '../support/people.ts'
import type { Visitor } from '../support/visitor.ts'

const STANDARD = 'openid launch/patient offline_access patient/Observation.rs patient/Condition.rs'

interface Opened {
  readonly server: SmartServer
  readonly client: Client
  readonly visitor: Visitor
  // biome-ignore lint/suspicious/noExplicitAny: tests look into whatever comes
  readonly tokens: any
}

async function open(t: Parameters<typeof openSmartServer>[0], scope = STANDARD): Promise<Opened> {
  const server = await openSmartServer(t)
  const client = await server.client()
  const visitor = await server.visitor(await server.account(['Patient/p1']))
  const { body } = await exchange(server, client, await allow(server, visitor, client, { scope }))
  return { server, client, visitor, tokens: body }
}

function renew(
  server: SmartServer,
  refresh_token: string,
  client?: Client,
  changes: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const id: Readonly<Record<string, string>> = client ? { client_id: client.id } : {}
  return server.post('/auth/token', { grant_type: 'refresh_token', refresh_token, ...id, ...changes })
}

async function statusOf({ app }: SmartServer, token: string): Promise<number> {
  const headers = { authorization: `Bearer ${token}` }
  return (await app.inject({ url: '/fhir/Observation?patient=p1', headers })).statusCode
}

/** Moves the first use of a refresh token into the past. */
async function age({ store }: SmartServer, token: string, ms: number): Promise<void> {
  const row = (await store.records.get(REFRESH_TOKENS, hashToken(token)))!
  const value = row.value as { usedAt: number }
  await store.records.put({ ...row, value: { ...value, usedAt: value.usedAt - ms } })
}

t.test('22: a renewed answer is whole, with its context', async (t) => {
  const { server, client, tokens } = await open(t)
  const { status, body, headers } = await renew(server, tokens.refresh_token, client)
  t.equal(status, 200, JSON.stringify(body))
  t.match(headers, { 'cache-control': 'no-store', pragma: 'no-cache' })
  t.match(body, { token_type: 'Bearer', scope: tokens.scope, patient: 'p1', need_patient_banner: true })
  t.ok(body.expires_in > 0)
  t.not(body.access_token, tokens.access_token)
  t.not(body.refresh_token, tokens.refresh_token)
  t.equal(await statusOf(server, body.access_token), 200)
  t.equal(await statusOf(server, tokens.access_token), 200, 'the older one lives as long as it was told')
})

t.test('21: bound to its client, and never for more than was granted', async (t) => {
  const { server, client, tokens } = await open(t)
  const other = await server.client()
  t.equal((await renew(server, tokens.refresh_token, other)).body.error, 'invalid_grant')
  t.equal((await renew(server, 'x'.repeat(43), client)).body.error, 'invalid_grant')
  t.equal((await renew(server, 'x', client)).body.error, 'invalid_grant')
  t.equal((await renew(server, tokens.access_token, client)).body.error, 'invalid_grant', 'an access token')
  t.equal((await renew(server, '', client)).body.error, 'invalid_request')
  const more = [
    'patient/*.rs',
    'patient/Observation.cruds',
    'patient/Patient.r',
    'fhirUser',
    'system/*.rs',
    'x',
    ' ',
  ]
  for (const scope of more)
    t.equal((await renew(server, tokens.refresh_token, client, { scope })).body.error, 'invalid_scope', scope)
  const less = 'patient/Observation.r'
  const { body } = await renew(server, tokens.refresh_token, client, { scope: less })
  t.equal(body.scope, less)
  t.equal(await statusOf(server, body.access_token), 403, 'reading is no search')
  const again = await renew(server, body.refresh_token, client)
  t.equal(again.body.scope, tokens.scope, 'the grant itself is as it was')
})

t.test('23: offline_access goes on without the session, online_access ends with it', async (t) => {
  for (const [scope, goesOn] of [
    ['launch/patient offline_access patient/Observation.rs', true],
    ['launch/patient online_access patient/Observation.rs', false],
    ['launch/patient online_access offline_access patient/Observation.rs', true],
  ] as const) {
    const { server, client, visitor, tokens } = await open(t, scope)
    const first = await renew(server, tokens.refresh_token, client)
    t.equal(first.status, 200, scope)
    const cookie = visitor.cookies.get('musubi-session')!
    await server.store.records.delete('session', hashToken(cookie))
    const { status, body } = await renew(server, first.body.refresh_token, client)
    t.equal(status, goesOn ? 200 : 400, scope)
    if (!goesOn) t.equal(body.error, 'invalid_grant')
  }
  const { tokens } = await open(t, 'launch/patient patient/Observation.rs')
  t.equal(tokens.refresh_token, undefined, 'neither: nothing to renew with')
})

t.test('23: proving anew who one is goes on with the session, logging in as another ends it', async (t) => {
  const server = await openSmartServer(t)
  const client = await server.client()
  for (const login of ['taro', 'hanako']) await addPerson(server, login, { ref: 'Patient/p1' })
  const visitor = await server.visitor()
  const logInAs = async (path: string, login: string) => {
    const page = await visitor.get(path)
    const { status } = await visitor.submit(page, { login, password: PASSWORD })
    t.equal(status, 303, `${path} ${login}`)
  }
  await logInAs('/auth/login', 'taro')
  const scope = 'launch/patient online_access patient/Observation.rs'
  const { body } = await exchange(server, client, await allow(server, visitor, client, { scope }))
  await logInAs('/auth/reauthenticate', 'taro')
  await logInAs('/auth/reauthenticate', 'taro')
  const first = await renew(server, body.refresh_token, client)
  t.equal(first.status, 200)
  await logInAs('/auth/login', 'hanako')
  t.equal((await renew(server, first.body.refresh_token, client)).body.error, 'invalid_grant')
  await logInAs('/auth/login', 'taro')
  t.equal((await renew(server, first.body.refresh_token, client)).body.error, 'invalid_grant')
})

t.test('24: a public client may leave client_id out, a confidential one may not', async (t) => {
  const { server, tokens } = await open(t)
  t.equal((await renew(server, tokens.refresh_token)).status, 200)
  t.equal((await renew(server, 'x'.repeat(43))).body.error, 'invalid_grant')
  const { secret, secretHash } = createSecret()
  const client = await server.client({ token_endpoint_auth_method: 'client_secret_post' }, { secretHash })
  const visitor = await server.visitor(await server.account(['Patient/p1']))
  const back = await allow(server, visitor, client)
  const { body } = await exchange(server, client, back, { client_secret: secret })
  t.equal((await renew(server, body.refresh_token)).status, 401)
  t.equal((await renew(server, body.refresh_token, client)).status, 401)
  t.equal((await renew(server, body.refresh_token, client, { client_secret: secret })).status, 200)
})

t.test(
  '24: an answer that was lost can be asked for again; later the token is a copy, and all of it ends',
  async (t) => {
    const { server, client, tokens } = await open(t)
    const first = await renew(server, tokens.refresh_token, client)
    const second = await renew(server, tokens.refresh_token, client)
    t.equal(second.status, 200, 'within the time of grace')
    t.equal(await statusOf(server, first.body.access_token), 200)
    await age(server, tokens.refresh_token, 31_000)
    const stolen = await renew(server, tokens.refresh_token, client)
    t.equal(stolen.body.error, 'invalid_grant')
    for (const token of [tokens, first.body, second.body]) {
      t.equal(await statusOf(server, token.access_token), 401)
      t.equal((await renew(server, token.refresh_token, client)).body.error, 'invalid_grant')
    }
    const rows = await server.store.records.list(AUTHORIZATIONS)
    t.match(rows[0]!.value as Authorization, { endedBy: 'reuse' })
  },
)

t.test('44: a refresh token that is given back takes its access tokens with it, at once', async (t) => {
  const { server, client, tokens } = await open(t)
  const { body } = await renew(server, tokens.refresh_token, client)
  t.equal(await statusOf(server, body.access_token), 200)
  const { status } = await server.post('/auth/revoke', { token: body.refresh_token, client_id: client.id })
  t.equal(status, 200)
  t.equal(await statusOf(server, body.access_token), 401)
  t.equal(await statusOf(server, tokens.access_token), 401)
  t.equal((await renew(server, body.refresh_token, client)).body.error, 'invalid_grant')
})

t.test('44: an access token goes alone; of others nothing happens, and nothing is told', async (t) => {
  const { server, client, tokens } = await open(t)
  const other = await server.client()
  for (const token of [tokens.access_token, tokens.refresh_token, 'x'.repeat(43), 'x']) {
    const { status, body } = await server.post('/auth/revoke', { token, client_id: other.id })
    t.equal(status, 200)
    t.strictSame(body, {})
  }
  t.equal(await statusOf(server, tokens.access_token), 200)
  const hint = { token_type_hint: 'nonsense' }
  await server.post('/auth/revoke', { token: tokens.access_token, client_id: client.id, ...hint })
  t.equal(await statusOf(server, tokens.access_token), 401)
  t.equal((await renew(server, tokens.refresh_token, client)).status, 200)
  t.equal((await server.post('/auth/revoke', { client_id: client.id })).body.error, 'invalid_request')
  t.equal((await server.post('/auth/revoke', { token: 'x' })).status, 401)
})

t.test('what a person, the operator or the Consent ends, ends tokens and what renews them', async (t) => {
  const ends: readonly (readonly [string, (opened: Opened) => Promise<unknown>])[] = [
    [
      'the account',
      async ({ server }) => {
        const [row] = await server.store.records.list('account')
        await server.store.records.put({ ...row!, value: { ...(row!.value as object), status: 'disabled' } })
      },
    ],
    [
      'the client',
      ({ server, client }) =>
        server.store.records.put({
          collection: 'client',
          key: client.id,
          value: { ...client, status: 'disabled' },
        }),
    ],
    [
      'the Consent',
      async ({ server }) => {
        const headers = await server.auth('patient/Consent.cruds', {
          subject: 'Patient/p1',
          patient: 'p1',
          purpose: 'PATRQT',
        })
        const { entry } = (await server.app.inject({ url: '/fhir/Consent?patient=p1', headers })).json()
        const url = `/fhir/Consent/${entry[0].resource.id}/$revoke-consent`
        const { statusCode, body } = await server.app.inject({ method: 'POST', url, headers })
        if (statusCode !== 200) throw new Error(body)
      },
    ],
  ]
  for (const [what, end] of ends) {
    const opened = await open(t)
    const { server, client, tokens } = opened
    t.equal(await statusOf(server, tokens.access_token), 200, what)
    await end(opened)
    t.equal(await statusOf(server, tokens.access_token), 401, what)
    const { status } = await renew(server, tokens.refresh_token, client)
    t.ok(status === 400 || status === 401, what)
  }
})
