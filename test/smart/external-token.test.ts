// Tokens of other authorization servers: what is accepted of them, and every way in which one is not.
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import { type BearerIssuer, toIssuerKey } from '../../src/smart/issuers/issuer.ts'
import { ISSUERS } from '../../src/smart/issuers/login-issuer.ts'
import { createClientKey, encodePart, signJwt } from '../support/jwt.ts'
import { putClient } from '../support/registered.ts'
import { openServer } from '../support/server.ts'

const ISSUER = 'https://hospital.example/auth'
const KEY = createClientKey('RS384', 'one')
const OTHER = createClientKey('RS384', 'one')

async function open(t: Test, change: Partial<BearerIssuer> = {}) {
  const server = await openServer(t)
  const base = server.config.baseUrl
  const configure = async (more: Partial<BearerIssuer> = {}) => {
    const value: BearerIssuer = {
      use: 'bearer',
      issuer: ISSUER,
      jwks: { keys: [KEY.jwk] },
      algs: ['RS384', 'ES384'],
      organization: 'Organization/demo',
      purposes: ['TREAT', 'HOPERAT'],
      scope: 'user/*.rs patient/*.rs',
      subject_claim: 'fhirUser',
      ...change,
      ...more,
    }
    await server.store.records.put({ collection: ISSUERS, key: toIssuerKey(value), value })
  }
  await configure()
  const now = Math.floor(Date.now() / 1000)
  const claims = (more: object = {}) => ({
    iss: ISSUER,
    aud: base,
    iat: now,
    exp: now + 300,
    client_id: 'ward',
    scope: 'user/Patient.rs',
    fhirUser: `${base}/Practitioner/d`,
    ...more,
  })
  const get = (token: string, url = '/fhir/Patient?_count=1') =>
    server.app.inject({ url, headers: { authorization: `Bearer ${token}` } })
  const status = async (more: object, header: object = {}, key = KEY) =>
    (await get(signJwt(key, claims(more), header))).statusCode
  return { server, base, configure, claims, get, status, now }
}

t.test('a token of a trusted issuer is accepted for its user, within what was agreed', async (t) => {
  const { server, get, claims, base, status } = await open(t)
  const headers = { ...(await server.auth()), 'content-type': 'application/fhir+json' }
  const body = JSON.stringify({ resourceType: 'Patient', id: 'p' })
  await server.app.inject({ method: 'PUT', url: '/fhir/Patient/p', headers, payload: body })
  const token = signJwt(KEY, claims())
  const reply = await get(token)
  t.equal(reply.statusCode, 200)
  t.equal(reply.json().entry.length, 1)
  t.equal((await get(token)).statusCode, 200, 'again')
  t.equal((await get(token, '/fhir/Observation')).statusCode, 403, 'its scope, not the most')
  t.equal(await status({ scope: 'user/Patient.cruds' }), 200)
  const wide = signJwt(KEY, claims({ scope: 'user/Patient.cruds' }))
  const put = await server.app.inject({
    method: 'PUT',
    url: '/fhir/Patient/p',
    headers: { authorization: `Bearer ${wide}`, 'content-type': 'application/fhir+json' },
    payload: body,
  })
  t.equal(put.statusCode, 403, 'the most, not its scope')
  t.equal(await status({ fhirUser: 'Practitioner/d' }), 200, 'relative')
  t.equal(await status({ aud: [base] }), 200)
  t.equal(await status({ purpose_of_use: 'HOPERAT' }), 200)
  t.equal(await status({ azp: 'ward', client_id: undefined }), 200)
  t.equal(
    await status({ fhirUser: `${base}/Patient/p`, scope: 'patient/Patient.rs', purpose_of_use: 'TREAT' }),
    200,
  )
  await server.store.journal.flush()
  const { rows } = await server.store.journal.list({ limit: 1, subject: 'Practitioner/d' })
  t.match(rows[0]!.row, { agent: { organization: 'Organization/demo', client: /^external-[0-9a-f]{32}$/ } })
})

t.test('every claim that is missing, wrong, foreign or expired is 401', async (t) => {
  const { base, status, now } = await open(t)
  const wrong: readonly object[] = [
    { iss: undefined },
    { iss: 'https://other.example' },
    { iss: `${ISSUER}/` },
    { iss: 7 },
    { aud: undefined },
    { aud: `${base}/` },
    { aud: 'https://elsewhere.example/fhir' },
    { aud: [base, 'https://elsewhere.example/fhir'] },
    { aud: [] },
    { exp: undefined },
    { exp: now - 1 },
    { exp: String(now + 300) },
    { nbf: now + 120 },
    { nbf: 'now' },
    { iat: now + 120 },
    { client_id: undefined },
    { client_id: 7 },
    { scope: undefined },
    { scope: '' },
    { scope: ['user/Patient.rs'] },
    { scope: 'openid' },
    { scope: 'system/*.rs' },
    { scope: 'user/*.cud' },
    { fhirUser: undefined },
    { fhirUser: 'https://elsewhere.example/fhir/Practitioner/d' },
    { fhirUser: `${base}/Practitioner/d/_history/1` },
    { fhirUser: 'Client/test' },
    { fhirUser: 'Organization/demo' },
    { fhirUser: '../Practitioner/d' },
    { purpose_of_use: 'HRESCH' },
    { purpose_of_use: 'BTG' },
    { purpose_of_use: ['TREAT'] },
    { scope: 'patient/Patient.rs' },
    { scope: 'patient/Patient.rs', patient: 'a/b' },
    { scope: 'patient/Patient.rs', patient: 7 },
    { scope: 'patient/Patient.rs', fhirUser: 'Patient/p', patient: 'q' },
  ]
  for (const claim of wrong) t.equal(await status(claim), 401, JSON.stringify(claim))
  t.equal(await status({}), 200)
})

t.test('every signature that is not one of the issuer is 401', async (t) => {
  const { get, claims, status } = await open(t)
  t.equal(await status({}, {}, OTHER), 401, 'another key of that kid')
  t.equal(await status({}, { kid: 'two' }), 401)
  t.equal(await status({}, { kid: undefined }), 401)
  t.equal(await status({}, { alg: 'RS256' }), 401)
  t.equal(await status({}, { jku: 'https://evil.example/jwks' }), 401)
  t.equal(await status({}, { crit: ['exp'] }), 401)
  t.equal(await status({}, { jwk: OTHER.jwk }, OTHER), 401, 'a key that it brings itself')
  const none = `${encodePart({ alg: 'none', kid: 'one' })}.${encodePart(claims())}.`
  t.equal((await get(none)).statusCode, 401)
  const [header, , signature] = signJwt(KEY, claims()).split('.')
  const forged = encodePart(claims({ fhirUser: 'Practitioner/e' }))
  t.equal((await get(`${header}.${forged}.${signature}`)).statusCode, 401)
  t.equal((await get('a.b.c')).statusCode, 401)
  t.equal((await get(signJwt(KEY, claims({ filler: 'x'.repeat(9_000) })))).statusCode, 401)
  const reply = await get(signJwt(OTHER, claims()))
  t.equal(reply.headers['www-authenticate'], 'Bearer error="invalid_token"')
})

t.test('what was accepted ends with the issuer, with its key, and with its time', async (t) => {
  const { server, get, claims, configure, now } = await open(t)
  const token = signJwt(KEY, claims())
  t.equal((await get(token)).statusCode, 200)
  await configure({ jwks: { keys: [OTHER.jwk] } })
  t.equal((await get(token)).statusCode, 401)
  await configure()
  t.equal((await get(token)).statusCode, 200)
  await configure({ purposes: ['HOPERAT'] })
  t.equal((await get(token)).statusCode, 200, 'the default purpose is another')
  await server.store.records.delete(ISSUERS, toIssuerKey({ use: 'bearer', issuer: ISSUER }))
  t.equal((await get(token)).statusCode, 401)
  await configure()
  const short = signJwt(KEY, claims({ exp: Date.now() / 1000 + 0.4 }))
  t.equal((await get(short)).statusCode, 200)
  await new Promise((resolve) => setTimeout(resolve, 450))
  t.equal((await get(short)).statusCode, 401)
  t.ok(now > 0)
})

t.test('an issuer for another use is none for tokens', async (t) => {
  const { server, get, claims } = await open(t)
  const key = toIssuerKey({ use: 'bearer', issuer: ISSUER })
  const { value } = (await server.store.records.get(ISSUERS, key))!
  await server.store.records.delete(ISSUERS, key)
  const other = { ...(value as object), use: 'software-statement' as const, issuer: ISSUER }
  await server.store.records.put({ collection: ISSUERS, key: toIssuerKey(other), value: other })
  t.equal((await get(signJwt(KEY, claims()))).statusCode, 401)
})

t.test('a client of theirs with the name of one of ours is not that one', async (t) => {
  const { server, get, claims } = await open(t)
  await putClient(server.store, 'ward', { status: 'disabled' })
  t.equal((await get(signJwt(KEY, claims({ client_id: 'ward' })))).statusCode, 200)
  await server.store.journal.flush()
  const { rows } = await server.store.journal.list({ limit: 1 })
  t.not(rows[0]!.row.agent.client, 'ward')
})

t.test('a role that the directory does not know is refused at the next request', async (t) => {
  const { server, get, claims } = await open(t)
  const token = signJwt(KEY, claims())
  t.equal((await get(token)).statusCode, 200)
  const role = {
    resourceType: 'PractitionerRole',
    active: true,
    practitioner: { reference: 'Practitioner/d' },
    organization: { reference: 'Organization/elsewhere' },
  }
  const headers = { ...(await server.auth()), 'content-type': 'application/fhir+json' }
  const payload = JSON.stringify(role)
  const made = await server.app.inject({ method: 'POST', url: '/fhir/PractitionerRole', headers, payload })
  t.equal(made.statusCode, 201)
  t.equal((await get(token)).statusCode, 401)
})

t.test('no token of theirs is logged', async (t) => {
  const { server, get, claims } = await open(t)
  const [good, bad] = [signJwt(KEY, claims()), signJwt(OTHER, claims())]
  for (const token of [good, bad]) await get(token)
  for (const token of [good, bad]) t.notOk(server.log.join('').includes(token.split('.')[2]!))
})

t.test('a software statement counts where a trusted signer has signed it, and not otherwise', async (t) => {
  const server = await openServer(t, { MUSUBI_REGISTRATION: 'open' })
  const value = {
    use: 'software-statement' as const,
    issuer: 'https://registry.example',
    jwks: { keys: [KEY.jwk] },
    algs: ['RS384'] as const,
  }
  await server.store.records.put({ collection: ISSUERS, key: toIssuerKey(value), value })
  const register = (software_statement: string) =>
    server.app.inject({
      method: 'POST',
      url: '/auth/register',
      headers: { 'content-type': 'application/json' },
      payload: JSON.stringify({
        client_name: 'Claimed',
        redirect_uris: ['https://app.example.org/callback'],
        grant_types: ['authorization_code'],
        token_endpoint_auth_method: 'none',
        scope: 'openid patient/*.rs',
        software_statement,
      }),
    })
  const claims = { iss: 'https://registry.example', client_name: 'Certified' }
  const good = await register(signJwt(KEY, claims))
  t.equal(good.statusCode, 201, good.body)
  t.equal(good.json().client_name, 'Certified')
  for (const bad of [signJwt(OTHER, claims), signJwt(KEY, claims, { kid: 'two' })])
    t.equal((await register(bad)).json().error, 'invalid_software_statement')
})

t.test(
  'keys at an address are fetched, from a private one only where the operator has named it',
  async (t) => {
    const site = createServer((_request, response) =>
      response
        .writeHead(200, { 'content-type': 'application/json', 'cache-control': 'max-age=60' })
        .end(JSON.stringify({ keys: [KEY.jwk] })),
    )
    site.listen(0, '127.0.0.1')
    await once(site, 'listening')
    t.teardown(() => site.close())
    const host = `127.0.0.1:${(site.address() as AddressInfo).port}`
    const server = await openServer(t, { MUSUBI_PRIVATE_HOSTS: host })
    const issuer: BearerIssuer = {
      use: 'bearer',
      issuer: ISSUER,
      jwks_uri: `http://${host}/jwks`,
      algs: ['RS384'],
      purposes: ['TREAT'],
      scope: 'user/*.rs',
      subject_claim: 'fhirUser',
    }
    await server.store.records.put({ collection: ISSUERS, key: toIssuerKey(issuer), value: issuer })
    const status = async (key = KEY) => {
      const exp = Math.floor(Date.now() / 1000) + 60
      const token = signJwt(key, {
        iss: ISSUER,
        aud: server.config.baseUrl,
        exp,
        client_id: 'ward',
        scope: 'user/Patient.rs',
        fhirUser: 'Practitioner/d',
      })
      const headers = { authorization: `Bearer ${token}` }
      return (await server.app.inject({ url: '/fhir/Patient?_count=1', headers })).statusCode
    }
    t.equal(await status(), 200)
    t.equal(await status(createClientKey('RS384', 'two')), 401)
    const closed = await openServer(t)
    await closed.store.records.put({ collection: ISSUERS, key: toIssuerKey(issuer), value: issuer })
    const reply = await closed.app.inject({
      url: '/fhir/Patient',
      headers: {
        authorization: `Bearer ${signJwt(KEY, { iss: ISSUER, aud: closed.config.baseUrl, exp: 9e9 })}`,
      },
    })
    t.equal(reply.statusCode, 401, 'no private address is asked that the operator has not named')
  },
)
