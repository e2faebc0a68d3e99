// The token endpoint: items 15 to 19, and 50 with the purpose of use. https://www.rfc-editor.org/rfc/rfc6749#section-5
import t from 'tap'
import type { Client } from '../../src/smart/client.ts'
import { REFRESH_TOKENS } from '../../src/smart/refresh-token.ts'
import { hashToken, TOKENS } from '../../src/smart/token.ts'
import {
  allow,
  exchange,
  openSmartServer,
  REDIRECT,
  type SmartServer,
  VERIFIER,
} from '../support/authorization.ts'
import { createClientKey, createSecret, signJwt, toAssertionForm } from '../support/jwt.ts'

const FORM = 'application/x-www-form-urlencoded'

t.test('15: the body is a form, and a wrong one is a JSON error that nobody keeps', async (t) => {
  const { app } = await openSmartServer(t)
  const wrong = [
    ['application/json', '{"grant_type":"client_credentials"}'],
    ['text/plain', 'grant_type=client_credentials'],
    ['', 'grant_type=client_credentials'],
    [`${FORM}`, 'grant_type=authorization_code&grant_type=refresh_token'],
    [`${FORM}`, 'grant_type=%ff'],
    [`${FORM}`, 'grant_type=%'],
    [`${FORM}`, ''],
  ] as const
  for (const [type, payload] of wrong) {
    const reply = await app.inject({
      method: 'POST',
      url: '/auth/token',
      headers: type === '' ? {} : { 'content-type': type },
      payload,
    })
    t.equal(reply.statusCode, 400, `${type} ${payload}`)
    t.equal(reply.json().error, 'invalid_request')
    t.match(reply.headers, { 'cache-control': 'no-store', pragma: 'no-cache' }, '17: on errors as well')
  }
  const inUrl = await app.inject({
    method: 'POST',
    url: '/auth/token?grant_type=client_credentials',
    headers: { 'content-type': FORM },
    payload: 'grant_type=client_credentials',
  })
  t.equal(inUrl.json().error, 'invalid_request')
})

t.test('17: an answer to the wrong method or to too much is JSON that nobody keeps, too', async (t) => {
  const { app } = await openSmartServer(t)
  for (const url of ['/auth/token', '/auth/revoke', '/auth/introspect', '/auth/register', '/auth/launch']) {
    for (const method of ['GET', 'PUT', 'PATCH', 'DELETE'] as const) {
      const reply = await app.inject({ method, url })
      t.equal(reply.statusCode, 405, `${method} ${url}`)
      t.equal(reply.json().error, 'invalid_request')
      t.match(reply.headers, { allow: 'POST', 'cache-control': 'no-store', pragma: 'no-cache' })
    }
    const type = url === '/auth/register' ? 'application/json' : FORM
    const payload = `x=${'y'.repeat(300_000)}`
    const reply = await app.inject({ method: 'POST', url, headers: { 'content-type': type }, payload })
    t.equal(reply.statusCode, 413, url)
    t.equal(reply.json().error, 'invalid_request')
    t.match(reply.headers, { 'cache-control': 'no-store', pragma: 'no-cache' })
  }
})

t.test('19: an unknown grant type is told before credentials are looked at', async (t) => {
  const server = await openSmartServer(t)
  for (const grant_type of ['password', 'implicit', 'toString', '__proto__', 'urn:x']) {
    const { status, body } = await server.post('/auth/token', { grant_type })
    t.equal(status, 400)
    t.equal(body.error, 'unsupported_grant_type', grant_type)
  }
  const client = await server.client({ grant_types: ['authorization_code'] })
  const { status, body } = await server.post('/auth/token', {
    grant_type: 'refresh_token',
    refresh_token: 'x'.repeat(43),
    client_id: client.id,
  })
  t.equal(status, 400)
  t.equal(body.error, 'unauthorized_client')
})

t.test('16: what an exchange needs, and who must prove what they are', async (t) => {
  const server = await openSmartServer(t)
  const { secret, secretHash } = createSecret()
  const client = await server.client({ token_endpoint_auth_method: 'client_secret_basic' }, { secretHash })
  const visitor = await server.visitor(await server.account(['Patient/p1']))
  const back = await allow(server, visitor, client)
  const form = {
    grant_type: 'authorization_code',
    code: back.get('code')!,
    redirect_uri: REDIRECT,
    code_verifier: VERIFIER,
  }
  const basic = `Basic ${Buffer.from(`${client.id}:${secret}`).toString('base64')}`
  const wrong = `Basic ${Buffer.from(`${client.id}:wrong`).toString('base64')}`
  const without = await server.post('/auth/token', { ...form, client_id: client.id })
  t.equal(without.status, 401)
  t.equal(without.body.error, 'invalid_client')
  const bad = await server.post('/auth/token', form, { authorization: wrong })
  t.equal(bad.status, 401)
  t.match(bad.headers['www-authenticate'], /^Basic/)
  for (const name of ['code', 'redirect_uri', 'code_verifier'] as const) {
    const { [name]: _, ...rest } = form
    const { status, body } = await server.post('/auth/token', rest, { authorization: basic })
    t.equal(status, 400)
    t.match(body, { error: 'invalid_request', error_description: new RegExp(name) })
  }
  t.equal((await server.post('/auth/token', form, { authorization: basic })).status, 200)
})

t.test('17, 18: a good answer is whole, short-lived and not kept', async (t) => {
  const server = await openSmartServer(t)
  const client = await server.client()
  const visitor = await server.visitor(await server.account(['Patient/p1']))
  const { body, headers } = await exchange(server, client, await allow(server, visitor, client))
  t.match(headers, { 'cache-control': 'no-store', pragma: 'no-cache', 'content-type': /^application\/json/ })
  t.match(body, {
    access_token: /^[A-Za-z0-9_-]{43}$/,
    token_type: 'Bearer',
    refresh_token: /^[A-Za-z0-9_-]{43}$/,
    patient: 'p1',
    need_patient_banner: true,
  })
  t.ok(body.expires_in > 3590 && body.expires_in <= 3600)
  t.strictSame(
    new Set(body.scope.split(' ')),
    new Set(['openid', 'fhirUser', 'launch/patient', 'offline_access', 'patient/Observation.rs']),
  )
  const kept = await server.store.records.get(TOKENS, hashToken(body.access_token))
  t.notMatch(JSON.stringify(kept), body.access_token, 'only its hash is kept')
  await server.store.records.put({ ...kept!, expiresAt: Date.now() - 1 })
  const late = await server.app.inject({
    url: '/fhir/Observation',
    headers: { authorization: `Bearer ${body.access_token}` },
  })
  t.equal(late.statusCode, 401, 'expired')
  t.notMatch(server.log.join(''), body.access_token)
  t.notMatch(server.log.join(''), body.refresh_token)
})

t.test('18: no token outlives what the person has set', async (t) => {
  const server = await openSmartServer(t, { MUSUBI_TIME_ZONE: 'UTC' })
  const client = await server.client()
  const visitor = await server.visitor(await server.account(['Patient/p1']))
  const today = new Date().toISOString().slice(0, 10)
  const back = await allow(server, visitor, client, {}, { until: 'date', 'until-date': today })
  const { body } = await exchange(server, client, back)
  const left = (Date.parse(`${today}T23:59:59.999Z`) - Date.now()) / 1000
  t.ok(body.expires_in <= Math.min(3600, left + 1), `${body.expires_in} of ${left}`)
  const refresh = await server.store.records.get(REFRESH_TOKENS, hashToken(body.refresh_token))
  t.ok(refresh!.expiresAt! <= Date.parse(`${today}T23:59:59.999Z`) + 1)
})

interface Backend {
  readonly server: SmartServer
  readonly client: Client
  ask(
    form?: Readonly<Record<string, string | undefined>>,
    claims?: object,
  ): Promise<Awaited<ReturnType<SmartServer['post']>>>
}

async function openBackend(
  t: Parameters<typeof openSmartServer>[0],
  rest: Partial<Client> = {},
): Promise<Backend> {
  const server = await openSmartServer(t)
  const key = createClientKey('RS384', 'k')
  const client = await server.client(
    {
      redirect_uris: [],
      grant_types: ['client_credentials'],
      token_endpoint_auth_method: 'private_key_jwt',
      jwks: { keys: [key.jwk] },
      scope: 'system/Observation.rs system/Patient.r system/Condition.rs?category=problem-list-item',
    },
    { purposes: ['TREAT', 'HPAYMT', 'PATRQT', 'BTG'], organization: 'Organization/demo', ...rest },
  )
  let n = 0
  return {
    server,
    client,
    ask(form = {}, claims = {}) {
      const now = Math.floor(Date.now() / 1000)
      const assertion = signJwt(key, {
        iss: client.id,
        sub: client.id,
        aud: `${new URL(server.base).origin}/auth/token`,
        exp: now + 60,
        jti: `jti-${n++}`,
        ...claims,
      })
      const all = {
        grant_type: 'client_credentials',
        scope: 'system/Observation.rs',
        ...toAssertionForm(assertion),
        ...form,
      }
      const given = Object.entries(all).filter(([, value]) => value !== undefined)
      return server.post('/auth/token', Object.fromEntries(given) as Record<string, string>)
    },
  }
}

t.test(
  '50: a backend gets what it is registered for, for five minutes, and nothing to renew it with',
  async (t) => {
    const { server, ask } = await openBackend(t)
    const { status, body } = await ask()
    t.equal(status, 200, JSON.stringify(body))
    t.match(body, { token_type: 'Bearer', scope: 'system/Observation.rs' })
    t.ok(body.expires_in <= 300)
    t.strictSame(Object.keys(body).sort(), ['access_token', 'expires_in', 'scope', 'token_type'])
    const read = await server.app.inject({
      url: '/fhir/Observation',
      headers: { authorization: `Bearer ${body.access_token}` },
    })
    t.equal(read.statusCode, 200)
  },
)

t.test(
  '50: a scope that is missing, not of a system, or beyond the registration is invalid_scope',
  async (t) => {
    const { ask } = await openBackend(t)
    const wrong = [
      undefined,
      ' ',
      'patient/Observation.rs',
      'user/Observation.rs',
      'system/Observation.cruds',
      'system/Observation.sr',
      'system/*.rs',
      'system/Condition.rs',
      'system/Observation.rs system/Encounter.rs',
      'system/Observation.rs openid',
      'system/Observation.rs nonsense',
      'system/Nonsense.rs',
    ]
    for (const scope of wrong) {
      const { status, body } = await ask({ scope })
      t.equal(status, 400, String(scope))
      t.equal(body.error, 'invalid_scope', String(scope))
    }
    const narrower =
      'system/Observation.r system/Condition.rs?category=problem-list-item&code=http://loinc.org|1'
    t.equal((await ask({ scope: narrower })).body.scope, narrower)
  },
)

t.test('50: a secret is not enough for Backend Services', async (t) => {
  const server = await openSmartServer(t)
  const { secret, secretHash } = createSecret()
  const client = await server.client(
    {
      grant_types: ['client_credentials'],
      token_endpoint_auth_method: 'client_secret_post',
      scope: 'system/*.rs',
    },
    { secretHash },
  )
  const { status, body } = await server.post('/auth/token', {
    grant_type: 'client_credentials',
    scope: 'system/*.rs',
    client_id: client.id,
    client_secret: secret,
  })
  t.equal(status, 400)
  t.equal(body.error, 'unauthorized_client')
})

const b2b = (more: object) => ({ extensions: { 'hl7-b2b': { version: '1', ...more } } })

t.test('a backend states one purpose that it is registered for, and its own organisation', async (t) => {
  const { server, client, ask } = await openBackend(t)
  const purposeOf = async (claims: object) => {
    const { body } = await ask({}, claims)
    if (body.error) return body.error
    const row = await server.store.records.get(TOKENS, hashToken(body.access_token))
    return (row!.value as { purpose: string }).purpose
  }
  t.equal(await purposeOf({}), 'TREAT', 'the first where none is stated')
  const good = [
    'HPAYMT',
    'http://terminology.hl7.org/CodeSystem/v3-ActReason#HPAYMT',
    'urn:oid:2.16.840.1.113883.5.8#HPAYMT',
  ]
  for (const purpose of good) {
    t.equal(await purposeOf(b2b({ purpose_of_use: [purpose] })), 'HPAYMT', purpose)
    t.equal(await purposeOf(b2b({ purpose_of_use: purpose })), 'HPAYMT', purpose)
  }
  const wrong = [
    [],
    ['HRESCH'],
    ['TREAT', 'HPAYMT'],
    ['https://evil.example#TREAT'],
    [7],
    [{}],
    null,
    ['PATRQT'],
    ['BTG'],
  ]
  for (const purpose_of_use of wrong)
    t.equal(await purposeOf(b2b({ purpose_of_use })), 'invalid_grant', JSON.stringify(purpose_of_use))
  t.equal(await purposeOf(b2b({})), 'invalid_grant', 'none in the extension')
  t.equal(await purposeOf({ extensions: 'x' }), 'invalid_grant')
  const of = (organization_id: unknown) => purposeOf(b2b({ purpose_of_use: ['TREAT'], organization_id }))
  t.equal(await of('Organization/demo'), 'TREAT')
  t.equal(await of(`${server.base}/Organization/demo`), 'TREAT')
  for (const other of ['Organization/other', 'https://x/Organization/demo', 7])
    t.equal(await of(other), 'invalid_grant', String(other))
  const header = await server.app.inject({
    method: 'POST',
    url: '/auth/token',
    headers: { 'content-type': FORM, 'x-purpose-of-use': 'HRESCH' },
    payload: new URLSearchParams({ grant_type: 'client_credentials', client_id: client.id }).toString(),
  })
  t.equal(header.statusCode, 401)
})

t.test('a purpose that is taken from a client ends its tokens at the next request (C1)', async (t) => {
  const { server, client, ask } = await openBackend(t)
  const { body } = await ask()
  const read = async () =>
    (
      await server.app.inject({
        url: '/fhir/Observation',
        headers: { authorization: `Bearer ${body.access_token}` },
      })
    ).statusCode
  t.equal(await read(), 200)
  await server.store.records.put({
    collection: 'client',
    key: client.id,
    value: { ...client, purposes: ['HPAYMT'] },
  })
  t.equal(await read(), 401)
})
