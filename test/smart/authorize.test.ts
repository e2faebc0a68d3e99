// The authorization endpoint: items 8 to 14. https://hl7.org/fhir/smart-app-launch/app-launch.html#obtain-authorization-code
import t from 'tap'
import { CODES } from '../../src/smart/code.ts'
import { hashToken } from '../../src/smart/token.ts'
import { allow, ask, exchange, openSmartServer, REDIRECT, toRequest } from '../support/authorization.ts'

const server = await openSmartServer(t)

t.test('8: a request by GET and one by POST come to the same', async (t) => {
  const client = await server.client()
  const account = await server.account(['Patient/p1'])
  for (const method of ['GET', 'POST']) {
    const visitor = await server.visitor(account)
    const query = toRequest(server, client, { prompt: 'consent' })
    const first =
      method === 'GET'
        ? await visitor.get(`/auth/authorize?${query}`)
        : await visitor.post('/auth/authorize', Object.fromEntries(new URLSearchParams(query)), {
            origin: 'https://app.example.org',
          })
    const page = await visitor.follow(first)
    t.match(page.text, /Growth/, method)
    const answered = await visitor.submit(page, { decision: 'allow' })
    t.match(answered.location, /^https:\/\/app\.example\.org\/callback\?code=/, method)
  }
  const json = await server.app.inject({
    method: 'POST',
    url: '/auth/authorize',
    headers: { 'content-type': 'application/json' },
    payload: '{}',
  })
  t.equal(json.statusCode, 400)
  t.match(json.headers['content-type'], /^text\/html/)
})

t.test(
  '9: a client or an address that is not registered gets a page, and nobody is redirected',
  async (t) => {
    const client = await server.client({ redirect_uris: [REDIRECT, 'http://127.0.0.1:8080/cb'] })
    const pending = await server.client({}, { status: 'pending' })
    const visitor = await server.visitor()
    const wrong: readonly Readonly<Record<string, string | undefined>>[] = [
      { client_id: undefined },
      { client_id: 'nobody' },
      { client_id: pending.id },
      { redirect_uri: undefined },
      { redirect_uri: `${REDIRECT}/` },
      { redirect_uri: `${REDIRECT}?x=1` },
      { redirect_uri: `${REDIRECT}#x` },
      { redirect_uri: REDIRECT.toUpperCase() },
      { redirect_uri: 'https://app.example.org.evil.example/callback' },
      { redirect_uri: 'https://app.example.org@evil.example/callback' },
      { redirect_uri: 'https://evil.example/callback' },
      { redirect_uri: 'javascript:alert(1)' },
      { redirect_uri: '//evil.example' },
      { redirect_uri: 'http://127.0.0.1:9090/cb' },
    ]
    for (const change of wrong) {
      const reply = await visitor.get(`/auth/authorize?${toRequest(server, client, change)}`)
      t.equal(reply.status, 400, JSON.stringify(change))
      t.equal(reply.location, undefined)
      t.match(reply.headers['content-type'], /^text\/html/)
    }
  },
)

type Change = readonly [change: Readonly<Record<string, string | undefined>>, error: string]

const REFUSED: readonly Change[] = [
  [{ response_type: undefined }, 'invalid_request'],
  [{ response_type: 'token' }, 'unsupported_response_type'],
  [{ response_type: 'code id_token' }, 'unsupported_response_type'],
  [{ response_mode: 'fragment' }, 'invalid_request'],
  [{ aud: undefined }, 'invalid_request'],
  [{ aud: 'https://other.example/fhir' }, 'invalid_request'],
  [{ aud: 'http://127.0.0.1:3000/fhir/x' }, 'invalid_request'],
  [{ aud: 'http://127.0.0.1:3000/fhir//' }, 'invalid_request'],
  [{ resource: 'https://other.example/fhir' }, 'invalid_request'],
  [{ aud: undefined, resource: 'https://other.example/fhir' }, 'invalid_target'],
  [{ code_challenge: undefined }, 'invalid_request'],
  [{ code_challenge_method: undefined }, 'invalid_request'],
  [{ code_challenge_method: 'plain' }, 'invalid_request'],
  [{ code_challenge_method: 's256' }, 'invalid_request'],
  [{ code_challenge: 'short' }, 'invalid_request'],
  [{ scope: undefined }, 'invalid_scope'],
  [{ scope: '   ' }, 'invalid_scope'],
  [{ scope: 'nothing/known' }, 'invalid_scope'],
  [{ scope: 'system/*.rs' }, 'invalid_scope'],
  [{ scope: 'patient/Observation.rs?nosuch=1' }, 'invalid_scope'],
  [{ launch: 'x' }, 'invalid_request'],
  [{ scope: 'launch patient/*.rs' }, 'invalid_request'],
  [{ scope: 'launch patient/*.rs', launch: 'made-up' }, 'invalid_request'],
  [{ request: 'x.y.z' }, 'invalid_request'],
  [{ request_uri: 'https://evil.example/r' }, 'invalid_request'],
  [{ prompt: 'dance' }, 'invalid_request'],
  [{ prompt: 'none login' }, 'invalid_request'],
  [{ max_age: '-1' }, 'invalid_request'],
]

t.test('10, 11, 12, 14: what is wrong goes back to the app as an error with its state', async (t) => {
  const client = await server.client()
  const visitor = await server.visitor(await server.account(['Patient/p1']))
  for (const [change, error] of REFUSED) {
    const state = 'a+b c&d=é%"<>結び'
    const reply = await ask(server, visitor, client, { state, ...change })
    const location = new URL(reply.location ?? 'about:blank')
    t.equal(`${location.origin}${location.pathname}`, REDIRECT, JSON.stringify(change))
    t.equal(location.searchParams.get('error'), error, JSON.stringify(change))
    t.equal(location.searchParams.get('state'), state, '12: state comes back as it was')
    t.equal(location.searchParams.get('code'), null)
    t.match(location.searchParams.get('error_description'), /^[\x20-\x7e]+$/)
  }
})

t.test('10: one slash at the end of aud is forgiven, and resource says the same', async (t) => {
  const client = await server.client()
  const account = await server.account(['Patient/p1'])
  for (const change of [{ aud: `${server.base}/` }, { aud: undefined, resource: server.base }]) {
    const back = await allow(server, await server.visitor(account), client, { ...change, state: undefined })
    t.ok(back.get('code'), JSON.stringify(change))
    t.equal(back.get('state'), null, '12: no state where none was sent')
  }
})

t.test('11: the verifier must be that of the challenge', async (t) => {
  const client = await server.client()
  const visitor = await server.visitor(await server.account(['Patient/p1']))
  const back = await allow(server, visitor, client)
  for (const code_verifier of ['w'.repeat(43), '', 'short', `${'v'.repeat(43)}v`]) {
    const { status, body } = await exchange(server, client, back, { code_verifier })
    t.equal(status, 400)
    t.match(body.error, code_verifier === '' ? 'invalid_request' : 'invalid_grant')
  }
  t.equal((await exchange(server, client, back)).status, 200)
})

t.test('13: a code lives a minute and is bound to client, address and base', async (t) => {
  const [client, other] = [await server.client(), await server.client()]
  const visitor = await server.visitor(await server.account(['Patient/p1']))
  const back = await allow(server, visitor, client)
  const row = await server.store.records.get(CODES, hashToken(back.get('code')!))
  t.ok(row!.expiresAt! - Date.now() <= 60_000)
  const changes: readonly Readonly<Record<string, string>>[] = [
    { client_id: other.id },
    { redirect_uri: `${REDIRECT}/` },
    { code: 'x'.repeat(43) },
    { code: 'x' },
  ]
  for (const change of changes) {
    const { status, body } = await exchange(server, client, back, change)
    t.equal(status, 400, JSON.stringify(change))
    t.equal(body.error, 'invalid_grant')
  }
  await server.store.records.put({
    ...row!,
    value: { ...(row!.value as object), audience: 'https://x/fhir' },
  })
  t.equal((await exchange(server, client, back)).body.error, 'invalid_grant', 'another base')
  await server.store.records.put({ ...row!, expiresAt: Date.now() - 1 })
  t.equal((await exchange(server, client, back)).body.error, 'invalid_grant', 'expired')
})

t.test('13: a code that comes a second time ends what the first gave', async (t) => {
  const client = await server.client()
  const visitor = await server.visitor(await server.account(['Patient/p1']))
  const back = await allow(server, visitor, client)
  const { body } = await exchange(server, client, back)
  const read = () =>
    server.app.inject({
      url: '/fhir/Observation?patient=p1',
      headers: { authorization: `Bearer ${body.access_token}` },
    })
  t.equal((await read()).statusCode, 200)
  t.equal((await exchange(server, client, back)).body.error, 'invalid_grant')
  t.equal((await read()).statusCode, 401)
  const { status } = await server.post('/auth/token', {
    grant_type: 'refresh_token',
    refresh_token: body.refresh_token,
    client_id: client.id,
  })
  t.equal(status, 400)
})

t.test('13: of many exchanges of one code at the same time one succeeds', async (t) => {
  const client = await server.client()
  const visitor = await server.visitor(await server.account(['Patient/p1']))
  const back = await allow(server, visitor, client)
  const all = await Promise.all(Array.from({ length: 8 }, () => exchange(server, client, back)))
  t.equal(all.filter(({ status }) => status === 200).length, 1)
  t.ok(all.every(({ status, body }) => status === 200 || body.error === 'invalid_grant'))
})

t.test('a refusal by the person is access_denied, and nothing is written', async (t) => {
  const server = await openSmartServer(t)
  const client = await server.client()
  const visitor = await server.visitor(await server.account(['Patient/p1']))
  for (const decision of ['deny', undefined, 'nonsense']) {
    const answered = await visitor.submit(await ask(server, visitor, client), { decision })
    t.equal(new URL(answered.location!).searchParams.get('error'), 'access_denied')
  }
  const own = await server.auth('patient/Consent.rs', { subject: 'Patient/p1', patient: 'p1' })
  t.notOk((await server.app.inject({ url: '/fhir/Consent', headers: own })).json().entry)
})

t.test('a page of a request belongs to one browser, and its form to one of ours', async (t) => {
  const client = await server.client()
  const account = await server.account(['Patient/p1'])
  const visitor = await server.visitor(account)
  const page = await ask(server, visitor, client)
  const stranger = await server.visitor(account)
  const address = /action="([^"]+)"/.exec(page.text)![1]!
  t.equal((await stranger.get(address)).status, 403)
  t.equal((await stranger.submit(page, { decision: 'allow' })).status, 403)
  t.equal((await visitor.submit(page, { decision: 'allow', csrf: 'x' })).status, 403)
  t.equal((await visitor.post(address, { decision: 'allow' })).status, 403)
  const foreign = await visitor.post(
    address,
    { decision: 'allow', csrf: /name="csrf" value="([^"]+)"/.exec(page.text)![1] },
    { origin: 'https://evil.example' },
  )
  t.equal(foreign.status, 403)
  const once = await visitor.submit(page, { decision: 'allow' })
  t.match(once.location, /code=/)
  t.equal((await visitor.submit(page, { decision: 'allow' })).status, 403, 'answered once')
})

t.test('prompt=none is answered without a page: by a code, or by why there must be one', async (t) => {
  const client = await server.client()
  const account = await server.account(['Patient/p1'])
  const errorOf = async (visitor: Awaited<ReturnType<typeof server.visitor>>) =>
    (await allow(server, visitor, client, { prompt: 'none' })).get('error')
  t.equal(await errorOf(await server.visitor()), 'login_required')
  const visitor = await server.visitor(account)
  t.equal(await errorOf(visitor), 'consent_required')
  await allow(server, visitor, client)
  t.ok((await allow(server, visitor, client, { prompt: 'none' })).get('code'), 'the same question again')
  t.equal(
    (await allow(server, visitor, client, { prompt: 'none', scope: 'patient/*.rs' })).get('error'),
    'consent_required',
    'another question',
  )
  const old = await server.visitor(account, { authTime: Date.now() - 3_600_000 })
  t.equal(
    (await allow(server, old, client, { prompt: 'none', max_age: '60' })).get('error'),
    'login_required',
  )
})

t.test('prompt=login and max_age ask for a new proof, and ask again where it is the old one', async (t) => {
  const client = await server.client()
  const account = await server.account(['Patient/p1'])
  const visitor = await server.visitor(account, { authTime: Date.now() - 3_600_000 })
  for (const change of [{ prompt: 'login' }, { max_age: '60' }]) {
    const first = await visitor.get(`/auth/authorize?${toRequest(server, client, change)}`)
    const next = await visitor.get(first.location!)
    t.match(next.location, /\/auth\/reauthenticate\?return=/, JSON.stringify(change))
    t.equal((await visitor.get(first.location!)).location, next.location)
  }
  const forced = await ask(server, visitor, client, { prompt: 'consent' })
  t.match(forced.text, /Growth/)
})

t.test('prompt=select_account lets another person log in, once', async (t) => {
  const server = await openSmartServer(t)
  const client = await server.client()
  const { sessionTtl } = server.config
  const visitor = await server.visitor(await server.account(['Patient/p1']), {
    expiresAt: Date.now() + sessionTtl - 1000,
  })
  const change = { prompt: 'select_account' }
  const first = await visitor.get(`/auth/authorize?${toRequest(server, client, change)}`)
  t.match((await visitor.get(first.location!)).location, /\/auth\/login\?return=/)
  // At a provider, where they were logged in already.
  const provedBefore = { authTime: Date.now() - 60_000 }
  const other = await server.visitor(
    await server.account(['Patient/p1'], { name: '山田 花子' }),
    provedBefore,
  )
  visitor.cookies.set('musubi-session', other.cookies.get('musubi-session')!)
  t.match((await visitor.get(first.location!)).text, /山田 花子/, 'who has logged in since is asked')
})

t.test('the login is in the language that the app asks for, with the name that it hints at', async (t) => {
  const server = await openSmartServer(t)
  const client = await server.client()
  const visitor = await server.visitor()
  const login_hint = 'hanako"><script>'
  const page = await ask(server, visitor, client, { ui_locales: 'fr ja', login_hint })
  t.match(page.text, /<html lang="ja">/)
  t.match(page.text, /name="login"[^>]* value="hanako&quot;&gt;&lt;script&gt;"/)
  const { location } = await visitor.get(`/auth/authorize?${toRequest(server, client, { login_hint })}`)
  const login = (await visitor.get(location!)).location!
  t.notMatch(login, /hanako/, 'no name in an address')
  const stranger = await server.visitor()
  t.notMatch((await stranger.get(login)).text, /hanako/, 'not in another browser')
  const path = new URL(login, server.base)
  const english = await visitor.get(`${path.pathname}${path.search}&language=en`)
  t.match((await visitor.follow(english)).text, /<html lang="en">/)
  const again = await ask(server, visitor, client, { ui_locales: 'ja' })
  t.match(again.text, /<html lang="en">/, 'what the person has chosen comes first')
})
