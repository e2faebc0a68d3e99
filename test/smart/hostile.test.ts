// Attacks on the authorization server, each as somebody would try it. https://www.rfc-editor.org/rfc/rfc9700
import { randomUUID } from 'node:crypto'
import t from 'tap'
import { createApp } from '../../src/app.ts'
import { ACCOUNTS } from '../../src/smart/account.ts'
import { AUTHORIZATIONS, type Authorization } from '../../src/smart/authorization.ts'
import { CLIENTS } from '../../src/smart/client.ts'
import { readRedirectUri } from '../../src/smart/clients/redirect-uri.ts'
import { hashToken, TOKENS } from '../../src/smart/token.ts'
import { openStore } from '../../src/store/open.ts'
import { allow, ask, exchange, openSmartServer, REDIRECT, toRequest } from '../support/authorization.ts'
import { openClient } from '../support/rest.ts'
import { openVisitor, readForm } from '../support/visitor.ts'

const STAFF = 'launch/patient patient/*.rs'

t.test('an address that was taken from the registration meanwhile is not answered', async (t) => {
  const server = await openSmartServer(t)
  const client = await server.client()
  const visitor = await server.visitor(await server.account(['Patient/p1']))
  const page = await ask(server, visitor, client)
  const metadata = { ...client.metadata, redirect_uris: ['https://app.example.org/other'] }
  await server.store.records.put({ collection: CLIENTS, key: client.id, value: { ...client, metadata } })
  for (const decision of ['allow', 'deny']) {
    const reply = await visitor.submit(page, { decision })
    t.equal(reply.status, 400)
    t.equal(reply.location, undefined)
  }
})

t.test('a decision counts only for the question that was on the page', async (t) => {
  const server = await openSmartServer(t, { MUSUBI_CONSENT_AGE: '0' })
  const client = await server.client()
  const scope = 'launch/patient patient/Observation.rs'
  const first = await server.account(['Patient/p1'])
  const visitor = await server.visitor(first)

  await t.test('another person has logged in at the browser since', async (t) => {
    const page = await ask(server, visitor, client, { scope })
    const other = await server.visitor(await server.account(['Patient/p2']))
    visitor.cookies.set('musubi-session', other.cookies.get('musubi-session')!)
    const reply = await visitor.submit(page, { decision: 'allow' })
    t.equal(reply.status, 200, 'the page of the other person')
    t.equal(reply.location, undefined)
    t.match((await visitor.submit(reply, { decision: 'allow' })).location, /code=/)
  })

  await t.test('the client was registered for something else since', async (t) => {
    const again = await server.visitor(first)
    const asked = 'launch/patient patient/Condition.rs patient/Observation.rs'
    const page = await ask(server, again, client, { scope: asked })
    const metadata = { ...client.metadata, scope: 'launch/patient patient/Observation.cruds' }
    await server.store.records.put({ collection: CLIENTS, key: client.id, value: { ...client, metadata } })
    const reply = await again.submit(page, { decision: 'allow', 'scope-1-see': undefined })
    t.equal(reply.location, undefined, 'what was ticked as the first is not what is the first now')
  })
})

t.test('a capacity is chosen by what it is, not by where it stood', async (t) => {
  const server = await openSmartServer(t)
  const client = await server.client()
  const account = await server.account(['Patient/p1', 'RelatedPerson/r1'])
  const visitor = await server.visitor(account)
  const page = await ask(server, visitor, client)
  const values = [...page.text.matchAll(/name="capacity" value="([^"]+)"/g)].map(([, value]) => value!)
  t.equal(values.length, 2)
  await server.store.records.put({
    collection: ACCOUNTS,
    key: account.id,
    value: { ...account, bindings: [...account.bindings].reverse() },
  })
  const next = await visitor.follow(await visitor.submit(page, { capacity: values[0] }))
  const back = new URL((await visitor.submit(next, { decision: 'allow' })).location!).searchParams
  t.equal((await exchange(server, client, back)).body.patient, 'p1', 'still for themselves')
})

t.test('fields that no page offered change nothing', async (t) => {
  const server = await openSmartServer(t)
  const client = await server.client()
  const visitor = await server.visitor(await server.account(['Patient/p1']))
  const back = await allow(
    server,
    visitor,
    client,
    { scope: 'launch/patient patient/Observation.rs' },
    {
      scope: 'system/*.cruds',
      'scope-0-c': 'on',
      'scope-0-u': 'on',
      'scope-0-d': 'on',
      'scope-1-see': 'on',
      'scope-0-Condition': 'on',
      offline: 'on',
      openid: 'on',
      patient: 'p2',
      capacity: '1',
      purpose: 'BTG',
      consent: 'Consent/1',
      account: 'x',
      elevation: 'x',
    },
  )
  const { body } = await exchange(server, client, back)
  t.match(body, { scope: 'patient/Observation.rs launch/patient', patient: 'p1' })
  t.notOk(body.refresh_token)
  for (const until of ['date', 'never', '', '__proto__', 'constructor']) {
    const page = await ask(server, visitor, client, { prompt: 'consent' })
    const reply = await visitor.submit(page, { decision: 'allow', until, 'until-date': '9999-12-31' })
    t.equal(reply.location, undefined, `until ${until}`)
  }
})

t.test('a page answered twice at once is one decision', async (t) => {
  const server = await openSmartServer(t)
  const client = await server.client()
  const account = await server.account(['Patient/p1'])
  const visitor = await server.visitor(account)
  const page = await ask(server, visitor, client)
  const replies = await Promise.all([1, 2, 3].map(() => visitor.submit(page, { decision: 'allow' })))
  t.equal(replies.filter(({ location }) => location?.includes('code=')).length, 1)
  t.equal((await server.store.records.list(AUTHORIZATIONS, account.id)).length, 1)
  const own = await server.auth('patient/Consent.rs', { subject: 'Patient/p1', patient: 'p1' })
  const { entry } = (await server.app.inject({ url: '/fhir/Consent', headers: own })).json()
  t.equal(entry.length, 1)
})

t.test('who is no longer bound to a person has nothing of theirs left', async (t) => {
  const server = await openSmartServer(t)
  const client = await server.client()
  const account = await server.account(['Patient/p1'])
  const visitor = await server.visitor(account)
  const { body } = await exchange(server, client, await allow(server, visitor, client))
  const read = () =>
    server.app.inject({
      url: '/fhir/Observation?patient=p1',
      headers: { authorization: `Bearer ${body.access_token}` },
    })
  t.equal((await read()).statusCode, 200)
  const [binding] = account.bindings
  const value = { ...account, bindings: [{ ...binding, ref: 'Patient/p2' }] }
  await server.store.records.put({ collection: ACCOUNTS, key: account.id, value })
  t.equal((await read()).statusCode, 401)
  const form = { grant_type: 'refresh_token', refresh_token: body.refresh_token, client_id: client.id }
  t.match(await server.post('/auth/token', form), { status: 400, body: { error: 'invalid_grant' } })
})

t.test(
  'a refresh token that was copied ends both chains, also within the grace of a lost answer',
  async (t) => {
    const server = await openSmartServer(t)
    const client = await server.client()
    const visitor = await server.visitor(await server.account(['Patient/p1']))
    const refresh = (token: string) =>
      server.post('/auth/token', { grant_type: 'refresh_token', refresh_token: token, client_id: client.id })
    const { body } = await exchange(server, client, await allow(server, visitor, client))
    const ours = await refresh(body.refresh_token)
    const theirs = await refresh(body.refresh_token)
    t.equal(theirs.status, 200, 'an answer may have been lost')
    const next = await refresh(theirs.body.refresh_token)
    t.equal(next.status, 200, 'one goes on')
    t.match(await refresh(ours.body.refresh_token), { status: 400, body: { error: 'invalid_grant' } })
    t.match(await refresh(next.body.refresh_token), { status: 400 }, 'both have ended')
  },
)

t.test('a launch tells no more than the token may see', async (t) => {
  const server = await openSmartServer(t)
  const client = await server.client()
  const put = await openClient(server)
  const encounter = {
    resourceType: 'Encounter',
    id: 'e1',
    status: 'finished',
    class: { code: 'AMB' },
    subject: { reference: 'Patient/p1' },
  }
  t.equal((await put('PUT', '/Encounter/e1', encounter)).status, 201)
  const visitor = await server.visitor(await server.account(['Patient/p1']))
  const tokenFor = async (scope: string) => {
    const back = await allow(server, visitor, client, { scope, prompt: 'consent' })
    return { authorization: `Bearer ${(await exchange(server, client, back)).body.access_token}` }
  }
  const form = { client_id: client.id, encounter: 'e1' }
  const narrow = await tokenFor('launch/patient patient/Observation.rs')
  t.match(await server.post('/auth/launch', form, narrow), {
    status: 400,
    body: { error: 'invalid_request' },
  })
  t.equal(
    (await server.post('/auth/launch', form, await tokenFor('launch/patient patient/*.rs'))).status,
    201,
  )
})

t.test('JSON that is nested beyond measure is refused, not an error of ours', async (t) => {
  const server = await openSmartServer(t)
  const client = await server.client()
  const visitor = await server.visitor(await server.account(['Patient/p1']))
  const { body } = await exchange(server, client, await allow(server, visitor, client))
  const headers = { authorization: `Bearer ${body.access_token}` }
  for (const levels of [100, 2_000, 6_000, 10_000]) {
    const fhir_context = `[{"identifier":${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}}]`
    const reply = await server.post('/auth/launch', { client_id: client.id, fhir_context }, headers)
    t.equal(reply.status, 400, `${levels} levels`)
  }
})

t.test('a redirect URI cannot reach into the policy of a page', (t) => {
  for (const host of ['a;script-src', 'a,b', "a'b", 'a$b', 'a&b', 'a=b', 'a!b', '(a)', 'a+b', '[a']) {
    t.throws(() => readRedirectUri(`https://${host}.example/cb`), host)
  }
  for (const uri of [
    'https://a-b.example:8443/cb;x',
    'http://127.0.0.1:1/cb',
    'http://[::1]:1/cb',
    'org.a.b:/cb',
  ])
    t.equal(readRedirectUri(uri), uri)
  t.end()
})

t.test('markup in a name, a scope or a state is text', async (t) => {
  const server = await openSmartServer(t)
  const script = `"'><script>alert(1)</script><img src=x onerror=alert(1)>`
  const client = await server.client({
    client_name: script,
    client_names: {},
    client_uri: `https://x.example/"onmouseover="`,
  })
  const visitor = await server.visitor(await server.account(['Patient/p1'], { name: script }))
  const scope = 'launch/patient patient/Observation.rs?code=<script>alert(1)</script>'
  const page = await ask(server, visitor, client, { state: script, scope })
  t.match(page.text, /&lt;script&gt;/)
  t.notMatch(page.text, /<script>alert|<img src=x|"onmouseover/)
  const back = await visitor.submit(page, { decision: 'allow' })
  t.equal(new URL(back.location!).searchParams.get('state'), script)
  for (const path of ['/auth/manage', '/auth/history']) {
    const { status, text } = await visitor.get(path)
    t.equal(status, 200)
    t.notMatch(text, /<script>alert|<img src=x/)
  }
})

t.test('no header moves an address of ours', async (t) => {
  const server = await openSmartServer(t)
  const client = await server.client()
  const headers = {
    host: 'evil.example',
    'x-forwarded-host': 'evil.example',
    'x-forwarded-proto': 'https',
    'x-forwarded-prefix': '/evil',
    forwarded: 'host=evil.example;proto=https',
    'x-original-url': '/evil',
  }
  const urls = [
    `/auth/authorize?${toRequest(server, client)}`,
    '/fhir/.well-known/smart-configuration',
    '/auth/.well-known/openid-configuration',
    '/auth/manage',
  ]
  for (const url of urls) {
    const reply = await server.app.inject({ url, headers })
    t.ok(reply.statusCode < 400, url)
    t.notMatch(JSON.stringify(reply.headers) + reply.body, /evil/, url)
  }
})

t.test('no path through the authorization server leads to data without a token', async (t) => {
  const server = await openSmartServer(t)
  for (const url of [
    '/auth/../fhir/Patient/p1',
    '/auth/%2e%2e/fhir/Patient/p1',
    '/auth/go/../../fhir/Patient/p1',
    '/auth/go/%2e%2e%2f%2e%2e%2ffhir%2fPatient%2fp1',
    '/fhir/.well-known/../Patient/p1',
    '/fhir/.well-known/smart-configuration/../../Patient/p1',
    '/fhir/.well-known/Patient',
    '/fhir/.well-known/smart-configuration/',
    '/auth/assets/../../fhir/Patient/p1',
    '/auth/assets/..%2f..%2fplugin.ts',
    '//fhir/Patient/p1',
    '/auth//token',
    '/auth/token/',
    '/AUTH/jwks',
    '/auth/jwks%00',
  ]) {
    const reply = await server.app.inject({ url })
    t.ok([400, 401, 403, 404].includes(reply.statusCode), `${url}: ${reply.statusCode}`)
    t.notMatch(reply.body, /山田|1980|import /)
  }
})

t.test('two servers on one store are as one', async (t) => {
  const server = await openSmartServer(t)
  const store = await openStore(server.config.store)
  const app = await createApp(server.config, store, { write: () => {} })
  t.teardown(async () => {
    await app.close()
    await store.close()
  })
  const other = { ...server, app }
  const post = (form: Readonly<Record<string, string>>) =>
    app.inject({
      method: 'POST',
      url: '/auth/token',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      payload: new URLSearchParams(form).toString(),
    })
  const client = await server.client()
  const account = await server.account(['Patient/p1'])
  const visitor = await server.visitor(account)
  const codeForm = (back: URLSearchParams) => ({
    grant_type: 'authorization_code',
    code: back.get('code')!,
    redirect_uri: REDIRECT,
    code_verifier: 'v'.repeat(43),
    client_id: client.id,
  })

  await t.test('a code is good once', async (t) => {
    const form = codeForm(await allow(server, visitor, client))
    await post({ ...form, code_verifier: 'w'.repeat(43) })
    const replies = await Promise.all([server.post('/auth/token', form), post(form)])
    const statuses = replies.map((reply) => ('statusCode' in reply ? reply.statusCode : reply.status))
    t.equal(statuses.filter((status) => status === 200).length <= 1, true, String(statuses))
    t.equal((await post(form)).statusCode, 400)
    for (const reply of replies) {
      const body = 'statusCode' in reply ? reply.json() : reply.body
      if (!body.access_token) continue
      const headers = { authorization: `Bearer ${body.access_token}` }
      t.equal(
        (await app.inject({ url: '/fhir/Observation', headers })).statusCode,
        401,
        'what it gave has ended',
      )
    }
  })

  await t.test('what ends at one has ended at the other', async (t) => {
    const { body } = await exchange(
      server,
      client,
      await allow(server, visitor, client, { prompt: 'consent' }),
    )
    const headers = { authorization: `Bearer ${body.access_token}` }
    const read = () => app.inject({ url: '/fhir/Observation', headers })
    t.equal((await read()).statusCode, 200)
    t.equal(
      (await server.post('/auth/revoke', { token: body.refresh_token, client_id: client.id })).status,
      200,
    )
    t.equal((await read()).statusCode, 401)
  })

  await t.test('a page of one is answered at the other, by the same browser alone', async (t) => {
    const page = await ask(server, visitor, client, { prompt: 'consent' })
    const there = openVisitor(other.app, new URL(server.base).origin)
    for (const [name, value] of visitor.cookies) there.cookies.set(name, value)
    const replies = await Promise.all([
      there.submit(page, { decision: 'allow' }),
      visitor.submit(page, { decision: 'allow' }),
    ])
    t.equal(replies.filter(({ location }) => location?.includes('code=')).length, 1)
    const { action } = readForm(page.text)
    t.equal((await openVisitor(other.app, new URL(server.base).origin).get(action)).status, 403)
  })
})

t.test('a token made for another base opens nothing here', async (t) => {
  const server = await openSmartServer(t)
  const client = await server.client()
  const visitor = await server.visitor(await server.account(['Patient/p1']))
  const { body } = await exchange(server, client, await allow(server, visitor, client))
  const key = hashToken(body.access_token)
  const row = (await server.store.records.get(TOKENS, key))!
  const value = { ...(row.value as object), audience: 'https://other.example/fhir' }
  await server.store.records.put({ ...row, value })
  const headers = { authorization: `Bearer ${body.access_token}` }
  t.equal((await server.app.inject({ url: '/fhir/Observation', headers })).statusCode, 401)
  t.equal((await server.app.inject({ url: '/auth/userinfo', headers })).statusCode, 401)
  t.equal((await server.post('/auth/launch', { client_id: client.id }, headers)).status, 401)
})

t.test('a request that is larger than any app makes is not kept', async (t) => {
  const server = await openSmartServer(t)
  const client = await server.client()
  const visitor = await server.visitor()
  const query = toRequest(server, client, { nonce: 'n'.repeat(60_000), state: 's'.repeat(60_000) })
  const reply = await visitor.post('/auth/authorize', Object.fromEntries(new URLSearchParams(query)))
  t.ok(reply.status === 400 || reply.status === 413, String(reply.status))
  t.equal(reply.location, undefined)
})

t.test('a request for a thousand scopes is answered in time', async (t) => {
  const server = await openSmartServer(t)
  const client = await server.client()
  const visitor = await server.visitor(await server.account(['Patient/p1']))
  const scope = Array.from({ length: 400 }, (_, i) => `patient/Observation.rs?code=${i}`).join(' ')
  const start = performance.now()
  const reply = await ask(server, visitor, client, { scope: `launch/patient ${scope}` })
  t.comment(`${reply.status} after ${Math.round(performance.now() - start)} ms, ${reply.text.length}`)
  t.ok(performance.now() - start < 5_000)
})

t.test('staff see nobody by naming an id', async (t) => {
  const server = await openSmartServer(t)
  const client = await server.client()
  const visitor = await server.visitor(await server.account(['Practitioner/d1'], { breakGlass: false }))
  const page = await ask(server, visitor, client, { scope: STAFF })
  for (const patient of ['p9', '../p1', randomUUID(), 'Patient/p1']) {
    const reply = await visitor.submit(page, { patient })
    t.equal(reply.status, 200, patient)
    t.notMatch(reply.text, /name="decision"/)
  }
})

t.test('an ended authorization is not revived by what comes late', async (t) => {
  const server = await openSmartServer(t)
  const client = await server.client()
  const account = await server.account(['Patient/p1'])
  const visitor = await server.visitor(account)
  const back = await allow(server, visitor, client)
  const [row] = await server.store.records.list(AUTHORIZATIONS, account.id)
  const ended: Authorization = { ...(row!.value as Authorization), endedAt: Date.now(), endedBy: 'user' }
  await server.store.records.put({ ...row!, value: ended })
  t.match(await exchange(server, client, back), { status: 400, body: { error: 'invalid_grant' } })
  t.match((await ask(server, visitor, client)).text, /name="decision"/, 'asked anew')
})
