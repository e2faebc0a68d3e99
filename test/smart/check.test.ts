import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { connect } from 'node:net'
import t from 'tap'
import { hashToken, mintToken, TOKENS } from '../../src/smart/token.ts'
import { openServer } from '../support/server.ts'

const patientUrl = '/fhir/Patient?_count=0'

t.test('a request without a token of ours is 401 with a challenge and an OperationOutcome', async (t) => {
  const { app, token } = await openServer(t)
  const good = await token()
  const refused: readonly (readonly [header: string | undefined, challenge: string])[] = [
    [undefined, 'Bearer'],
    ['', 'Bearer'],
    ['Bearer', 'Bearer'],
    [`Basic ${good}`, 'Bearer'],
    [good, 'Bearer'],
    [`Bearer ${good}x`, 'Bearer'],
    [`Bearer ${good.slice(1)}`, 'Bearer'],
    [`Bearer ${randomBytes(32).toString('base64url')}`, 'Bearer error="invalid_token"'],
    [`Bearer ${hashToken(good)}`, 'Bearer'],
  ]
  for (const [authorization, challenge] of refused) {
    const reply = await app.inject({
      url: patientUrl,
      headers: authorization === undefined ? {} : { authorization },
    })
    t.equal(reply.statusCode, 401, String(authorization))
    t.equal(reply.headers['www-authenticate'], challenge)
    t.match(reply.headers['content-type'], /^application\/fhir\+json/)
    t.match(reply.json(), { resourceType: 'OperationOutcome', issue: [{ severity: 'error', code: 'login' }] })
  }
  t.equal(
    (await app.inject({ url: patientUrl, headers: { authorization: `Bearer ${good}` } })).statusCode,
    200,
  )
  t.equal(
    (await app.inject({ url: patientUrl, headers: { authorization: `bearer  ${good}` } })).statusCode,
    200,
  )
})

t.test('a token in the query, the body or another header is no token', async (t) => {
  const { app, token } = await openServer(t)
  const good = await token()
  t.equal((await app.inject({ url: `${patientUrl}&access_token=${good}` })).statusCode, 401)
  t.equal((await app.inject({ url: patientUrl, headers: { 'x-access-token': good } })).statusCode, 401)
  const body = { method: 'POST' as const, url: '/fhir/Patient/_search', payload: `access_token=${good}` }
  const form = { 'content-type': 'application/x-www-form-urlencoded' }
  t.equal((await app.inject({ ...body, headers: form })).statusCode, 401)
})

t.test('the token is asked for before the body is read, and on routes that do not exist', async (t) => {
  const { app } = await openServer(t)
  const headers = { 'content-type': 'application/fhir+json' }
  t.equal(
    (await app.inject({ method: 'POST', url: '/fhir/Patient', headers, payload: '{"broken' })).statusCode,
    401,
  )
  t.equal((await app.inject({ url: '/fhir/Nonsense/1' })).statusCode, 401)
  t.equal((await app.inject({ url: '/nothing' })).statusCode, 401)
})

t.test(
  'a large body without a token is answered 401 without being read, and the server goes on',
  async (t) => {
    const { app } = await openServer(t)
    await app.listen({ port: 0, host: '127.0.0.1' })
    const { port } = app.server.address() as { port: number }
    const socket = connect(port, '127.0.0.1')
    socket.write('POST /fhir/Patient HTTP/1.1\r\nhost: x\r\ncontent-length: 60000000\r\n\r\n{"resourceType":')
    const [answer] = await once(socket, 'data')
    t.match(String(answer), /^HTTP\/1\.1 401 /, 'though most of the body was never sent')
    socket.destroy()
    t.equal((await fetch(`http://127.0.0.1:${port}/livez`)).status, 200)
  },
)

t.test('metadata and health answer without a token', async (t) => {
  const { app } = await openServer(t)
  for (const url of ['/fhir/metadata', '/livez', '/readyz'])
    t.equal((await app.inject({ url })).statusCode, 200, url)
})

t.test('an expired token is 401 from the moment it expires', async (t) => {
  const { app, auth } = await openServer(t)
  const headers = await auth('system/*.rs', { expiresAt: Date.now() + 400 })
  t.equal((await app.inject({ url: patientUrl, headers })).statusCode, 200)
  await new Promise((resolve) => setTimeout(resolve, 450))
  t.equal((await app.inject({ url: patientUrl, headers })).statusCode, 401)
})

t.test('a revoked token is 401 at once, also where it has just been used', async (t) => {
  const { app, store, token } = await openServer(t)
  const good = await token()
  const headers = { authorization: `Bearer ${good}` }
  t.equal((await app.inject({ url: patientUrl, headers })).statusCode, 200)
  await store.records.delete(TOKENS, hashToken(good))
  t.equal((await app.inject({ url: patientUrl, headers })).statusCode, 401)
})

t.test('what is stored of a token does not hold the token', async (t) => {
  const grant = { subject: 'Client/a', client: 'a', scope: 'system/*.rs', purpose: 'TREAT', expiresAt: 5 }
  const { token, row } = mintToken(grant)
  t.match(token, /^[A-Za-z0-9_-]{43}$/)
  t.match(row.key, /^[0-9a-f]{64}$/)
  t.notOk(JSON.stringify(row).includes(token))
  t.not(mintToken(grant).token, token)
})
