// Limits of requests by address and by client. https://www.rfc-editor.org/rfc/rfc6819#section-4.4.1.11
import t from 'tap'
import { toNetwork } from '../../src/smart/network.ts'
import { openSmartServer, type SmartServer } from '../support/authorization.ts'
import { createSecret } from '../support/jwt.ts'

const FORM = { 'content-type': 'application/x-www-form-urlencoded' }

function send({ app }: SmartServer, url: string, remoteAddress: string, payload?: string, headers = {}) {
  const method = payload === undefined ? 'GET' : 'POST'
  return app.inject({
    method,
    url,
    remoteAddress,
    headers: { ...FORM, ...headers },
    ...(payload !== undefined && { payload }),
  })
}

t.test('an address that asks too often is told to wait, as program and as person', async (t) => {
  const server = await openSmartServer(t, { MUSUBI_AUTH_REQUESTS_PER_MINUTE: '3' })
  for (let i = 0; i < 3; i++)
    t.equal((await send(server, '/auth/token', '192.0.2.1', 'grant_type=x')).statusCode, 400)
  for (const url of ['/auth/token', '/auth/revoke']) {
    const reply = await send(server, url, '192.0.2.1', 'grant_type=x')
    t.equal(reply.statusCode, 429)
    t.equal(reply.json().error, 'slow_down')
    t.match(reply.headers, { 'cache-control': 'no-store', 'retry-after': /^\d+$/ })
    t.ok(Number(reply.headers['retry-after']) <= 60)
  }
  for (const url of ['/auth/authorize', '/auth/manage', `/auth/go/${'x'.repeat(43)}`]) {
    const reply = await send(server, url, '192.0.2.1')
    t.equal(reply.statusCode, 429, url)
    t.match(reply.headers, { 'content-type': /^text\/html/, 'retry-after': /^\d+$/ })
  }
  const state = await send(server, '/app-state/Basic', '192.0.2.1', undefined, await server.auth())
  t.equal(state.statusCode, 429, 'app state')
  t.match(state.json(), { resourceType: 'OperationOutcome', issue: [{ code: 'throttled' }] })
  t.match(state.headers, { 'cache-control': 'no-store', 'retry-after': /^\d+$/ })
  t.equal((await send(server, '/auth/token', '192.0.2.2', 'grant_type=x')).statusCode, 400, 'another address')
  const read = await server.app.inject({
    url: '/fhir/Patient/p1',
    remoteAddress: '192.0.2.1',
    headers: await server.auth(),
  })
  t.equal(read.statusCode, 200, 'the FHIR API has limits of its own')
})

t.test('a forwarded address counts only behind a proxy that is trusted', async (t) => {
  const server = await openSmartServer(t, { MUSUBI_AUTH_REQUESTS_PER_MINUTE: '2' })
  const statuses = []
  for (let i = 0; i < 4; i++) {
    const headers = { 'x-forwarded-for': `198.51.100.${i}` }
    statuses.push((await send(server, '/auth/token', '192.0.2.1', 'grant_type=x', headers)).statusCode)
  }
  t.strictSame(statuses, [400, 400, 429, 429])
})

t.test(
  'a client that has authenticated has a limit wherever it comes from; nobody else uses it up',
  async (t) => {
    const server = await openSmartServer(t, { MUSUBI_AUTH_REQUESTS_PER_MINUTE: '2' })
    const { secret, secretHash } = createSecret()
    const client = await server.client({ token_endpoint_auth_method: 'client_secret_post' }, { secretHash })
    const ask = async (address: string, given: string) => {
      const payload = `token=x&client_id=${client.id}&client_secret=${given}`
      return (await send(server, '/auth/revoke', address, payload)).statusCode
    }
    for (let i = 0; i < 4; i++) t.equal(await ask(`192.0.2.${i}`, 'wrong'), 401)
    t.equal(await ask('192.0.2.11', secret), 200)
    t.equal(await ask('192.0.2.12', secret), 200)
    t.equal(await ask('192.0.2.13', secret), 429)
  },
)

t.test('the addresses of one line of IPv6 count as one', (t) => {
  t.equal(toNetwork('2001:db8:1:2::1'), toNetwork('2001:db8:1:2:ffff::9'))
  t.not(toNetwork('2001:db8:1:2::1'), toNetwork('2001:db8:1:3::1'))
  t.equal(toNetwork('::ffff:192.0.2.1'), '192.0.2.1')
  t.equal(toNetwork('192.0.2.1'), '192.0.2.1')
  t.equal(toNetwork('unknown'), 'unknown')
  t.end()
})
