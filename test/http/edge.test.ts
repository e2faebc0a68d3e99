import { connect } from 'node:net'
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import t from 'tap'
import { openServer } from '../support/server.ts'

const FHIR = { 'content-type': 'application/fhir+json' }
const patient = {
  resourceType: 'Patient',
  name: [{ family: '秘密山', given: ['花子'] }],
  identifier: [{ system: 'http://example.org/mynumber', value: 'SECRET-NUMBER-4711' }],
}

t.test(
  'the log holds methods, route templates and statuses, and nothing of a patient, token or address',
  async (t) => {
    const { app, auth, log } = await openServer(t, { MUSUBI_LOG_LEVEL: 'trace' })
    const headers = { ...(await auth()), ...FHIR }
    const created = await app.inject({
      method: 'POST',
      url: '/fhir/Patient',
      headers,
      payload: JSON.stringify(patient),
    })
    const { id } = created.json()
    const urls = [
      `/fhir/Patient/${id}`,
      `/fhir/Patient/${id}/_history/1`,
      '/fhir/Patient?identifier=SECRET-NUMBER-4711&name=%E7%A7%98%E5%AF%86%E5%B1%B1',
      '/fhir/Patient?nonsense=SECRET-NUMBER-4711',
      '/fhir/Nonsense/SECRET-NUMBER-4711',
      '/SECRET-NUMBER-4711?x=SECRET-NUMBER-4711',
      '/fhir/%E0%A4%A/SECRET-NUMBER-4711',
    ]
    for (const url of urls) await app.inject({ url, headers })
    await app.inject({ method: 'POST', url: '/fhir/Patient', headers, payload: '{"SECRET-NUMBER-4711' })
    await app.inject({ url: urls[0]!, headers: { authorization: 'Bearer SECRET-NUMBER-4711' } })
    const text = log.join('')
    t.match(text, /"method":"POST","route":"\/fhir\/[^"]*","status":201/)
    t.equal(log.length, urls.length + 2, 'every reply left a line, but the one whose URL is not well encoded')
    for (const secret of [
      'SECRET',
      '秘密山',
      '花子',
      String(id),
      headers.authorization.slice(7),
      'mynumber',
      '127.0.0.1',
    ])
      t.notOk(text.includes(secret), `${secret.slice(0, 8)} is not in the log`)
  },
)

t.test(
  'a mistake of ours is 500 with a correlation id and nothing else; the log has its place without its message',
  async (t) => {
    const { app, auth, log } = await openServer(t)
    app.get('/broken', () => {
      throw new TypeError('SECRET-NUMBER-4711')
    })
    const reply = await app.inject({ url: '/broken', headers: await auth() })
    t.equal(reply.statusCode, 500)
    const { issue } = reply.json()
    t.match(issue, [{ severity: 'error', code: 'exception', diagnostics: /correlation id [0-9a-f-]{36}$/ }])
    t.notOk(reply.body.includes('SECRET'))
    const correlation = /[0-9a-f-]{36}$/.exec(issue[0].diagnostics)?.[0] ?? 'none'
    const line = log.find((each) => each.includes(correlation)) ?? ''
    t.match(JSON.parse(line), { err: { type: 'TypeError', stack: /edge\.test\.ts/ } })
    t.notOk(log.join('').includes('SECRET'))
  },
)

t.test('readiness is 503 once the store is closed, while liveness stays 200', async (t) => {
  const { app, store } = await openServer(t)
  t.equal((await app.inject({ url: '/readyz' })).statusCode, 200)
  await store.close()
  t.equal((await app.inject({ url: '/readyz' })).statusCode, 503)
  t.equal((await app.inject({ url: '/livez' })).statusCode, 200)
})

t.test('metrics need the token of a client and name routes by their templates only', async (t) => {
  const { app, auth } = await openServer(t)
  t.equal((await app.inject({ url: '/metrics' })).statusCode, 401)
  const resident = await auth('patient/*.rs', { subject: 'Patient/me', patient: 'me' })
  t.equal((await app.inject({ url: '/metrics', headers: resident })).statusCode, 403)
  const headers = await auth()
  await app.inject({ url: '/fhir/Patient/SECRET-4711', headers })
  await app.inject({ url: '/SECRET-4711', headers })
  const reply = await app.inject({ url: '/metrics', headers })
  t.equal(reply.statusCode, 200)
  t.match(reply.headers['content-type'], /^text\/plain/)
  t.match(reply.body, /musubi_http_request_seconds_count\{method="GET",route="[^"]*",status="404"\} \d+/)
  t.notOk(reply.body.includes('SECRET'))
})

t.test(
  'a browser of any origin reads metadata; other routes answer listed origins only, and preflights need no token',
  async (t) => {
    const listed = 'https://app.example.org'
    const { app, auth } = await openServer(t, { MUSUBI_CORS_ORIGINS: listed })
    const asking = (origin: string, url: string) =>
      app.inject({
        method: 'OPTIONS',
        url,
        headers: {
          origin,
          'access-control-request-method': 'PUT',
          'access-control-request-headers': 'authorization',
        },
      })
    const allowed = await asking(listed, '/fhir/Patient/1')
    t.equal(allowed.statusCode, 204)
    t.equal(allowed.headers['access-control-allow-origin'], listed)
    for (const header of ['Authorization', 'Content-Type', 'If-Match', 'If-None-Exist', 'Prefer'])
      t.match(allowed.headers['access-control-allow-headers'], new RegExp(header))
    const other = await asking('https://evil.example.org', '/fhir/Patient/1')
    t.equal(other.headers['access-control-allow-origin'], undefined)
    const anywhere = { origin: 'https://evil.example.org' }
    const metadata = await app.inject({ url: '/fhir/metadata', headers: anywhere })
    t.equal(metadata.headers['access-control-allow-origin'], '*')
    const reply = await app.inject({ url: '/fhir/Patient', headers: { ...(await auth()), origin: listed } })
    for (const header of [
      'Location',
      'Content-Location',
      'ETag',
      'Last-Modified',
      'Retry-After',
      'X-Progress',
    ])
      t.match(reply.headers['access-control-expose-headers'], new RegExp(header))
    t.equal(reply.headers['access-control-allow-credentials'], undefined)
  },
)

t.test('large replies are compressed where the client asks, small ones never', async (t) => {
  const { app } = await openServer(t)
  const plain = await app.inject({ url: '/fhir/metadata' })
  const gzip = await app.inject({ url: '/fhir/metadata', headers: { 'accept-encoding': 'gzip' } })
  t.equal(gzip.headers['content-encoding'], 'gzip')
  t.strictSame(JSON.parse(gunzipSync(gzip.rawPayload).toString()).rest, plain.json().rest)
  const brotli = await app.inject({ url: '/fhir/metadata', headers: { 'accept-encoding': 'br' } })
  t.strictSame(JSON.parse(brotliDecompressSync(brotli.rawPayload).toString()).rest, plain.json().rest)
  const small = await app.inject({ url: '/fhir/Patient/1', headers: { 'accept-encoding': 'gzip' } })
  t.equal(small.headers['content-encoding'], undefined)
})

t.test('a request that is not HTTP is 400 and does not end the server', async (t) => {
  const { app } = await openServer(t)
  await app.listen({ port: 0, host: '127.0.0.1' })
  const { port } = app.server.address() as { port: number }
  const answer = await new Promise<string>((resolve) => {
    let text = ''
    connect(port, '127.0.0.1', function (this: import('node:net').Socket) {
      this.on('data', (chunk) => {
        text += chunk
      })
      this.on('close', () => resolve(text))
      this.end('NONSENSE\r\n\r\n')
    })
  })
  t.match(answer, /^HTTP\/1\.1 400 /)
  t.equal((await fetch(`http://127.0.0.1:${port}/livez`)).status, 200)
})
