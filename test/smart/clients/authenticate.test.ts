// Which client asks: by the one way that it has registered.
import { hash } from 'node:crypto'
import t from 'tap'
import { openClientEndpoint } from '../../support/client-endpoint.ts'
import { createClientKey, createSecret, signJwt, toAssertionForm } from '../../support/jwt.ts'

const basic = (id: string, secret: string) => ({
  authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`,
})
const encode = (text: string) => encodeURIComponent(text).replaceAll('%20', '+')

async function open(t: Parameters<typeof openClientEndpoint>[0], environment: NodeJS.ProcessEnv = {}) {
  const endpoint = await openClientEndpoint(t, environment)
  const { secret, secretHash } = createSecret()
  const way = (token_endpoint_auth_method: 'client_secret_basic' | 'client_secret_post') => ({
    token_endpoint_auth_method,
  })
  await endpoint.register('basic', way('client_secret_basic'), { secretHash })
  await endpoint.register('post', way('client_secret_post'), { secretHash })
  await endpoint.register('app')
  await endpoint.register('pending', way('client_secret_basic'), { secretHash, status: 'pending' })
  await endpoint.register('disabled', way('client_secret_basic'), { secretHash, status: 'disabled' })
  await endpoint.register('unset', way('client_secret_basic'))
  return { ...endpoint, secret, secretHash }
}

t.test('each method tells the client that has registered it', async (t) => {
  const { ask, secret } = await open(t)
  t.match((await ask({}, basic('basic', secret))).body, { client: 'basic', method: 'client_secret_basic' })
  t.match((await ask({ client_id: 'basic' }, basic('basic', secret))).status, 200)
  const post = { client_id: 'post', client_secret: secret }
  t.match((await ask(post)).body, { client: 'post', method: 'client_secret_post' })
  t.match((await ask({ client_id: 'app' })).body, { client: 'app', method: 'none' })
  t.equal(
    (await ask({ client_id: 'app' }, { authorization: 'Bearer x' })).status,
    200,
    'Bearer is another matter',
  )
})

t.test('20: id and secret of Basic are form-url-decoded after base64', async (t) => {
  const { ask, register } = await open(t)
  const id = 'a b:c+d%e/日本'
  const secret = 's:e+c r%20et&=é'
  await register(
    id,
    { token_endpoint_auth_method: 'client_secret_basic' },
    { secretHash: hash('sha256', secret) },
  )
  const { status, body } = await ask({}, basic(encode(id), encode(secret)))
  t.equal(status, 200)
  t.equal(body['client'], id)
  t.equal((await ask({}, basic(id, secret))).status, 401, 'what is not encoded is read as if it were')
  for (const broken of [
    'Basic',
    'Basic ',
    'Basic %%%',
    'Basic !!!!',
    basic('a', '%E0%A4').authorization,
    basic('', 'x').authorization,
    `Basic ${Buffer.from('nocolon').toString('base64')}`,
    `Basic ${Buffer.from([0xff, 0x3a, 0xff]).toString('base64')}`,
  ]) {
    const answer = await ask({}, { authorization: broken })
    t.match(answer, { status: 401, body: { error: 'invalid_client' } }, broken)
    t.match(answer.headers['www-authenticate'], /^Basic/)
  }
})

t.test('more than one method is invalid_request', async (t) => {
  const { ask, secret } = await open(t)
  const assertion = toAssertionForm(signJwt(createClientKey('ES384'), {}))
  const several: readonly (readonly [Record<string, string>, Record<string, string>?])[] = [
    [{ client_id: 'basic', client_secret: secret }, basic('basic', secret)],
    [assertion, basic('basic', secret)],
    [{ ...assertion, client_id: 'post', client_secret: secret }],
  ]
  for (const [form, headers] of several)
    t.match(await ask(form, headers), { status: 400, body: { error: 'invalid_request' } })
  const { client_assertion = '', client_assertion_type = '' } = assertion
  const unknown: readonly Record<string, string>[] = [
    { client_assertion },
    { client_assertion, client_assertion_type: 'x' },
    { client_assertion_type: 'x' },
  ]
  for (const form of unknown) t.match(await ask(form), { status: 400, body: { error: 'invalid_request' } })
  t.match(await ask({ client_assertion_type }), {
    status: 401,
    body: { error: 'invalid_client' },
  })
})

t.test(
  'an unknown client and a wrong secret are answered alike, and so is all else that is wrong',
  async (t) => {
    const { ask, secret, secretHash } = await open(t)
    const wrong: readonly (readonly [string, Record<string, string>, Record<string, string>?])[] = [
      ['a wrong secret', {}, basic('basic', 'x')],
      ['an empty secret', {}, basic('basic', '')],
      ['the hash', {}, basic('basic', secretHash)],
      ['an unknown client', {}, basic('nobody', secret)],
      ['a pending client', {}, basic('pending', secret)],
      ['a disabled client', {}, basic('disabled', secret)],
      ['a client that has no secret', {}, basic('unset', '')],
      ['a client of client_secret_post', {}, basic('post', secret)],
      ['a public client', {}, basic('app', secret)],
      ['a client of client_secret_basic', { client_id: 'basic', client_secret: secret }],
      ['a wrong secret in the form', { client_id: 'post', client_secret: 'x' }],
      ['an unknown client in the form', { client_id: 'nobody', client_secret: 'x' }],
      ['a confidential client without its secret', { client_id: 'basic' }],
      ['an unknown client without a secret', { client_id: 'nobody' }],
      ['an id of the prototype', { client_id: '__proto__' }],
    ]
    for (const [name, form, headers] of wrong) {
      const { status, body } = await ask(form, headers)
      t.equal(status, 401, name)
      t.strictSame(body, { error: 'invalid_client', error_description: 'Client authentication failed' }, name)
    }
    t.match(await ask({}), { status: 401, body: { error: 'invalid_client' } }, 'nobody at all')
    t.match(await ask({ client_secret: secret }), { status: 401, body: { error: 'invalid_client' } })
    t.match(await ask({ client_id: 'post' }, basic('basic', secret)), {
      status: 401,
      body: { error: 'invalid_client' },
    })
  },
)

t.test('wrong secrets are throttled for client and address together', async (t) => {
  const { ask, secret } = await open(t, { MUSUBI_ATTEMPTS_PER_MINUTE: '3' })
  for (let i = 0; i < 3; i++) t.equal((await ask({}, basic('basic', 'x'))).status, 401)
  const { status, body, headers } = await ask({}, basic('basic', secret))
  t.equal(status, 429, 'the right one would tell as much as a wrong one')
  t.equal(body['error'], 'slow_down')
  t.ok(Number(headers['retry-after']) > 0 && Number(headers['retry-after']) <= 60)
  t.equal((await ask({}, basic('basic', secret), '192.0.2.2')).status, 200, 'the client itself, elsewhere')
  t.equal((await ask({ client_id: 'post', client_secret: secret })).status, 200, 'another client, from there')
  const id = { iss: 'x', sub: 'x' }
  for (let i = 0; i < 3; i++)
    t.equal((await ask(toAssertionForm(signJwt(createClientKey('ES384'), id)))).status, 401)
  t.equal((await ask(toAssertionForm(signJwt(createClientKey('ES384'), id)))).status, 429)
})

t.test('a refusal is in the access log with the client it was for, and nothing that was sent', async (t) => {
  const { ask, context } = await open(t)
  await ask({}, basic('basic', 'a-wrong-secret'))
  await ask({ client_id: 'a-secret-in-the-wrong-place' })
  await context.app.store.journal.flush()
  const { rows } = await context.app.store.journal.list({ limit: 10, subtype: 'refused-token' })
  t.strictSame(
    rows.map(({ row }) => [row.agent.client, row.outcome, row.query]),
    [
      ['musubi', 4, 'reason=invalid_client'],
      ['basic', 4, 'reason=invalid_client'],
    ],
  )
  t.notMatch(JSON.stringify(rows), /wrong-secret|wrong-place/)
})
