// Browser origins: who may call what from a page of another site.
import t from 'tap'
import { putClient } from '../support/registered.ts'
import { openServer, type TestServer } from '../support/server.ts'

const APP = 'https://app.example.org'
const OTHER = 'https://evil.example.org'

function preflight({ app }: TestServer, origin: string, url: string, method = 'POST') {
  return app.inject({
    method: 'OPTIONS',
    url,
    headers: {
      origin,
      'access-control-request-method': method,
      'access-control-request-headers': 'authorization,content-type',
    },
  })
}

const allowOrigin = (reply: { readonly headers: object }) =>
  (reply.headers as Record<string, unknown>)['access-control-allow-origin']

t.test('53: discovery, metadata, keys and brands are open to every origin, preflight too', async (t) => {
  const server = await openServer(t)
  const open = [
    '/fhir/metadata',
    '/fhir/.well-known/smart-configuration',
    '/auth/.well-known/openid-configuration',
    '/.well-known/oauth-authorization-server/auth',
    '/auth/jwks',
    '/auth/brands',
  ]
  for (const url of open) {
    const asked = await preflight(server, OTHER, url, 'GET')
    t.equal(asked.statusCode, 204, url)
    t.equal(allowOrigin(asked), '*', url)
    t.equal(allowOrigin(await server.app.inject({ url, headers: { origin: OTHER } })), '*', url)
  }
})

t.test(
  '53: the origins of an active client may call the token endpoint and the API; others may not',
  async (t) => {
    const server = await openServer(t)
    const shared = [
      '/auth/token',
      '/auth/revoke',
      '/auth/introspect',
      '/auth/register',
      '/auth/userinfo',
      '/auth/launch',
      '/app-state/Basic/1',
      '/fhir/Patient/1',
      '/fhir',
    ]
    for (const url of shared) {
      const asked = await preflight(server, APP, url)
      t.equal(asked.statusCode, 204, 'answered without a token')
      t.equal(allowOrigin(asked), undefined, `${url} before the client is registered`)
    }
    await putClient(server.store, 'growth')
    for (const url of shared) {
      const asked = await preflight(server, APP, url)
      t.equal(asked.statusCode, 204, 'answered without a token')
      t.equal(allowOrigin(asked), APP, url)
      t.equal(asked.headers['access-control-allow-credentials'], undefined, 'no cookies')
      t.match(asked.headers['vary'], /origin/i)
      for (const header of ['Authorization', 'Content-Type', 'If-Match', 'If-None-Exist', 'Prefer'])
        t.ok(String(asked.headers['access-control-allow-headers']).split(', ').includes(header), header)
      for (const origin of [OTHER, 'null', 'https://app.example.org.evil.example', 'http://app.example.org'])
        t.equal(allowOrigin(await preflight(server, origin, url)), undefined, origin)
    }
    const refused = await server.app.inject({ url: '/fhir/Patient/1', headers: { origin: APP } })
    t.equal(refused.statusCode, 401)
    t.equal(allowOrigin(refused), APP, 'a page may read why it was refused')
    for (const header of [
      'Location',
      'Content-Location',
      'ETag',
      'Last-Modified',
      'Retry-After',
      'X-Progress',
    ])
      t.ok(String(refused.headers['access-control-expose-headers']).split(', ').includes(header), header)
  },
)

t.test('53: an origin ends with its client, and one that is named beside redirect URIs counts', async (t) => {
  const server = await openServer(t)
  const asked = async (origin: string) => allowOrigin(await preflight(server, origin, '/auth/token'))
  await putClient(server.store, 'a', {}, { redirect_uris: [], allowed_origins: ['https://spa.example.org'] })
  await putClient(server.store, 'b', {}, { redirect_uris: ['com.example.app:/callback'] })
  t.equal(await asked('https://spa.example.org'), 'https://spa.example.org')
  for (const status of ['pending', 'disabled'] as const) {
    await putClient(server.store, 'a', { status }, { allowed_origins: ['https://spa.example.org'] })
    t.equal(await asked('https://spa.example.org'), undefined, status)
  }
})

t.test('53: no other origin may call a page, be it registered', async (t) => {
  const server = await openServer(t, { MUSUBI_CORS_ORIGINS: '*' })
  await putClient(server.store, 'growth')
  for (const url of [
    '/auth/authorize',
    '/auth/login',
    '/auth/manage',
    '/developers',
    '/auth/assets/page.css',
  ]) {
    t.equal(allowOrigin(await preflight(server, APP, url)), undefined, url)
    t.equal(allowOrigin(await server.app.inject({ url, headers: { origin: APP } })), undefined, url)
  }
})
