// Real clients from npm go the way from discovery to data, over HTTP: what they send is what the server must take.
import { webcrypto } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { MedplumClient } from '@medplum/core'
import { Client as KitClient } from 'fhir-kit-client'
import FHIR from 'fhirclient'
import * as openid from 'openid-client'
import t, { type Test } from 'tap'
import type { Client } from '../../src/smart/client.ts'
import { allow, exchange, type SmartServer } from '../support/authorization.ts'
import { createSecret } from '../support/jwt.ts'
import { measurement, openLiveServer } from '../support/live.ts'
import { openClient } from '../support/rest.ts'
import { openWeb } from '../support/web.ts'

const HEART_RATE = '8867-4'
const WEIGHT = '29463-7'

/** Opens a server with measurements of Patient/p1 by the hospital. */
async function openMeasured(t: Test, environment: NodeJS.ProcessEnv = {}): Promise<SmartServer> {
  const server = await openLiveServer(t, environment)
  const put = await openClient(server)
  for (const each of [measurement(HEART_RATE, 64, '/min'), measurement(WEIGHT, 61, 'kg')]) {
    const { status, text } = await put('POST', '/Observation', each)
    if (status !== 201) throw new Error(text)
  }
  return server
}

t.test('fhirclient in Node is authorized, reads, and refreshes by default without client_id', async (t) => {
  const server = await openMeasured(t)
  const kept = new Map<string, unknown>()
  const storage = {
    get: async (key: string) => kept.get(key),
    set: async (key: string, value: unknown) => void kept.set(key, value),
    unset: async (key: string) => kept.delete(key),
  }
  const smart = (request: IncomingMessage, response: ServerResponse) =>
    FHIR(request as never, response as never, storage as never)
  let id = ''
  const app = await openWeb(t, (request, response) => {
    const answer = async () => {
      if (request.url!.startsWith('/launch'))
        return smart(request, response).authorize({
          clientId: id,
          iss: server.base,
          scope: 'openid fhirUser launch/patient offline_access patient/*.rs',
          redirectUri: '/app',
        })
      const client = await smart(request, response).ready()
      const before = client.state.tokenResponse!.access_token
      const patient = await client.patient.read()
      // As if an hour had passed: the next request renews the token by itself.
      client.state.expiresAt = 0
      const path = `Observation?patient=${client.patient.id}`
      const observations = await client.request(path, { pageLimit: 0, flat: true })
      const after = client.state.tokenResponse!.access_token
      const user = client.user.fhirUser
      response.end(JSON.stringify({ patient, observations, before, after, user }))
    }
    answer().catch((error) => response.writeHead(500).end(String(error)))
  })
  const redirectUri = `${app.url}/app`
  id = (await server.client({ redirect_uris: [redirectUri] })).id
  const visitor = await server.visitor(await server.account(['Patient/p1']))
  const launched = await fetch(`${app.url}/launch`, { redirect: 'manual' })
  const asked = await visitor.follow(await visitor.get(launched.headers.get('location')!))
  const answered = await visitor.submit(asked, { decision: 'allow' })
  t.ok(answered.location?.startsWith(redirectUri), answered.text)
  const reply = await fetch(answered.location!)
  const text = await reply.text()
  t.equal(reply.status, 200, text)
  const told = JSON.parse(text)
  t.equal(told.patient.id, 'p1')
  t.equal(told.observations.length, 2)
  t.equal(told.user, 'Patient/p1', 'as its library shortens it')
  t.match(told.after, /^[\w-]{43}$/)
  t.not(told.after, told.before, 'a new access token')
})

t.test('fhir-kit-client finds the endpoints and reads with what they gave', async (t) => {
  const server = await openMeasured(t)
  const kit = new KitClient({ baseUrl: server.base })
  const found = await kit.smartAuthMetadata()
  const { origin } = new URL(server.base)
  t.equal(String(found.authorizeUrl), `${origin}/auth/authorize`)
  t.equal(String(found.tokenUrl), `${origin}/auth/token`)
  const client = await server.client()
  const visitor = await server.visitor(await server.account(['Patient/p1']))
  const scope = 'launch/patient patient/Observation.rs'
  const back = await allow(server, visitor, client, { scope })
  const { body } = await exchange(server, client, back)
  kit.bearerToken = body.access_token
  const searchParams = { patient: body.patient, code: HEART_RATE }
  const found_ = await kit.search({ resourceType: 'Observation', searchParams })
  t.equal((found_ as unknown as { entry: unknown[] }).entry.length, 1)
  await t.rejects(kit.read({ resourceType: 'Patient', id: 'p1' }), { response: { status: 403 } } as never)
})

/** Returns Medplum's client at this server. */
function openMedplum({ base }: SmartServer, clientId: string, addScope?: string): MedplumClient {
  const root = base.slice(0, -'fhir'.length)
  return new MedplumClient({
    baseUrl: root,
    fhirUrlPath: 'fhir',
    tokenUrl: `${root}auth/token`,
    clientId,
    cacheTime: 0,
    ...(addScope !== undefined && {
      fetch: (url: string, { body, ...options }: RequestInit) =>
        fetch(url, {
          ...options,
          body: url.endsWith('/auth/token') ? `${body}&${new URLSearchParams({ scope: addScope })}` : body!,
        }),
    }),
  })
}

t.test("Medplum's client credentials without scope are told so; with one they work", async (t) => {
  const server = await openMeasured(t)
  const key = await createKey('ES384')
  const backend = await server.client(toBackend(key.jwk), { purposes: ['TREAT'], ...HOSPITAL })
  const assertion = () => signAssertion(server, backend, key)
  const plain = openMedplum(server, backend.id)
  const refusal = await plain.startJwtAssertionLogin(await assertion()).catch((error) => error)
  t.match(JSON.stringify(refusal.outcome), /scope must name a system\/ scope/)
  const login = await openMedplum(server, backend.id)
    .startJwtBearerLogin(backend.id, 'x', 'system/*.rs')
    .catch((error) => error)
  t.match(JSON.stringify(login.outcome), /grant type is none that this server knows/)
  const scoped = openMedplum(server, backend.id, 'system/Observation.rs')
  await scoped.startJwtAssertionLogin(await assertion())
  t.equal((await scoped.searchResources('Observation', { code: HEART_RATE })).length, 1)
  const byHand = openMedplum(server, backend.id)
  byHand.setAccessToken(await server.token('system/Patient.r'))
  t.equal((await byHand.readResource('Patient', 'p1')).id, 'p1')
})

t.test("Medplum's login with a secret is no Backend Service", async (t) => {
  const server = await openMeasured(t)
  const { secret, secretHash } = createSecret()
  const client = await server.client({ token_endpoint_auth_method: 'client_secret_post' }, { secretHash })
  const login = (given: string) =>
    openMedplum(server, client.id)
      .startClientLogin(client.id, given)
      .catch((error) => error)
  t.match(JSON.stringify((await login(secret)).outcome), /not registered for this grant type/)
  const wrong = await login(createSecret().secret)
  t.equal(wrong.name, 'OperationOutcomeError')
})

/** A user is asked by openid-client's own request, allows it, and the code is exchanged with every check it has. */
async function logInWith(server: SmartServer, config: openid.Configuration, redirect_uri: string) {
  const pkceCodeVerifier = openid.randomPKCECodeVerifier()
  const [expectedState, expectedNonce] = [openid.randomState(), openid.randomNonce()]
  const url = openid.buildAuthorizationUrl(config, {
    redirect_uri,
    scope: 'openid fhirUser launch/patient offline_access patient/Observation.rs',
    code_challenge: await openid.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: 'S256',
    state: expectedState,
    nonce: expectedNonce,
    aud: server.base,
  })
  const account = await server.account(['Patient/p1'])
  const visitor = await server.visitor(account)
  const asked = await visitor.follow(await visitor.get(url.href))
  const answered = await visitor.submit(asked, { decision: 'allow' })
  const checks = { pkceCodeVerifier, expectedState, expectedNonce, idTokenExpected: true }
  const tokens = await openid.authorizationCodeGrant(config, new URL(answered.location!), checks)
  return { account, tokens }
}

t.test('openid-client logs a user in with PKCE and nonce, and all that comes holds', async (t) => {
  const server = await openMeasured(t)
  const client = await server.client()
  const config = await discover(server, client, openid.None())
  openid.enableNonRepudiationChecks(config)
  const { account, tokens } = await logInWith(server, config, client.metadata.redirect_uris[0]!)
  const claims = tokens.claims()!
  t.match(claims, { sub: account.id, fhirUser: `${server.base}/Patient/p1` })
  t.equal(tokens.expiresIn()! <= 3600, true)
  t.match(await openid.fetchUserInfo(config, tokens.access_token, claims.sub), { sub: account.id })
  const renewed = await openid.refreshTokenGrant(config, tokens.refresh_token!)
  t.not(renewed.access_token, tokens.access_token)
  const observations = (token: string) =>
    fetch(`${server.base}/Observation?code=${HEART_RATE}`, { headers: { authorization: `Bearer ${token}` } })
  t.equal((await observations(renewed.access_token)).status, 200)
  const unproved = openid.tokenIntrospection(config, renewed.access_token)
  t.match(await refusalOf(unproved), { error: 'invalid_client', status: 401 })
  await openid.tokenRevocation(config, renewed.refresh_token!)
  t.equal((await observations(renewed.access_token)).status, 401)
  const again = openid.refreshTokenGrant(config, renewed.refresh_token!)
  t.match(await refusalOf(again), { error: 'invalid_grant', status: 400 })
})

for (const method of ['client_secret_basic', 'client_secret_post'] as const)
  t.test(`openid-client with ${method} introspects and revokes what it was given`, async (t) => {
    const server = await openMeasured(t)
    const { secret, secretHash } = createSecret()
    const client = await server.client({ token_endpoint_auth_method: method }, { secretHash })
    const by =
      method === 'client_secret_basic' ? openid.ClientSecretBasic(secret) : openid.ClientSecretPost(secret)
    const config = await discover(server, client, by)
    const { account, tokens } = await logInWith(server, config, client.metadata.redirect_uris[0]!)
    const found = await openid.tokenIntrospection(config, tokens.access_token)
    t.match(found, {
      active: true,
      client_id: client.id,
      scope: tokens.scope,
      patient: 'p1',
      sub: account.id,
    })
    await openid.tokenRevocation(config, tokens.access_token)
    t.strictSame(await openid.tokenIntrospection(config, tokens.access_token), { active: false })
    const wrong = await discover(server, client, openid.ClientSecretBasic(createSecret().secret))
    const refused = openid.refreshTokenGrant(wrong, tokens.refresh_token!)
    t.match(await refusalOf(refused), { error: 'invalid_client', status: 401 })
  })

for (const alg of ['ES384', 'RS384'] as const) {
  t.test(`openid-client as a Backend Service signs with ${alg}; aud is the token URL`, async (t) => {
    const server = await openMeasured(t)
    const key = await createKey(alg)
    const client = await server.client(toBackend(key.jwk), { purposes: ['TREAT'], ...HOSPITAL })
    const ask = async (modify?: openid.ModifyAssertionFunction, scope = 'system/Observation.rs') => {
      const by = openid.PrivateKeyJwt(
        { key: key.privateKey, kid: KID },
        modify && { [openid.modifyAssertion]: modify },
      )
      return openid.clientCredentialsGrant(await discover(server, client, by), { scope })
    }
    const refused = { error: 'invalid_client', status: 401 }
    // SMART asks for typ, which this library leaves out, and for the token URL where it says the issuer.
    t.match(await refusalOf(ask()), { ...refused, error_description: /typ must be JWT/ })
    t.match(await refusalOf(ask(setType)), { ...refused, error_description: /aud must be .*\/auth\/token$/ })
    const { access_token, refresh_token, expires_in, scope } = await ask(toSmart(server))
    t.equal(scope, 'system/Observation.rs')
    t.equal(expires_in! <= 300, true)
    t.equal(refresh_token, undefined)
    const reply = await fetch(`${server.base}/Observation`, {
      headers: { authorization: `Bearer ${access_token}` },
    })
    t.equal(reply.status, 200)
    t.match(await refusalOf(ask(toSmart(server), 'system/Patient.rs')), {
      error: 'invalid_scope',
      status: 400,
    })
  })
}

t.test('openid-client may say the issuer where the operator has allowed it', async (t) => {
  const server = await openMeasured(t, { MUSUBI_ASSERTION_AUDIENCE: 'issuer' })
  const key = await createKey('ES384')
  const client = await server.client(toBackend(key.jwk), { purposes: ['TREAT'], ...HOSPITAL })
  const by = openid.PrivateKeyJwt({ key: key.privateKey, kid: KID }, { [openid.modifyAssertion]: setType })
  const config = await discover(server, client, by)
  const { access_token } = await openid.clientCredentialsGrant(config, { scope: 'system/Observation.rs' })
  t.match(access_token, /^[\w-]{43}$/)
})

const KID = 'key-1'

/** Returns what the server said; this library keeps the body of a 401 to itself. */
async function refusalOf(asked: Promise<unknown>): Promise<object> {
  try {
    return { granted: await asked }
  } catch (error) {
    if (error instanceof openid.WWWAuthenticateChallengeError)
      return { status: error.status, ...((await error.response.json()) as object) }
    if (error instanceof openid.ResponseBodyError)
      return { status: error.status, error: error.error, error_description: error.error_description }
    throw error
  }
}

const HOSPITAL = { organization: 'Organization/demo' } as const

function discover(
  { base }: SmartServer,
  { id }: Client,
  by: openid.ClientAuth,
): Promise<openid.Configuration> {
  const issuer = new URL('/auth', base)
  return openid.discovery(issuer, id, undefined, by, { execute: [openid.allowInsecureRequests] })
}

const setType: openid.ModifyAssertionFunction = (header) => {
  header['typ'] = 'JWT'
}

function toSmart({ base }: SmartServer): openid.ModifyAssertionFunction {
  return (header, payload) => {
    header['typ'] = 'JWT'
    payload['aud'] = new URL('/auth/token', base).href
  }
}

async function createKey(alg: 'ES384' | 'RS384') {
  const algorithm =
    alg === 'ES384'
      ? { name: 'ECDSA', namedCurve: 'P-384', hash: 'SHA-384' }
      : {
          name: 'RSASSA-PKCS1-v1_5',
          modulusLength: 2048,
          publicExponent: new Uint8Array([1, 0, 1]),
          hash: 'SHA-384',
        }
  const pair = (await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])) as CryptoKeyPair
  const jwk = await webcrypto.subtle.exportKey('jwk', pair.publicKey)
  return { privateKey: pair.privateKey, jwk: { ...jwk, kid: KID } }
}

function toBackend(jwk: object) {
  return {
    grant_types: ['client_credentials'],
    token_endpoint_auth_method: 'private_key_jwt',
    redirect_uris: [],
    scope: 'system/Observation.rs',
    jwks: { keys: [jwk] },
  } as const
}

/** Returns an assertion as SMART wants it, by openid-client's own hand. */
async function signAssertion(
  server: SmartServer,
  client: Client,
  key: Awaited<ReturnType<typeof createKey>>,
): Promise<string> {
  const sent = new URLSearchParams()
  const sign = openid.PrivateKeyJwt(
    { key: key.privateKey, kid: KID },
    { [openid.modifyAssertion]: toSmart(server) },
  )
  const config = await discover(server, client, sign)
  await sign(config.serverMetadata() as never, config.clientMetadata() as never, sent, new Headers())
  return sent.get('client_assertion')!
}
