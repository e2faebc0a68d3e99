// Logging in at an OpenID provider: a real one, on the loopback address.
import t from 'tap'
import { createContext } from '../../../src/app.ts'
import type { LoginIssuer } from '../../../src/smart/issuers/login-issuer.ts'
import { disableAccount } from '../../../src/smart/people/accounts.ts'
import { findLinked, LINKS } from '../../../src/smart/people/federated-account.ts'
import { createSmartContext } from '../../../src/smart/plugin.ts'
import { SESSIONS, type Session } from '../../../src/smart/session.ts'
import { toSmartUrls } from '../../../src/smart/urls.ts'
import { openBrowser } from '../../support/browser.ts'
import { freePort } from '../../support/free-port.ts'
import { CLIENT, logInAtProvider, openProvider, type TestProvider } from '../../support/openid-provider.ts'
import { addPerson, logIn, openVisit, type Visit } from '../../support/people.ts'
import { openServer, type TestServer } from '../../support/server.ts'

const SESSION = 'musubi-session'
const base = 'http://127.0.0.1:3000/fhir'
const callback = `${toSmartUrls(base).issuer}/federated/callback`

async function openStage(
  t: Parameters<typeof openServer>[0],
  given: Partial<LoginIssuer> = {},
  at: string = base,
) {
  const port = await freePort()
  const provider = await openProvider(t, port, `${toSmartUrls(at).issuer}/federated/callback`)
  const server = await openServer(t, { MUSUBI_BASE_URL: at, MUSUBI_PRIVATE_HOSTS: provider.host })
  const { keys } = await createSmartContext(await createContext(server.config, server.store), server.config)
  const issuer: LoginIssuer = {
    use: 'login',
    issuer: provider.issuer,
    client_id: CLIENT.client_id,
    client_secret: keys.seal('issuer', CLIENT.client_secret),
    name: 'City ID',
    names: { ja: '市民ID' },
    proofing: 'IAL2',
    ...given,
  }
  await server.store.records.put({ collection: 'issuer', key: 'city', value: issuer })
  const foreign = { use: 'tokens', issuer: 'https://tokens.example', name: 'Not for people' }
  await server.store.records.put({ collection: 'issuer', key: 'tokens', value: foreign })
  return { provider, server }
}

async function link({ store }: TestServer, { issuer }: TestProvider, account: string, subject: string) {
  const value = { account, issuer, subject, at: 1 }
  await store.records.put({ collection: LINKS, key: `${issuer}\u0001${subject}`, value, owner: account })
}

/** Starts at a page of ours; returns where the browser is sent. */
async function depart(visit: Visit, fields: Readonly<Record<string, string>> = {}): Promise<string> {
  const reply = await visit.post('/auth/federated/city', { return: '/auth/credentials', ...fields })
  return String(reply.headers['refresh']).replace('0; url=', '')
}

/** Goes there and back; returns the path that the provider leads back to. */
async function travel(url: string, provider: TestProvider): Promise<string> {
  const back = new URL(await logInAtProvider(url, provider))
  return back.pathname + back.search
}

t.test('a linked subject logs in, with what the provider says of when', async (t) => {
  const { server, provider } = await openStage(t)
  const account = await addPerson(server, 'hanako', { password: undefined as never })
  await link(server, provider, account.id, 'sub-1')
  const visit = openVisit(server.app)
  const page = await visit.get('/auth/login')
  t.match(page.body, /Continue with City ID/)
  t.notMatch(page.body, /Not for people/)
  t.match((await visit.get('/auth/login', { 'accept-language': 'ja' })).body, /市民IDで続ける/)
  const url = await depart(visit)
  const asked = Object.fromEntries(new URL(url).searchParams)
  t.match(asked, {
    response_type: 'code',
    scope: 'openid',
    redirect_uri: callback,
    code_challenge_method: 'S256',
    code_challenge: /^[\w-]{43}$/,
    state: /^[\w-]{43}$/,
    nonce: /^[\w-]{43}$/,
    max_age: '28800',
  })
  const reply = await visit.get(await travel(url, provider))
  t.equal(reply.statusCode, 303)
  t.equal(reply.headers.location, '/auth/credentials')
  const [row] = await server.store.records.list(SESSIONS, account.id)
  t.same((row!.value as Session).amr, ['fed'])
  t.equal((await visit.get('/auth/credentials')).statusCode, 200)
})

t.test(
  'an unknown subject, and that of a disabled account, are told the same and nothing else',
  async (t) => {
    const { server, provider } = await openStage(t)
    const account = await addPerson(server, 'hanako')
    await link(server, provider, account.id, 'sub-2')
    await disableAccount(server.store, account)
    const bodies: string[] = []
    for (const subject of ['sub-1', 'sub-2']) {
      provider.subject = subject
      const visit = openVisit(server.app)
      await visit.get('/auth/login')
      const reply = await visit.get(await travel(await depart(visit), provider))
      t.equal(reply.statusCode, 403)
      t.equal(visit.cookies.has(SESSION), false)
      bodies.push(reply.body.replace(/href="[^"]*state[^"]*"/, ''))
    }
    t.match(bodies[0], /No account here is linked/)
    t.equal(bodies[0], bodies[1])
    await server.store.journal.flush()
    const { rows } = await server.store.journal.list({ limit: 9, subtype: 'login' })
    t.same(
      rows.map(({ row }) => [row.outcome, row.query]),
      [
        [4, 'reason=federated-unknown'],
        [4, 'reason=federated-unknown'],
      ],
    )
  },
)

t.test('an answer counts once, in the browser that asked, and as it was given', async (t) => {
  const { server, provider } = await openStage(t)
  const account = await addPerson(server, 'hanako')
  await link(server, provider, account.id, 'sub-1')
  const visit = openVisit(server.app)
  await visit.get('/auth/login')
  const other = openVisit(server.app)
  await other.get('/auth/login')
  const answer = async () => travel(await depart(visit), provider)
  const refused: readonly (readonly [what: string, status: number, by: Visit, url: string])[] = [
    ['in another browser', 403, other, await answer()],
    ['in a browser without cookies', 403, openVisit(server.app), await answer()],
    ['with another state', 403, visit, (await answer()).replace(/state=[^&]*/, 'state=x')],
    ['without state', 403, visit, (await answer()).replace(/&?state=[^&]*/, '')],
    ['with a state of its own beside it', 400, visit, `${await answer()}&state=x`],
    ['with another code', 400, visit, (await answer()).replace(/code=[^&]*/, 'code=x')],
    ['without code', 400, visit, (await answer()).replace(/code=[^&]*&?/, '')],
    [
      'of another issuer',
      400,
      visit,
      (await answer()).replace(/iss=[^&]*/, 'iss=https%3A%2F%2Fevil.example'),
    ],
    ['without anything', 403, visit, '/auth/federated/callback'],
  ]
  for (const [what, status, by, url] of refused) {
    t.equal((await by.get(url)).statusCode, status, what)
    t.equal(by.cookies.has(SESSION), false, what)
  }
  const good = await answer()
  t.equal((await visit.get(good)).statusCode, 303)
  visit.cookies.delete(SESSION)
  t.equal((await visit.get(good)).statusCode, 403, 'again')
  const crossed = await answer()
  const elsewhere = await answer()
  const mixed = elsewhere.replace(/code=[^&]*/, /code=[^&]*/.exec(crossed)![0])
  t.equal((await visit.get(mixed)).statusCode, 400, 'with the code of another answer')
})

t.test('a person who does not want to, or a provider that is gone, is a page', async (t) => {
  const { server, provider } = await openStage(t)
  const visit = openVisit(server.app)
  await visit.get('/auth/login')
  provider.subject = undefined
  const reply = await visit.get(await travel(await depart(visit), provider))
  t.equal(reply.statusCode, 400)
  t.match(reply.body, /Begin again/)
  t.notMatch(reply.body, /does not want/, 'what others say is not shown')
  t.equal((await visit.post('/auth/federated/nobody', {})).statusCode, 404)
  t.equal((await visit.post('/auth/federated/tokens', {})).statusCode, 404)
  const gone = { use: 'login', issuer: 'http://127.0.0.1:9', client_id: 'x', name: 'Gone', proofing: 'IAL1' }
  await server.store.records.put({ collection: 'issuer', key: 'gone', value: gone })
  t.equal((await visit.post('/auth/federated/gone', {})).statusCode, 503)
})

t.test('a provider that speaks plain http is asked only where the operator has named its host', async (t) => {
  const { provider } = await openStage(t)
  const server = await openServer(t, { MUSUBI_BASE_URL: base })
  const issuer = { use: 'login', issuer: provider.issuer, client_id: 'musubi', name: 'ID', proofing: 'IAL1' }
  await server.store.records.put({ collection: 'issuer', key: 'city', value: issuer })
  const visit = openVisit(server.app)
  await visit.get('/auth/login')
  t.equal((await visit.post('/auth/federated/city', {})).statusCode, 503)
})

t.test('where a class of authentication is asked for, it must have been met', async (t) => {
  const { server, provider } = await openStage(t, { acr_values: ['urn:high'] })
  const account = await addPerson(server, 'hanako')
  await link(server, provider, account.id, 'sub-1')
  const visit = openVisit(server.app)
  await visit.get('/auth/login')
  const url = await depart(visit)
  t.equal(new URL(url).searchParams.get('acr_values'), 'urn:high')
  t.equal((await visit.get(await travel(url, provider))).statusCode, 400)
  provider.acr = 'urn:high'
  t.equal((await visit.get(await travel(await depart(visit), provider))).statusCode, 303)
})

t.test(
  'somebody who has just logged in links a provider, and unlinks it; one subject is one account',
  async (t) => {
    const { server, provider } = await openStage(t)
    const account = await addPerson(server, 'hanako')
    const other = await addPerson(server, 'other')
    const visit = openVisit(server.app)
    await visit.get('/auth/login')
    const unasked = await visit.post('/auth/federated/city', { use: 'link', return: '/auth/credentials' })
    t.match(unasked.headers.location, /^\/auth\/login\?/)
    await logIn(visit, 'hanako')
    const page = await visit.get('/auth/credentials')
    t.match(page.body, /name="use" value="link"/)
    const url = await depart(visit, { use: 'link' })
    t.match(Object.fromEntries(new URL(url).searchParams), { prompt: 'login', max_age: '300' })
    const reply = await visit.get(await travel(url, provider))
    t.equal(reply.headers.location, '/auth/credentials')
    t.equal((await findLinked(server.store, provider.issuer, 'sub-1'))?.id, account.id)
    const theirs = openVisit(server.app)
    await logIn(theirs, 'other')
    await theirs.get('/auth/credentials')
    const taken = await theirs.get(await travel(await depart(theirs, { use: 'link' }), provider))
    t.equal(taken.statusCode, 400)
    t.match(taken.body, /linked with an account already/)
    const crossed = await travel(await depart(theirs, { use: 'link' }), provider)
    await logIn(theirs, 'hanako')
    t.equal((await theirs.get(crossed)).statusCode, 403, 'another person is logged in by now')
    await visit.get('/auth/credentials')
    const fields = { issuer: provider.issuer, subject: 'sub-1' }
    const removed = await visit.post('/auth/credentials/unlink', fields)
    t.equal(removed.headers.location, '/auth/credentials?done=removed')
    t.equal(await findLinked(server.store, provider.issuer, 'sub-1'), undefined)
    t.equal((await visit.post('/auth/credentials/unlink', fields)).statusCode, 400)
    await link(server, provider, other.id, 'sub-9')
    t.equal(
      (await visit.post('/auth/credentials/unlink', { ...fields, subject: 'sub-9' })).statusCode,
      400,
      'that of another account is not there',
    )
  },
)

t.test('in a browser one button leads there and back', async (t) => {
  const browser = await openBrowser(t)
  if (!browser) return
  const port = await freePort()
  const root = `http://localhost:${port}`
  const { server, provider } = await openStage(t, {}, `${root}/fhir`)
  const account = await addPerson(server, 'hanako')
  await link(server, provider, account.id, 'sub-1')
  await server.app.listen({ port, host: '127.0.0.1' })
  const page = await browser.newPage({ locale: 'en' })
  await page.goto(`${root}/auth/login?return=/auth/credentials`)
  await page.getByRole('button', { name: 'Continue with City ID' }).click()
  await page.waitForURL(`${root}/auth/credentials`)
  t.equal(await page.getByText('Signed in as hanako').count(), 1)
  await page.close()
})

t.test('step-up at a provider is for the same person alone', async (t) => {
  const { server, provider } = await openStage(t)
  const account = await addPerson(server, 'hanako')
  const other = await addPerson(server, 'other')
  await link(server, provider, account.id, 'sub-1')
  await link(server, provider, other.id, 'sub-2')
  const visit = openVisit(server.app)
  await logIn(visit, 'hanako')
  const before = visit.cookies.get(SESSION)
  const page = await visit.get('/auth/reauthenticate?return=/auth/manage')
  t.match(page.body, /name="use" value="reauthenticate"/)
  provider.subject = 'sub-2'
  const wrong = await visit.get(await travel(await depart(visit, { use: 'reauthenticate' }), provider))
  t.equal(wrong.statusCode, 403)
  t.equal(visit.cookies.get(SESSION), before)
  provider.subject = 'sub-1'
  const right = await visit.get(await travel(await depart(visit, { use: 'reauthenticate' }), provider))
  t.equal(right.statusCode, 303)
  t.not(visit.cookies.get(SESSION), before)
})
