// Introspection: what other resource servers are told of a token, and who may ask.
import { createHash } from 'node:crypto'
import t, { type Test } from 'tap'
import { ACCOUNTS, type Account } from '../../src/smart/account.ts'
import { type Authorization, toAuthorizationRow } from '../../src/smart/authorization.ts'
import { REFRESH_TOKENS } from '../../src/smart/refresh-token.ts'
import { hashToken, mintToken } from '../../src/smart/token.ts'
import { putClient } from '../support/registered.ts'
import { openServer } from '../support/server.ts'

const SECRET = 'the-secret-of-the-resource-server'

async function open(t: Test) {
  const server = await openServer(t)
  const { store, app, config } = server
  const base = config.baseUrl
  const secretHash = createHash('sha256').update(SECRET).digest('hex')
  const confidential = { token_endpoint_auth_method: 'client_secret_basic' } as const
  await putClient(store, 'app')
  await putClient(store, 'server', { secretHash }, confidential)
  const authorization: Authorization = {
    id: 'auth-1',
    client: 'app',
    account: 'account-1',
    grant: {
      subject: 'Patient/p',
      client: 'app',
      patient: 'p',
      encounter: 'e',
      purpose: 'PATRQT',
    },
    scope: 'openid fhirUser offline_access launch/patient patient/*.rs',
    asked: 'openid fhirUser offline_access launch/patient patient/*.rs',
    context: {
      patient: 'p',
      encounter: 'e',
      need_patient_banner: false,
      intent: 'reconcile',
      smart_style_url: `${base}/style.json`,
      tenant: 'ward-7',
      fhirContext: [{ reference: 'ImagingStudy/7' }],
    },
    fhirUser: `${base}/Patient/p`,
    authTime: 1,
    amr: ['pwd'],
    createdAt: Date.now(),
  }
  const account: Account = {
    id: 'account-1',
    login: 'p',
    name: 'P',
    status: 'active',
    bindings: [{ ref: 'Patient/p', proofing: { level: 'IAL2', method: 'operator', at: 1 } }],
    createdAt: 1,
  }
  await store.records.put({ collection: ACCOUNTS, key: account.id, value: account })
  await store.records.put(toAuthorizationRow(authorization))
  const issue = async (more: object = {}) => {
    const { token, row } = mintToken({
      ...authorization.grant,
      scope: authorization.scope,
      authorization: authorization.id,
      audience: base,
      expiresAt: Date.now() + 60_000,
      ...more,
    })
    await store.records.add(row)
    return token
  }
  const post = (payload: string, headers: Record<string, string> = {}) =>
    app.inject({
      method: 'POST',
      url: '/auth/introspect',
      headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
      payload,
    })
  const basic = (id = 'server', secret = SECRET) => ({
    authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`,
  })
  const ask = async (token: string, headers: Record<string, string> = basic()) => {
    const reply = await post(`token=${encodeURIComponent(token)}`, headers)
    if (reply.statusCode !== 200) throw new Error(`${reply.statusCode} ${reply.body}`)
    return reply.json<Record<string, unknown>>()
  }
  const bearer = (token: string) => ({ authorization: `Bearer ${token}` })
  return { server, store, base, authorization, issue, post, basic, ask, bearer }
}

const INACTIVE = { active: false }

t.test('42: an access token is told with every context parameter, its user and who issued it', async (t) => {
  const { ask, issue, authorization, base, post, basic } = await open(t)
  const token = await issue()
  const told = await ask(token)
  t.match(told, {
    active: true,
    scope: authorization.scope,
    client_id: 'app',
    token_type: 'Bearer',
    aud: base,
    iss: base.replace(/\/fhir$/, '/auth'),
    sub: 'account-1',
    fhirUser: `${base}/Patient/p`,
    __purpose: 'PATRQT',
  })
  t.match(told, authorization.context)
  t.ok(Number.isInteger(told['exp']) && Number(told['exp']) * 1000 > Date.now())
  const reply = await post(`token=${token}`, basic())
  t.equal(reply.headers['cache-control'], 'no-store')
  t.match(reply.headers['content-type'], /^application\/json/)
})

t.test(
  '42: without openid there is no iss and no sub; a token nobody logged in for has neither',
  async (t) => {
    const { ask, issue, store, authorization, server } = await open(t)
    await store.records.put(toAuthorizationRow({ ...authorization, scope: 'patient/*.rs' }))
    const plain = await ask(await issue({ scope: 'patient/*.rs' }))
    t.match(plain, { active: true, scope: 'patient/*.rs', patient: 'p' })
    for (const name of ['iss', 'sub', 'fhirUser']) t.notOk(name in plain, name)
    const backend = await ask(
      await server.token('system/*.rs', { client: 'server', subject: 'Client/server' }),
    )
    t.match(backend, { active: true, client_id: 'server', scope: 'system/*.rs', __purpose: 'TREAT' })
    for (const name of ['iss', 'sub', 'fhirUser', 'patient']) t.notOk(name in backend, name)
  },
)

t.test('43: what is unknown, expired, revoked or ended is {"active":false} and nothing else', async (t) => {
  const { ask, issue, store, authorization } = await open(t)
  for (const token of ['x', 'a.b.c', 'A'.repeat(43), hashToken('x'), '日本'])
    t.strictSame(await ask(token), INACTIVE, token)
  t.strictSame(await ask(await issue({ expiresAt: Date.now() - 1 })), INACTIVE, 'expired')
  t.strictSame(
    await ask(await issue({ audience: 'https://other.example/fhir' })),
    INACTIVE,
    'for another base',
  )
  const token = await issue()
  t.match(await ask(token), { active: true })
  await putClient(store, 'app', { status: 'disabled' })
  t.strictSame(await ask(token), INACTIVE, 'its client is disabled')
  await putClient(store, 'app', { purposes: ['TREAT'] })
  t.strictSame(await ask(token), INACTIVE, 'its purpose is no longer registered')
  await putClient(store, 'app', {}, { scope: 'openid patient/*.r' })
  t.equal((await ask(token))['scope'], 'openid patient/*.r', 'what was taken from the client is not told')
  await putClient(store, 'app')
  t.match(await ask(token), { active: true, scope: authorization.scope })
  await store.records.put(toAuthorizationRow({ ...authorization, endedAt: Date.now(), endedBy: 'user' }))
  t.strictSame(await ask(token), INACTIVE, 'ended by the person')
})

t.test('43: a bearer token that may read something asks of any client; another asks of itself', async (t) => {
  const { ask, issue, bearer, server, store, authorization } = await open(t)
  const token = await issue()
  for (const scope of ['system/*.rs', 'system/Patient.s']) {
    const asker = bearer(await server.token(scope, { client: 'server', subject: 'Client/server' }))
    t.match(await ask(token, asker), { active: true, client_id: 'app' }, scope)
  }
  const user = bearer(await server.token('user/Observation.r', { subject: 'Practitioner/d' }))
  t.match(await ask(token, user), { active: true })
  t.match(await ask(token, bearer(token)), { active: true }, 'itself')
  const writer = await server.token('system/*.cud', { client: 'server', subject: 'Client/server' })
  t.strictSame(await ask(token, bearer(writer)), INACTIVE, 'no right to read')
  t.match(await ask(writer, bearer(writer)), { active: true, client_id: 'server' }, 'itself')
  await store.records.put(toAuthorizationRow({ ...authorization, endedAt: Date.now(), endedBy: 'user' }))
  const other = bearer(await server.token())
  t.strictSame(await ask(token, other), INACTIVE)
})

t.test(
  '43: a caller without credentials, with wrong ones, with two kinds, or that is public is refused',
  async (t) => {
    const { post, basic, bearer, issue, server, store } = await open(t)
    const token = await issue()
    const expired = await server.token('system/*.rs', { expiresAt: Date.now() - 1 })
    const refused: readonly (readonly [string, string, Record<string, string>, number, string])[] = [
      ['nobody', `token=${token}`, {}, 401, 'invalid_client'],
      ['wrong secret', `token=${token}`, basic('server', 'no'), 401, 'invalid_client'],
      ['unknown client', `token=${token}`, basic('none'), 401, 'invalid_client'],
      ['public client', `token=${token}&client_id=app`, {}, 401, 'invalid_client'],
      ['expired token', `token=${token}`, bearer(expired), 401, 'invalid_token'],
      ['no token', `token=${token}`, bearer('x'), 401, 'invalid_token'],
      [
        'both',
        `token=${token}&client_id=server&client_secret=${SECRET}`,
        bearer(token),
        400,
        'invalid_request',
      ],
      ['no question', 'token_type_hint=access_token', basic(), 400, 'invalid_request'],
      ['empty', 'token=', basic(), 400, 'invalid_request'],
      ['twice', `token=${token}&token=${token}`, basic(), 400, 'invalid_request'],
      ['broken', 'token=%', basic(), 400, 'invalid_request'],
      [
        'json',
        `{"token":"${token}"}`,
        { ...basic(), 'content-type': 'application/json' },
        400,
        'invalid_request',
      ],
      ['too much', `token=${'x'.repeat(70_000)}`, basic(), 400, 'invalid_request'],
    ]
    for (const [name, body, headers, status, error] of refused) {
      const reply = await post(body, headers)
      t.equal(reply.statusCode, status, name)
      t.equal(reply.json().error, error, name)
      t.equal(reply.headers['cache-control'], 'no-store', name)
      if (status === 401) t.ok(reply.headers['www-authenticate'], name)
    }
    await putClient(
      store,
      'server',
      { status: 'disabled' },
      { token_endpoint_auth_method: 'client_secret_basic' },
    )
    t.equal((await post(`token=${token}`, basic())).statusCode, 401, 'disabled')
    t.equal((await server.app.inject('/auth/introspect')).statusCode, 405, 'no GET')
  },
)

t.test(
  '43: a refresh token is told to its own client alone, until it was used or its grant ends',
  async (t) => {
    const { ask, store, authorization, basic } = await open(t)
    const secretHash = createHash('sha256').update('own').digest('hex')
    await putClient(store, 'app', { secretHash }, { token_endpoint_auth_method: 'client_secret_basic' })
    const token = 'R'.repeat(43)
    const put = (value: object) =>
      store.records.put({
        collection: REFRESH_TOKENS,
        key: hashToken(token),
        value: { authorization: authorization.id, client: 'app', ...value },
        expiresAt: Date.now() + 60_000,
      })
    await put({})
    const own = basic('app', 'own')
    t.match(await ask(token, own), { active: true, client_id: 'app', patient: 'p', sub: 'account-1' })
    t.strictSame(await ask(token), INACTIVE, 'of another client')
    await put({ usedAt: Date.now() })
    t.strictSame(await ask(token, own), INACTIVE, 'replaced')
    await put({})
    await store.records.put(toAuthorizationRow({ ...authorization, scope: 'online_access', session: 'gone' }))
    t.strictSame(await ask(token, own), INACTIVE, 'the session has ended')
    await store.records.put(toAuthorizationRow(authorization))
    t.match(await ask(token, own), { active: true })
    await store.records.put(toAuthorizationRow({ ...authorization, endedAt: Date.now(), endedBy: 'user' }))
    t.strictSame(await ask(token, own), INACTIVE)
  },
)

t.test('43: who asked of which person is on record, and no token is logged', async (t) => {
  const { ask, issue, store, server } = await open(t)
  const token = await issue()
  await ask(token)
  await ask('A'.repeat(43))
  await store.journal.flush()
  const { rows } = await store.journal.list({ limit: 10, subtype: 'introspect' })
  t.match(
    rows.map(({ row }) => row),
    [
      { agent: { client: 'server' }, patients: [] },
      { agent: { client: 'server', subject: 'Client/server' }, patients: ['Patient/p'], purpose: 'PATRQT' },
    ],
  )
  t.notOk(JSON.stringify([rows, server.log]).includes(token))
  t.notOk(JSON.stringify([rows, server.log]).includes(SECRET))
})
