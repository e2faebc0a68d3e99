// The developer page: addresses of this server, examples, and the registration of a test app.
import t from 'tap'
import { CLIENTS } from '../../src/smart/client.ts'
import { checkPage } from '../support/check-page.ts'
import { openServer, type TestServer } from '../support/server.ts'

const BASE = 'https://example.org/fhir'

async function fill({ app }: TestServer, changes: Record<string, string> = {}, language = 'en') {
  const page = await app.inject({ url: '/developers', headers: { 'accept-language': language } })
  const cookies = Object.fromEntries(page.cookies.map(({ name, value }) => [name, value]))
  const csrf = /name="csrf" value="([^"]+)"/.exec(page.body)?.[1] ?? ''
  const form = {
    client_name: '<script>x</script>',
    redirect_uri: 'http://localhost:8080/callback',
    scope: 'launch/patient patient/Observation.rs',
    token_endpoint_auth_method: 'none',
    csrf,
    ...changes,
  }
  return app.inject({
    method: 'POST',
    url: '/developers/register',
    cookies,
    headers: { 'content-type': 'application/x-www-form-urlencoded', 'accept-language': language },
    payload: new URLSearchParams(form).toString(),
  })
}

t.test('anybody may read it, in both languages, with the addresses of this server', async (t) => {
  const { app } = await openServer(t, { MUSUBI_BASE_URL: BASE, MUSUBI_REGISTRATION: 'open' })
  for (const language of ['en', 'ja']) {
    const reply = await app.inject({ url: '/developers', headers: { 'accept-language': language } })
    t.equal(reply.statusCode, 200)
    t.equal(reply.headers['content-language'], language)
    checkPage(t, reply.body)
    for (const each of [
      '/fhir/.well-known/smart-configuration',
      '/auth/authorize',
      '/auth/token',
      '/auth/register',
    ])
      t.ok(reply.body.includes(`https://example.org${each}`), each)
  }
  t.equal(
    (await app.inject('/auth/assets/copy.js')).headers['content-type'],
    'text/javascript; charset=utf-8',
  )
})

t.test('a test app is registered with the checks of the registration endpoint', async (t) => {
  const server = await openServer(t, { MUSUBI_REGISTRATION: 'open' })
  const reply = await fill(server)
  t.equal(reply.statusCode, 200, reply.body)
  t.match(reply.body, /The app is registered\./)
  t.match(reply.body, /action="[^"]*\/developers\/register#test-app"/, 'what came of it is in view')
  t.notMatch(reply.body, /client secret/i)
  const id = /<code>([0-9a-f-]{36})<\/code>/.exec(reply.body)![1]!
  t.match((await server.store.records.get(CLIENTS, id))?.value, { status: 'active' })
  const secret = await fill(server, { token_endpoint_auth_method: 'client_secret_basic' })
  t.match(secret.body, /Client secret \(shown this once\).*<code>[A-Za-z0-9_-]{43}<\/code>/s)
})

t.test('what is wrong is told, and what was filled in stays', async (t) => {
  const server = await openServer(t, { MUSUBI_REGISTRATION: 'open' })
  const WRONG: readonly Record<string, string>[] = [
    { redirect_uri: 'http://evil.example/' },
    { redirect_uri: '' },
    { scope: 'patient/Nothing.rs' },
    { scope: 'system/*.rs' },
    { client_name: '' },
    { token_endpoint_auth_method: 'private_key_jwt' },
  ]
  for (const wrong of WRONG) {
    const reply = await fill(server, wrong)
    t.equal(reply.statusCode, 400, JSON.stringify(wrong))
    t.match(reply.body, /role="alert">Not registered/)
    checkPage(t, reply.body.replaceAll('http://127.0.0.1:3000/auth', 'https://example.org/auth'))
  }
  t.equal((await server.store.records.list(CLIENTS)).length, 0)
  t.equal((await fill(server, { csrf: 'x' })).statusCode, 403)
})

t.test('with approval it waits; where registration is closed there is no form', async (t) => {
  t.match(
    (await fill(await openServer(t, { MUSUBI_REGISTRATION: 'approval' }))).body,
    /waits for the approval/,
  )
  const closed = await openServer(t, { MUSUBI_REGISTRATION: 'closed' })
  t.notMatch((await closed.app.inject('/developers')).body, /<form/)
  t.equal((await fill(closed)).statusCode, 403)
})
