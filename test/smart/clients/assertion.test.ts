// private_key_jwt: what an assertion must be, each breach on its own.
import { randomUUID } from 'node:crypto'
import t from 'tap'
import { verifyAssertion } from '../../../src/smart/clients/assertion.ts'
import { createSmartContext } from '../../../src/smart/plugin.ts'
import { openStore } from '../../../src/store/open.ts'
import { openClientEndpoint } from '../../support/client-endpoint.ts'
import { createClientKey, encodePart, signJwt, toAssertionForm } from '../../support/jwt.ts'
import { openWeb } from '../../support/web.ts'

const BASE = 'https://health.example/r4/fhir'
const TOKEN = 'https://health.example/r4/auth/token'
const ISSUER = 'https://health.example/r4/auth'
const rsa = createClientKey('RS384', 'rsa')
const ec = createClientKey('ES384', 'ec')
const now = () => Math.floor(Date.now() / 1000)
const claims = (more: object = {}) => ({
  iss: 'backend',
  sub: 'backend',
  aud: TOKEN,
  exp: now() + 240,
  jti: randomUUID(),
  ...more,
})

async function open(t: Parameters<typeof openClientEndpoint>[0], environment: NodeJS.ProcessEnv = {}) {
  const endpoint = await openClientEndpoint(t, {
    MUSUBI_BASE_URL: BASE,
    MUSUBI_ATTEMPTS_PER_MINUTE: '1000',
    ...environment,
  })
  const metadata = {
    token_endpoint_auth_method: 'private_key_jwt',
    jwks: { keys: [rsa.jwk, ec.jwk] },
  } as const
  await endpoint.register('backend', metadata)
  const ask = (jwt: string, more: Record<string, string> = {}, headers: Record<string, string> = {}) =>
    endpoint.ask({ ...toAssertionForm(jwt), ...more }, headers)
  return { ...endpoint, metadata, ask }
}

t.test(
  '46: an assertion signed with RS384 or ES384 tells the client, and its claims come along',
  async (t) => {
    const { ask } = await open(t)
    for (const key of [rsa, ec]) {
      const extensions = { 'hl7-b2b': { version: '1', purpose_of_use: ['TREAT'] } }
      const { status, body } = await ask(signJwt(key, claims({ extensions })), { client_id: 'backend' })
      t.equal(status, 200, key.alg)
      t.match(body, { client: 'backend', method: 'private_key_jwt', claims: { extensions } })
    }
    t.equal((await ask(signJwt(rsa, claims({ aud: [TOKEN] })))).status, 200, 'a list of the token URL alone')
    t.equal(
      (await ask(signJwt(rsa, claims({ exp: now() + 299, nbf: now() + 30, iat: now() + 30 })))).status,
      200,
    )
    t.equal((await ask(signJwt(rsa, claims(), { typ: 'jwt' }))).status, 200)
  },
)

t.test('49: whatever is wrong with an assertion is invalid_client, 401, and says which check', async (t) => {
  const { ask, register, metadata } = await open(t)
  const foreign = createClientKey('RS384', 'rsa')
  const other = createClientKey('RS256', 'rsa')
  await register('pending', metadata, { status: 'pending' })
  await register('disabled', metadata, { status: 'disabled' })
  await register('public', {})
  await register('secret', { token_endpoint_auth_method: 'client_secret_basic', jwks: metadata.jwks })
  await register('weak', { ...metadata, jwks: { keys: [createClientKey('RS384', 'rsa', 1024).jwk] } })
  await register('twins', { ...metadata, jwks: { keys: [rsa.jwk, foreign.jwk] } })
  await register('keyless', { token_endpoint_auth_method: 'private_key_jwt' })
  const of = (id: string) => signJwt(rsa, claims({ iss: id, sub: id }))
  const good = signJwt(rsa, claims())
  const [head, body, signature] = good.split('.') as [string, string, string]
  const refused: readonly (readonly [string, string, RegExp, Record<string, string>?])[] = [
    ['text that is no JWT', 'x', /three parts/],
    ['another key', signJwt(foreign, claims()), /signature/],
    ['changed claims', `${head}.${encodePart(claims({ scope: 'x' }))}.${signature}`, /signature/],
    ['no signature', `${encodePart({ alg: 'none', typ: 'JWT', kid: 'rsa' })}.${body}.`, /not signed/],
    ['alg none', `${encodePart({ alg: 'none', typ: 'JWT', kid: 'rsa' })}.${body}.AA`, /alg/],
    ['alg RS256', signJwt(other, claims()), /alg/],
    ['alg HS384', signJwt(rsa, claims(), { alg: 'HS384' }), /alg/],
    ['no typ', signJwt(rsa, claims(), { typ: undefined }), /typ/],
    ['another typ', signJwt(rsa, claims(), { typ: 'at+jwt' }), /typ/],
    ['no kid', signJwt(rsa, claims(), { kid: undefined }), /kid/],
    ['an unknown kid', signJwt(rsa, claims(), { kid: 'x' }), /kid/],
    ['a kid of another kty', signJwt(rsa, claims(), { kid: 'ec' }), /kid/],
    ['two keys with the kid', of('twins'), /Several keys/],
    ['a weak key', of('weak'), /2048/],
    ['a client without keys', of('keyless'), /registered no keys/],
    ['no iss', signJwt(rsa, claims({ iss: undefined })), /iss and sub/],
    ['no sub', signJwt(rsa, claims({ sub: undefined })), /iss and sub/],
    ['iss that is not sub', signJwt(rsa, claims({ sub: 'public' })), /iss and sub/],
    ['iss that is no text', signJwt(rsa, claims({ iss: 1, sub: 1 })), /iss and sub/],
    ['an unknown client', of('nobody'), /no client/],
    ['a pending client', of('pending'), /no client/],
    ['a disabled client', of('disabled'), /no client/],
    ['a public client', of('public'), /no client/],
    ['a client that is registered for a secret', of('secret'), /no client/],
    ['another client_id in the form', good, /client_id/, { client_id: 'public' }],
    ['no aud', signJwt(rsa, claims({ aud: undefined })), /^aud/],
    ['another aud', signJwt(rsa, claims({ aud: 'https://other.example/token' })), /^aud/],
    ['aud with a slash', signJwt(rsa, claims({ aud: `${TOKEN}/` })), /^aud/],
    ['aud that begins with the token URL', signJwt(rsa, claims({ aud: `${TOKEN}.evil.example` })), /^aud/],
    ['aud that is the FHIR base', signJwt(rsa, claims({ aud: BASE })), /^aud/],
    ['aud that is the issuer', signJwt(rsa, claims({ aud: ISSUER })), /^aud/],
    ['aud with a foreign value', signJwt(rsa, claims({ aud: [TOKEN, 'https://other.example'] })), /^aud/],
    ['an empty aud', signJwt(rsa, claims({ aud: [] })), /^aud/],
    ['aud in a list in a list', signJwt(rsa, claims({ aud: [[TOKEN]] })), /^aud/],
    ['no exp', signJwt(rsa, claims({ exp: undefined })), /exp/],
    ['exp that is text', signJwt(rsa, claims({ exp: String(now() + 60) })), /exp/],
    ['exp now', signJwt(rsa, claims({ exp: now() })), /expired/],
    ['exp just past', signJwt(rsa, claims({ exp: now() - 1 })), /expired/],
    ['exp more than five minutes ahead', signJwt(rsa, claims({ exp: now() + 302 })), /five minutes/],
    ['nbf ahead', signJwt(rsa, claims({ nbf: now() + 90 })), /^nbf/],
    ['nbf that is text', signJwt(rsa, claims({ nbf: 'x' })), /^nbf/],
    ['iat ahead', signJwt(rsa, claims({ iat: now() + 90 })), /^iat/],
    ['no jti', signJwt(rsa, claims({ jti: undefined })), /^jti/],
    ['an empty jti', signJwt(rsa, claims({ jti: '' })), /^jti/],
    ['jti that is a number', signJwt(rsa, claims({ jti: 5 })), /^jti/],
    ['a very long jti', signJwt(rsa, claims({ jti: 'x'.repeat(1025) })), /^jti/],
    ['crit', signJwt(rsa, claims(), { crit: ['x'] }), /crit/],
  ]
  for (const [name, jwt, description, more] of refused)
    await t.test(`46: ${name} is refused`, async (t) => {
      const { status, body, headers } = await ask(jwt, more)
      t.equal(status, 401)
      t.match(body, { error: 'invalid_client', error_description: description })
      t.notOk(JSON.stringify(body).includes(jwt))
      t.equal(headers['cache-control'], 'no-store')
    })
  t.equal((await ask(good)).status, 200, 'what was refused on the way has not used its jti up')
})

t.test(
  '46: an assertion is used once, also when it is sent many times at once and to two processes',
  async (t) => {
    const { ask, context, register, metadata } = await open(t)
    const jwt = signJwt(rsa, claims())
    const all = await Promise.all(Array.from({ length: 10 }, () => ask(jwt)))
    t.equal(all.filter(({ status }) => status === 200).length, 1)
    t.match(all.find(({ status }) => status !== 200)?.body, {
      error: 'invalid_client',
      error_description: /jti/,
    })
    const store = await openStore(context.settings.store)
    const second = await createSmartContext({ ...context.app, store }, context.settings)
    t.teardown(() => store.close())
    await t.rejects(verifyAssertion(second, toAssertionForm(jwt)), { name: 'OAuthError', message: /jti/ })
    const { jti } = JSON.parse(Buffer.from(jwt.split('.')[1]!, 'base64url').toString())
    await register('backend2', metadata)
    t.equal(
      (await ask(signJwt(rsa, claims({ iss: 'backend2', sub: 'backend2', jti })))).status,
      200,
      'the jti of one client is free for another',
    )
  },
)

t.test('46: the issuer is an aud only where the setting says so', async (t) => {
  const { ask } = await open(t, { MUSUBI_ASSERTION_AUDIENCE: 'issuer' })
  for (const aud of [TOKEN, ISSUER, [ISSUER]]) t.equal((await ask(signJwt(rsa, claims({ aud })))).status, 200)
  for (const aud of [[TOKEN, ISSUER], BASE, `${ISSUER}/`])
    t.equal((await ask(signJwt(rsa, claims({ aud })))).status, 401, String(aud))
})

t.test(
  '51: aud is that of the public base URL, whatever a request or a proxy says of host and scheme',
  async (t) => {
    const { ask } = await open(t, { MUSUBI_TRUSTED_PROXIES: '192.0.2.1' })
    const headers = {
      host: 'evil.example',
      'x-forwarded-host': 'evil.example',
      'x-forwarded-proto': 'http',
      forwarded: 'host=evil.example;proto=http',
    }
    for (const aud of [
      'https://evil.example/r4/auth/token',
      'http://evil.example/token',
      'http://health.example/r4/auth/token',
    ])
      t.equal((await ask(signJwt(rsa, claims({ aud })), {}, headers)).status, 401, aud)
    t.equal((await ask(signJwt(rsa, claims()), {}, headers)).status, 200)
  },
)

t.test(
  '45, 47: the registered jwks_uri is where keys come from; another jku is refused and never fetched',
  async (t) => {
    const web = await openWeb(
      t,
      (_request, response) => void response.end(JSON.stringify({ keys: [rsa.jwk] })),
    )
    const evil = await openWeb(
      t,
      (_request, response) => void response.end(JSON.stringify({ keys: [ec.jwk] })),
    )
    const { ask, register } = await open(t, { MUSUBI_PRIVATE_HOSTS: `${web.host},${evil.host}` })
    const jwks_uri = `${web.url}/jwks`
    await register('remote', { token_endpoint_auth_method: 'private_key_jwt', jwks_uri })
    const of = (id: string) => claims({ iss: id, sub: id })
    t.equal((await ask(signJwt(rsa, of('remote')))).status, 200)
    t.equal((await ask(signJwt(rsa, of('remote'), { jku: jwks_uri }))).status, 200)
    for (const jku of [`${evil.url}/jwks`, `${jwks_uri}?x`, `${jwks_uri}#x`, 5, null, '']) {
      const { status, body } = await ask(signJwt(ec, of('remote'), { jku }))
      t.equal(status, 401, String(jku))
      t.match(body, { error: 'invalid_client', error_description: /^jku/ })
    }
    const inline = await ask(signJwt(rsa, of('backend'), { jku: `${evil.url}/jwks` }))
    t.match(inline, { status: 401, body: { error_description: /^jku/ } }, 'none is registered')
    t.strictSame(evil.asked, [])
    const x5u = await ask(signJwt(ec, of('remote'), { x5u: `${evil.url}/x5u`, jwk: ec.jwk }))
    t.equal(x5u.status, 401)
    t.strictSame(evil.asked, [])
  },
)

t.test(
  '48: keys at a private address that is not listed are not fetched; that is invalid_client too',
  async (t) => {
    const web = await openWeb(
      t,
      (_request, response) => void response.end(JSON.stringify({ keys: [rsa.jwk] })),
    )
    const { ask, register } = await open(t)
    await register('remote', { token_endpoint_auth_method: 'private_key_jwt', jwks_uri: `${web.url}/jwks` })
    const { status, body } = await ask(signJwt(rsa, claims({ iss: 'remote', sub: 'remote' })))
    t.equal(status, 401)
    t.match(body, { error: 'invalid_client', error_description: /keys of the client cannot be had/ })
    t.strictSame(web.asked, [])
  },
)
