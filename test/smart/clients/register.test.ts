// The registration endpoint, and what comes of a registration.
import { createHash } from 'node:crypto'
import t from 'tap'
import { CONFIGURATION } from '../../../src/interactions/configuration.ts'
import { CLIENTS, type Client } from '../../../src/smart/client.ts'
import { toIssuerKey } from '../../../src/smart/issuers/issuer.ts'
import { createClientKey, signJwt } from '../../support/jwt.ts'
import { openServer, type TestServer } from '../../support/server.ts'

const URL = '/auth/register'
const app = (more: object = {}) => ({
  client_name: 'Heart',
  redirect_uris: ['https://heart.example/cb'],
  scope: 'openid fhirUser launch/patient patient/Observation.rs',
  ...more,
})

function register({ app: server }: TestServer, payload: unknown, headers: object = {}) {
  return server.inject({
    method: 'POST',
    url: URL,
    headers: { 'content-type': 'application/json', ...headers },
    payload: typeof payload === 'string' ? payload : JSON.stringify(payload),
  })
}

async function clientOf({ store }: TestServer, id: string): Promise<Client> {
  return (await store.records.get(CLIENTS, id))?.value as Client
}

async function rowsOf({ store }: TestServer, subtype: string) {
  const { rows } = await store.journal.list({ subtype, limit: 10 })
  return rows.map(({ row }) => row)
}

async function readDevice(server: TestServer, id: string) {
  return server.app.inject({ url: `/fhir/Device/${id}`, headers: await server.auth('system/*.cruds') })
}

t.test('a client that registers itself is pending, and is told what is on record', async (t) => {
  const server = await openServer(t)
  const reply = await register(
    server,
    app({ 'client_name#ja': '心拍', purposes: ['PATRQT', 'HRESCH'], unknown: 1 }),
  )
  t.equal(reply.statusCode, 201)
  t.match(reply.headers['content-type'], /^application\/json/)
  t.match(reply.headers, { 'cache-control': 'no-store', pragma: 'no-cache' })
  const body = reply.json()
  t.match(body.client_id, /^[0-9a-f-]{36}$/)
  t.match(body.client_secret, /^[A-Za-z0-9_-]{43}$/)
  t.ok(Math.abs(body.client_id_issued_at - Date.now() / 1000) < 60)
  const { client_id: _, client_secret: __, client_id_issued_at: ___, ...rest } = body
  t.strictSame(rest, {
    client_secret_expires_at: 0,
    client_name: 'Heart',
    'client_name#ja': '心拍',
    redirect_uris: ['https://heart.example/cb'],
    grant_types: ['authorization_code'],
    response_types: ['code'],
    token_endpoint_auth_method: 'client_secret_basic',
    scope: 'openid fhirUser launch/patient patient/Observation.rs',
    purposes: ['PATRQT', 'HRESCH'],
    client_status: 'pending',
  })
  t.equal((await clientOf(server, body.client_id)).status, 'pending')
})

t.test(
  'a secret is kept as its SHA-256 alone, and is in no log, note or row of the access log',
  async (t) => {
    const server = await openServer(t)
    const { client_id: id, client_secret: secret } = (await register(server, app())).json()
    const client = await clientOf(server, id)
    t.equal(client.secretHash, createHash('sha256').update(secret).digest('hex'))
    t.notOk(JSON.stringify(client).includes(secret))
    const notes = JSON.stringify(await server.store.records.list(CONFIGURATION))
    t.ok(notes.includes(id))
    t.notOk(notes.includes(client.secretHash!))
    t.notOk(JSON.stringify([await rowsOf(server, 'register'), server.log]).includes(secret))
  },
)

t.test('a public client has no secret', async (t) => {
  const server = await openServer(t)
  const body = (await register(server, app({ token_endpoint_auth_method: 'none' }))).json()
  t.notOk('client_secret' in body)
  t.notOk('client_secret_expires_at' in body)
})

t.test('a registration leaves a row in the access log', async (t) => {
  const server = await openServer(t)
  const { client_id: id } = (await register(server, app())).json()
  t.match(await rowsOf(server, 'register'), [
    { subtype: 'register', outcome: 0, agent: { client: id }, basis: { scopes: app().scope.split(' ') } },
  ])
})

t.test('a pending client has no Device; an active one has the Device that a Consent can name', async (t) => {
  const pending = await openServer(t)
  t.equal((await readDevice(pending, (await register(pending, app())).json().client_id)).statusCode, 404)

  const open = await openServer(t, { MUSUBI_REGISTRATION: 'open' })
  const reply = await register(open, app({ 'client_name#ja': '心拍', software_version: '1.2' }))
  t.equal(reply.json().client_status, 'active')
  const id = reply.json().client_id
  const device = await readDevice(open, id)
  t.equal(device.statusCode, 200)
  t.match(device.json(), {
    resourceType: 'Device',
    id,
    status: 'active',
    identifier: [{ value: id }],
    deviceName: [
      { name: 'Heart', type: 'user-friendly-name' },
      { name: '心拍', type: 'user-friendly-name' },
    ],
    version: [{ value: '1.2' }],
  })
  const other = await open.auth('system/*.cruds', { organization: 'Organization/other' })
  const headers = { ...other, 'content-type': 'application/fhir+json' }
  const change = await open.app.inject({
    method: 'PUT',
    url: `/fhir/Device/${id}`,
    headers,
    payload: device.json(),
  })
  t.equal(change.statusCode, 404, 'other organisations cannot change it')
})

t.test('where registration is closed nobody registers', async (t) => {
  const server = await openServer(t, { MUSUBI_REGISTRATION: 'closed' })
  const reply = await register(server, app())
  t.equal(reply.statusCode, 403)
  t.match(reply.json(), { error: 'access_denied' })
  t.strictSame(await server.store.records.list(CLIENTS), [])
})

t.test('where registration is open it is so to apps for residents alone', async (t) => {
  const server = await openServer(t, { MUSUBI_REGISTRATION: 'open' })
  const keys = { token_endpoint_auth_method: 'private_key_jwt', jwks_uri: 'https://lab.example/jwks' }
  const refused: Readonly<Record<string, object>> = {
    scope: app({ scope: 'user/Observation.rs' }),
    grant_types: { ...app(keys), grant_types: ['client_credentials'], scope: 'system/*.rs' },
    purposes: app({ purposes: ['PATRQT', 'HRESCH'] }),
    organization: app({ organization: 'Organization/demo' }),
  }
  for (const [member, given] of Object.entries(refused)) {
    const reply = await register(server, given)
    t.equal(reply.statusCode, 400, member)
    t.match(reply.json(), {
      error: 'invalid_client_metadata',
      error_description: new RegExp(`^${member} goes beyond`),
    })
  }
  t.match((await register(server, app())).json(), { client_status: 'active', purposes: ['PATRQT', 'FAMRQT'] })
  t.equal((await server.store.records.list(CLIENTS)).length, 1)
})

t.test('a body that is no client metadata is refused as JSON, and nothing is stored', async (t) => {
  const server = await openServer(t)
  const json = JSON.stringify(app())
  const refused: readonly (readonly [payload: string, type: string])[] = [
    ['', 'application/json'],
    ['{', 'application/json'],
    ['null', 'application/json'],
    ['[]', 'application/json'],
    ['"x"', 'application/json'],
    [`${json}${json}`, 'application/json'],
    [json, 'text/plain'],
    [json, 'application/x-www-form-urlencoded'],
    [json, 'application/json5'],
    ['{"scope":"\u0000"}', 'application/json'],
  ]
  for (const [payload, type] of refused) {
    const reply = await register(server, payload, { 'content-type': type })
    t.equal(reply.statusCode, 400, payload)
    t.match(reply.json(), { error: 'invalid_client_metadata' })
    t.equal(reply.headers['cache-control'], 'no-store')
  }
  const bytes = await server.app.inject({
    method: 'POST',
    url: URL,
    headers: { 'content-type': 'application/json' },
    payload: Buffer.from([0x22, 0xff, 0x22]),
  })
  t.equal(bytes.statusCode, 400, 'no UTF-8')
  const large = await register(server, app({ client_name: 'x'.repeat(300_000) }))
  t.equal(large.statusCode, 413)
  t.match(await register(server, app({ redirect_uris: ['http://evil.example/'] })), { statusCode: 400 })
  t.strictSame(await server.store.records.list(CLIENTS), [])
})

t.test('an address that registers too often is told to slow down', async (t) => {
  const server = await openServer(t, { MUSUBI_ATTEMPTS_PER_MINUTE: '2' })
  t.equal((await register(server, app())).statusCode, 201)
  t.equal((await register(server, {})).statusCode, 400)
  const reply = await register(server, app())
  t.equal(reply.statusCode, 429)
  t.match(reply.json(), { error: 'slow_down' })
  t.ok(Number(reply.headers['retry-after']) > 0)
  const page = await server.app.inject({ method: 'POST', url: '/developers/register' })
  t.equal(page.statusCode, 429, 'the form of the developer page counts with it')
  t.equal((await server.app.inject('/auth/assets/page.css')).statusCode, 200, 'other routes are not counted')
})

const toJwt = (claims: unknown) =>
  [{ alg: 'RS384' }, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.') + '.c2ln'

t.test('a software statement of an issuer nobody trusts, or that is no JWT, is refused', async (t) => {
  const server = await openServer(t)
  const errorOf = async (software_statement: unknown) =>
    (await register(server, app({ software_statement }))).json().error
  t.equal(await errorOf(toJwt({ iss: 'https://trust.example' })), 'unapproved_software_statement')
  await server.store.records.put({
    collection: 'issuer',
    key: 'other',
    value: { issuer: 'https://trust.example', use: 'bearer' },
  })
  t.equal(
    await errorOf(toJwt({ iss: 'https://trust.example' })),
    'unapproved_software_statement',
    'for another use',
  )
  for (const statement of [
    '',
    'x',
    'a.b.c',
    'a.b',
    toJwt({}),
    toJwt(null),
    toJwt('x'),
    `${toJwt({ iss: 'x' })}.d`,
    7,
    {},
  ])
    t.equal(await errorOf(statement), 'invalid_software_statement', String(statement))
  t.equal((await register(server, app({ software_statement: null }))).statusCode, 201, 'none')
})

t.test(
  'a software statement that holds overrides the body; what the JWT says of itself does not',
  async (t) => {
    const server = await openServer(t)
    const [key, other] = [createClientKey('RS384', 'k'), createClientKey('RS384', 'k')]
    const issuer = {
      use: 'software-statement',
      issuer: 'https://trust.example',
      jwks: { keys: [key.jwk] },
      algs: ['RS384', 'ES384'],
    } as const
    await server.store.records.put({ collection: 'issuer', key: toIssuerKey(issuer), value: issuer })
    const claims = {
      iss: issuer.issuer,
      iat: 1,
      jti: 'a',
      sub: 'b',
      client_name: 'Signed heart',
      software_id: 'h',
    }
    const send = async (software_statement: string) =>
      (await register(server, app({ software_statement }))).json()
    const statement = signJwt(key, claims)
    t.match(await send(statement), {
      client_name: 'Signed heart',
      software_id: 'h',
      software_statement: statement,
      client_id: /^[0-9a-f-]{36}$/,
    })
    const now = Math.floor(Date.now() / 1000)
    const wrong = [
      signJwt(key, { ...claims, exp: 1 }),
      signJwt(key, { ...claims, exp: 'never' }),
      signJwt(key, { ...claims, nbf: now + 60 }),
      signJwt(other, claims),
      signJwt(key, claims, { kid: undefined }),
      signJwt(key, claims, { kid: 'unknown' }),
      signJwt(key, claims, { alg: 'none' }),
      signJwt(key, claims, { alg: 'HS256' }),
      `${statement.slice(0, -4)}AAAA`,
    ]
    for (const each of wrong) t.equal((await send(each)).error, 'invalid_software_statement')
  },
)
