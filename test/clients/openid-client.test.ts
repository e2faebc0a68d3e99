// openid-client, certified by others, at this server: a user's login and Backend Services. https://openid.net/specs/openid-connect-core-1_0.html
import * as openid from 'openid-client'
import t from 'tap'
import type { Client } from '../../src/smart/client.ts'
import type { SmartServer } from '../support/authorization.ts'
import { type ClientKey, createClientKey, createSecret } from '../support/jwt.ts'
import { HEART_RATE, openMeasuredServer } from '../support/live.ts'

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
  const server = await openMeasuredServer(t)
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
    const server = await openMeasuredServer(t)
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
    const server = await openMeasuredServer(t)
    const key = createClientKey(alg, KID)
    const client = await server.client(toBackend(key.jwk), { purposes: ['TREAT'], ...HOSPITAL })
    const ask = async (modify?: openid.ModifyAssertionFunction, scope = 'system/Observation.rs') => {
      const by = openid.PrivateKeyJwt(toSigningKey(key), modify && { [openid.modifyAssertion]: modify })
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
  const server = await openMeasuredServer(t, { MUSUBI_ASSERTION_AUDIENCE: 'issuer' })
  const key = createClientKey('ES384', KID)
  const client = await server.client(toBackend(key.jwk), { purposes: ['TREAT'], ...HOSPITAL })
  const by = openid.PrivateKeyJwt(toSigningKey(key), { [openid.modifyAssertion]: setType })
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

const ALGORITHMS = {
  ES384: { name: 'ECDSA', namedCurve: 'P-384' },
  RS384: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-384' },
} as const

function toSigningKey({ privateKey, alg }: ClientKey): openid.PrivateKey {
  const key = privateKey.toCryptoKey(ALGORITHMS[alg as keyof typeof ALGORITHMS], false, ['sign'])
  // The library's types know fewer usages than Node's.
  return { key: key as openid.CryptoKey, kid: KID }
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

function toBackend(jwk: object) {
  return {
    grant_types: ['client_credentials'],
    token_endpoint_auth_method: 'private_key_jwt',
    redirect_uris: [],
    scope: 'system/Observation.rs',
    jwks: { keys: [jwk] },
  } as const
}
