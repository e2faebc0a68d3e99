// EHR launch, launch context and identity: items 14, 32 and 35 to 41. https://hl7.org/fhir/smart-app-launch/scopes-and-launch-context.html
import { createPublicKey, verify } from 'node:crypto'
import t from 'tap'
import { readFhirContext } from '../../src/smart/authorize/fhir-context.ts'
import { CLIENTS, type Client } from '../../src/smart/client.ts'
import { allow, ask, exchange, openSmartServer } from '../support/authorization.ts'
import { grantUser } from '../support/granted.ts'
import { openStaff } from '../support/staff.ts'

const SCOPE = 'openid fhirUser launch patient/Observation.rs'

t.test('35, 36: an app is started with a patient and an encounter in context', async (t) => {
  const { server, client, visitor, launch } = await openStaff(t)
  const made = await launch({
    client_id: client.id,
    patient: 'p1',
    encounter: 'e1',
    intent: 'reconcile-medications',
    tenant: 'ward-7',
    need_patient_banner: 'false',
    fhir_context: JSON.stringify([
      { reference: 'DiagnosticReport/1', role: 'launch' },
      { canonical: 'https://x.example/p|1', type: 'PlanDefinition' },
    ]),
  })
  t.equal(made.status, 201, JSON.stringify(made.body))
  const uri = new URL(made.body.launch_uri)
  t.equal(uri.origin + uri.pathname, 'https://app.example.org/launch')
  t.equal(uri.searchParams.get('iss'), server.base)
  t.equal(uri.searchParams.get('launch'), made.body.launch)
  const back = await allow(server, visitor, client, { scope: SCOPE, launch: made.body.launch })
  const { status, body } = await exchange(server, client, back)
  t.equal(status, 200, JSON.stringify(body))
  t.match(body, {
    patient: 'p1',
    encounter: 'e1',
    intent: 'reconcile-medications',
    tenant: 'ward-7',
    need_patient_banner: false,
    smart_style_url: /\/auth\/style\/[0-9a-f]{16}\.json$/,
    fhirContext: [
      { reference: 'DiagnosticReport/1', role: 'launch' },
      { canonical: 'https://x.example/p|1', type: 'PlanDefinition' },
    ],
  })
  const style = await server.app.inject(new URL(body.smart_style_url).pathname)
  t.match(style.json(), { color_background: /^#/, font_family_body: String })
  const sent = await server.app.inject({
    url: '/fhir/Observation',
    headers: { authorization: `Bearer ${body.access_token}` },
  })
  t.equal(sent.statusCode, 200)
})

t.test('14: a launch is for its app and its user, and for five minutes', async (t) => {
  const { server, client, ehr, visitor, launch } = await openStaff(t)
  const { body } = await launch({ client_id: client.id, patient: 'p1' })
  const wrongApp = await ask(server, visitor, ehr, { scope: SCOPE, launch: body.launch })
  t.equal(new URL(wrongApp.location!).searchParams.get('error'), 'invalid_request')
  const other = await server.visitor(await server.account(['Practitioner/d1']))
  const page = await other.get(`/auth/authorize?${new URLSearchParams()}`)
  t.equal(page.status, 400)
  const begun = await ask(server, other, client, { scope: SCOPE, launch: body.launch })
  t.notMatch(begun.text, /name="decision"/, 'another user has to log in as the one it was made for')
  const [row] = await server.store.records.list('launch')
  await server.store.records.put({ ...row!, expiresAt: Date.now() - 1 })
  const late = await ask(server, visitor, client, { scope: SCOPE, launch: body.launch })
  t.equal(new URL(late.location!).searchParams.get('error'), 'invalid_request')
})

t.test('35: a launch is made by a user, for what the user may see', async (t) => {
  const { server, client, launch } = await openStaff(t)
  const none = await server.post('/auth/launch', { client_id: client.id })
  t.equal(none.status, 401)
  t.match(none.headers['www-authenticate'], /^Bearer/)
  const operator = await server.post('/auth/launch', { client_id: client.id }, await server.auth())
  t.equal(operator.status, 401, 'a client is no user')
  const wrong: readonly Readonly<Record<string, string>>[] = [
    {},
    { client_id: 'nobody' },
    { client_id: client.id, patient: 'nobody' },
    { client_id: client.id, patient: 'p1', encounter: 'nobody' },
    { client_id: client.id, patient: '../p1' },
    { client_id: client.id, need_patient_banner: 'maybe' },
    { client_id: client.id, fhir_context: '{' },
  ]
  for (const form of wrong) {
    const { status, body } = await launch(form)
    t.equal(status, 400, JSON.stringify(form))
    t.equal(body.error, 'invalid_request')
  }
})

t.test('38: what fhirContext may hold', async (t) => {
  const good = [
    [],
    [{ reference: 'Observation/1' }],
    [{ reference: 'Patient/1', role: 'https://x.example/role' }],
    [{ canonical: 'https://x.example/q|2', type: 'Questionnaire' }],
    [{ identifier: { system: 'x', value: 'y' }, type: 'ImagingStudy', role: 'launch' }],
  ]
  for (const each of good) t.strictSame(readFhirContext(JSON.stringify(each)).fhirContext, each)
  const wrong = [
    {},
    [7],
    [null],
    [[]],
    [{}],
    [{ reference: 'https://x.example/Observation/1' }],
    [{ reference: 'Observation' }],
    [{ reference: 'Patient/1' }],
    [{ reference: 'Encounter/1', role: 'launch' }],
    [{ reference: 'Observation/1', role: '' }],
    [{ reference: 'Observation/1', role: 'mine' }],
    [{ reference: 'Observation/1', canonical: 'https://x.example' }],
    [{ canonical: 'relative' }],
    [{ identifier: 'x' }],
    [{ reference: 'Observation/1', other: 1 }],
  ]
  for (const each of wrong)
    t.throws(() => readFhirContext(JSON.stringify(each)), { code: 'invalid_request' }, JSON.stringify(each))
  t.strictSame(readFhirContext(undefined), {})
})

t.test('32, 37: without a launch staff choose the patient, among those they may see', async (t) => {
  const { server, client, visitor } = await openStaff(t)
  for (const scope of [
    'patient/Observation.rs',
    'launch/patient user/Observation.rs',
    'launch/patient?role=x user/Observation.rs',
  ]) {
    const page = await ask(server, visitor, client, { scope, prompt: 'consent' })
    t.match(page.text, /type="search"/, scope)
    const found = await visitor.submit(page, { query: '山田' })
    t.match(found.text, /山田 太郎/)
    t.match(found.text, /山田 花子/)
    t.match((await visitor.submit(found, { query: 'nobody' })).text, /role="status"/)
    for (const query of ['2015-05-11', ' 2015/5/11 ']) {
      const born = await visitor.submit(found, { query })
      t.match(born.text, /山田 花子/, query)
      t.notMatch(born.text, /山田 太郎/, query)
    }
    t.match((await visitor.submit(found, { query: '2015-13-40' })).text, /role="status"/)
    t.match(
      (await visitor.submit(found, { patient: 'nobody' })).text,
      /type="search"/,
      'not one that is seen',
    )
    const chosen = await visitor.follow(await visitor.submit(found, { patient: 'p2' }))
    t.match(chosen.text, /山田 花子/)
    const answered = await visitor.submit(chosen, { decision: 'allow' })
    const { body } = await exchange(server, client, new URL(answered.location!).searchParams)
    t.equal(body.patient, 'p2', scope)
    t.notMatch(answered.location, /patient|=p2\b/i)
  }
})

t.test('37, 39: what a launch does not give is not in context', async (t) => {
  const { server, client, visitor, launch } = await openStaff(t)
  const { body: made } = await launch({ client_id: client.id, patient: 'p1', encounter: 'e1' })
  const back = await allow(server, visitor, client, {
    scope: `${SCOPE} launch/Imagingstudy launch/nonsense`,
    launch: made.launch,
  })
  const { body } = await exchange(server, client, back)
  t.equal(body.patient, 'p1')
  t.notMatch(body.scope, /launch\/[Ii]/)
  t.strictSame(
    Object.keys(body).filter((name) => !/^[a-z_A-Z]+$/.test(name)),
    [],
    '39: no extension parameters without a prefix',
  )
})

t.test('36: what a launch gives goes to an app that is granted launch, and to no other', async (t) => {
  const { server, visitor, launch } = await openStaff(t)
  const scope = 'launch user/Observation.rs'
  const client = await server.client({ scope: 'user/Observation.rs' }, { purposes: ['TREAT'] })
  const { body: made } = await launch({
    client_id: client.id,
    patient: 'p1',
    encounter: 'e1',
    intent: 'x',
    tenant: 'x',
    fhir_context: '[{"reference":"Observation/1"}]',
  })
  const { body } = await exchange(
    server,
    client,
    await allow(server, visitor, client, { scope, launch: made.launch }),
  )
  t.strictSame(Object.keys(body).sort(), ['access_token', 'expires_in', 'scope', 'token_type'])
})

t.test(
  '40: fhirUser leads to a resource that scopes let read, and is no right to it by itself',
  async (t) => {
    const server = await openSmartServer(t)
    for (const [as, scope] of [
      ['Patient/p1', 'patient/*.rs'],
      ['Patient/p1', 'patient/Patient.r'],
      ['Practitioner/d1', 'user/*.rs'],
      ['Practitioner/d1', 'user/Practitioner.r'],
    ] as const) {
      const { body, call } = await grantUser(server, { scope: `openid fhirUser ${scope}`, as })
      const { fhirUser } = JSON.parse(Buffer.from(body.id_token.split('.')[1], 'base64url').toString())
      t.equal(fhirUser, `${server.base}/${as}`)
      t.equal((await call('GET', fhirUser.slice(server.base.length + 1))).status, 200, scope)
      const bare = await grantUser(server, { scope: 'openid fhirUser', as })
      t.equal((await bare.call('GET', as)).status, 403)
    }
  },
)

t.test('40, 41: openid fhirUser gives a signed id_token, checked with the published key', async (t) => {
  const { server, client, visitor } = await openStaff(t)
  const back = await allow(server, visitor, client, {
    scope: 'openid fhirUser user/Patient.rs',
    nonce: 'the nonce',
  })
  const { body } = await exchange(server, client, back)
  const [header = '', payload = '', signature = ''] = body.id_token.split('.')
  const read = (part: string) => JSON.parse(Buffer.from(part, 'base64url').toString())
  const { alg, kid } = read(header)
  t.equal(alg, 'RS256')
  const { keys } = (await server.app.inject('/auth/jwks')).json()
  const jwk = keys.find((each: { kid: string }) => each.kid === kid)
  t.match(jwk, { kty: 'RSA', n: String, e: 'AQAB' })
  t.strictSame(
    Object.keys(jwk).filter((name) => ['d', 'p', 'q'].includes(name)),
    [],
  )
  const key = createPublicKey({ key: jwk, format: 'jwk' })
  t.ok(verify('sha256', Buffer.from(`${header}.${payload}`), key, Buffer.from(signature, 'base64url')))
  const now = Date.now() / 1000
  const claims = read(payload)
  t.match(claims, {
    iss: new URL('/auth', server.base).href,
    aud: client.id,
    nonce: 'the nonce',
    fhirUser: `${server.base}/Practitioner/d1`,
    sub: /^[0-9a-f-]{36}$/,
    amr: ['pwd'],
  })
  t.ok(claims.exp > now && claims.iat <= now && claims.auth_time <= now)
  const info = await server.app.inject({
    url: '/auth/userinfo',
    headers: { authorization: `Bearer ${body.access_token}` },
  })
  t.match(info.json(), { sub: claims.sub, fhirUser: claims.fhirUser })
  const without = await exchange(
    server,
    client,
    await allow(server, visitor, client, { scope: 'user/Patient.rs' }),
  )
  t.equal(without.body.id_token, undefined, 'not without openid')
  const refused = await server.app.inject({
    url: '/auth/userinfo',
    headers: { authorization: `Bearer ${without.body.access_token}` },
  })
  t.equal(refused.statusCode, 403)
  t.equal((await server.app.inject('/auth/userinfo')).statusCode, 401)
})

t.test(
  '33: what the operator takes from a client is gone at the endpoints of this server, too',
  async (t) => {
    const { server, ehr, client, launch } = await openStaff(t)
    const {
      body,
      call: _,
      ...granted
    } = await grantUser(server, {
      scope: 'openid fhirUser offline_access patient/*.rs',
    })
    const ask = async () =>
      (
        await server.app.inject({
          url: '/auth/userinfo',
          headers: { authorization: `Bearer ${body.access_token}` },
        })
      ).statusCode
    const narrow = ({ id, metadata, ...rest }: Client, scope: string) =>
      server.store.records.put({
        collection: CLIENTS,
        key: id,
        value: { ...rest, id, metadata: { ...metadata, scope } },
      })
    t.equal(await ask(), 200)
    await narrow(granted.client, 'fhirUser offline_access patient/*.rs')
    t.equal(await ask(), 403)
    const renewed = await server.post('/auth/token', {
      grant_type: 'refresh_token',
      refresh_token: body.refresh_token,
      client_id: granted.client.id,
    })
    t.equal(renewed.status, 200)
    t.equal(renewed.body.id_token, undefined)
    const form = { client_id: client.id, patient: 'p1' }
    t.equal((await launch(form)).status, 201)
    await narrow(ehr, 'openid user/Encounter.rs')
    t.equal((await launch(form)).status, 400, 'a patient that it may no longer read')
  },
)
