// Apps and access, and the access history: what a person sees of their own, and how they end it.
import { randomBytes, randomUUID } from 'node:crypto'
import t, { type Test } from 'tap'
import { ACCOUNTS, type Account } from '../../src/smart/account.ts'
import {
  AUTHORIZATIONS,
  type Authorization,
  findAuthorization,
  toAuthorizationRow,
} from '../../src/smart/authorization.ts'
import { SESSIONS } from '../../src/smart/session.ts'
import { hashToken } from '../../src/smart/token.ts'
import { checkPage } from '../support/check-page.ts'
import {
  CLINIC,
  delegation,
  observation,
  openConsentServer,
  optIn,
  PROXY,
} from '../support/consent-server.ts'
import { openVisit } from '../support/people.ts'
import { putClient } from '../support/registered.ts'
import type { TestServer } from '../support/server.ts'

const EVIL = '<script>alert(1)</script>'

async function addAccount({ store }: TestServer, id: string, ...refs: string[]): Promise<string> {
  const proofing = { level: 'IAL1', method: 'operator', at: 0 } as const
  const account: Account = {
    id,
    login: id,
    name: EVIL,
    status: 'active',
    bindings: refs.map((ref) => ({ ref, proofing })),
    createdAt: 0,
  }
  const cookie = randomBytes(32).toString('base64url')
  const session = {
    key: hashToken(cookie),
    account: id,
    authTime: Date.now(),
    amr: ['pwd'],
    expiresAt: Date.now() + 60_000,
  }
  await store.records.put({ collection: ACCOUNTS, key: id, value: account })
  await store.records.put({ collection: SESSIONS, key: session.key, value: session, owner: id })
  return cookie
}

async function authorize(
  { store }: TestServer,
  account: string,
  changes: Partial<Authorization> = {},
): Promise<string> {
  const id = randomUUID()
  const authorization: Authorization = {
    id,
    client: 'app',
    account,
    grant: { subject: 'Patient/p', client: 'app', patient: 'p', purpose: 'PATRQT' },
    scope: 'patient/Observation.rs?code=http://loinc.org|8867-4 offline_access',
    asked: 'patient/Observation.rs offline_access',
    context: { patient: 'p' },
    fhirUser: 'Patient/p',
    authTime: 0,
    amr: ['pwd'],
    createdAt: Date.now() - 1000,
    ...changes,
  }
  await store.records.put(toAuthorizationRow(authorization))
  return id
}

/** A browser of one person; a form is sent with the token of its page by `end` alone. */
function browse({ app }: TestServer, session?: string, language = 'en') {
  const visit = openVisit(app)
  const headers = { 'accept-language': language }
  if (session !== undefined) visit.cookies.set('musubi-session', session)
  return {
    get: (url: string) => visit.get(url, headers),
    post: (url: string, form: Record<string, string>) => visit.post(url, { csrf: '', ...form }, headers),
    async end(authorization: string) {
      const page = await visit.get('/auth/manage', headers)
      const csrf = page.body.includes('name="csrf"') ? visit.csrf() : ''
      return visit.post('/auth/manage/end', { authorization, csrf }, headers)
    },
  }
}

async function open(t: Test) {
  const world = await openConsentServer(t)
  await putClient(world.server.store, 'app', {}, { client_name: 'Heart Diary' })
  const session = await addAccount(world.server, 'me', 'Patient/p')
  return { ...world, session, me: browse(world.server, session) }
}

const toText = (page: string) => page.replace(/<[^>]+>/g, ' ').replace(/\s+/g, ' ')

t.test('without a session the way leads to the login and back', async (t) => {
  const { server } = await openConsentServer(t)
  const nobody = browse(server)
  for (const url of ['/auth/manage', '/auth/history?after=x']) {
    const { statusCode, headers } = await nobody.get(url)
    t.equal(statusCode, 303)
    t.equal(headers.location, `/auth/login?return=${encodeURIComponent(url)}`)
  }
  const { store } = server
  const cookie = await addAccount(server, 'gone', 'Patient/p')
  const { value } = (await store.records.get(ACCOUNTS, 'gone'))!
  await store.records.put({
    collection: ACCOUNTS,
    key: 'gone',
    value: { ...(value as object), status: 'disabled' },
  })
  t.equal((await browse(server, cookie).get('/auth/manage')).statusCode, 303, 'nor for a disabled account')
})

t.test(
  'what each app may do is told in plain words, and what others have allowed is not there',
  async (t) => {
    const { server, me, session } = await open(t)
    await putClient(server.store, 'other', {}, { client_name: 'Not mine' })
    await authorize(server, 'me', { until: Date.parse('2030-01-31T14:59:59.999Z') })
    await authorize(server, 'you', { client: 'other' })
    const page = await me.get('/auth/manage')
    t.equal(page.statusCode, 200)
    checkPage(t, page.body.replaceAll('http://127.0.0.1:3000/auth', 'https://example.org/auth'))
    const text = toText(page.body)
    for (const each of [
      'Heart Diary',
      'See test results and measurements: heart rate',
      'Go on also when you are not there',
      'Your own use',
      '31 January 2030',
    ])
      t.ok(text.includes(each), each)
    t.notOk(text.includes('Not mine'))
    const ja = await browse(server, session, 'ja').get('/auth/manage')
    t.match(toText(ja.body), /検査・測定の記録のうち心拍数を見る.*2030年1月31日/)
  },
)

t.test(
  'ending an app withdraws its Consent and ends the authorization, and both are on record',
  async (t) => {
    const { server, me, put, clinic, person } = await open(t)
    await put(observation('a'))
    await put(optIn('yes', CLINIC))
    t.equal((await clinic('GET', 'Observation/a')).status, 200)
    const id = await authorize(server, 'me', { consent: 'Consent/yes' })
    const reply = await me.end(id)
    t.equal(reply.statusCode, 303, reply.body)
    t.equal((await clinic('GET', 'Observation/a')).status, 404)
    t.equal((await person('GET', 'Consent/yes')).body.status, 'inactive')
    t.match(await findAuthorization(server.store, id), { endedBy: 'user', endedAt: Number })
    const text = toText((await me.get(String(reply.headers.location))).body)
    t.match(text, /The access of Heart Diary has ended\..*No app has access.*Ended/)
    const history = toText((await me.get('/auth/history')).body)
    t.match(history, /The access of Heart Diary was ended/)
    t.equal((await me.end(id)).statusCode, 403, 'nothing is left to end: the page has no form')
  },
)

t.test('what an app was allowed ends also where its Consent cannot be withdrawn any more', async (t) => {
  const { server, me } = await open(t)
  const id = await authorize(server, 'me', { consent: 'Consent/not-there' })
  const again = await authorize(server, 'me')
  const another = await authorize(server, 'me', { client: 'ehr' })
  t.equal((await me.end(id)).statusCode, 303)
  for (const ended of [id, again])
    t.match(await findAuthorization(server.store, ended), { endedBy: 'user', endedAt: Number })
  t.equal((await findAuthorization(server.store, another))?.endedAt, undefined, 'another app goes on')
})

t.test('nobody ends what is not theirs, or without a form of this browser', async (t) => {
  const { server, me } = await open(t)
  const theirs = await authorize(server, 'you')
  const mine = await authorize(server, 'me')
  t.equal((await me.end(theirs)).statusCode, 404)
  t.equal((await me.post('/auth/manage/end', { authorization: mine })).statusCode, 403)
  t.equal((await me.post('/auth/manage/end', { authorization: mine, csrf: 'x' })).statusCode, 403)
  const nobody = browse(server)
  t.equal((await nobody.post('/auth/manage/end', { authorization: mine, csrf: 'x' })).statusCode, 403)
  for (const id of [theirs, mine]) t.equal((await findAuthorization(server.store, id))?.endedAt, undefined)
  t.equal((await me.end('')).statusCode, 404)
  t.equal((await me.end(mine)).statusCode, 303)
})

t.test('a proxy ends what they have allowed, and sees no history of the person', async (t) => {
  const { server, put, proxy } = await open(t)
  await put(delegation('power', true))
  const given = await proxy('POST', 'Consent', {
    ...optIn('x', CLINIC, {}, { performer: [{ reference: PROXY }] }),
    id: undefined,
  })
  t.equal(given.status, 201, given.text)
  const session = await addAccount(server, 'proxy', PROXY)
  const grant = { subject: PROXY, client: 'app', patient: 'p', purpose: 'PATRQT' }
  const id = await authorize(server, 'proxy', { grant, consent: `Consent/${given.body.id}` })
  const visit = browse(server, session)
  t.match(toText((await visit.get('/auth/manage')).body), /Whose record Patient\/p/)
  t.equal((await visit.end(id)).statusCode, 303)
  t.equal((await visit.get('/auth/history')).statusCode, 404)
  t.notMatch((await visit.get('/auth/manage')).body, /auth\/history/)
})

t.test('the history tells who saw what, newest first, page by page, and nothing of others', async (t) => {
  const { server, me, put, person, clinic, stranger, session } = await open(t)
  await put(observation('a'))
  await put(optIn('yes', CLINIC))
  await clinic('GET', 'Observation/a')
  await stranger('GET', 'Patient/q')
  for (let n = 0; n < 35; n++) await person('GET', 'Observation/a')
  await server.store.journal.flush()
  const first = await me.get('/auth/history')
  checkPage(t, first.body.replaceAll('http://127.0.0.1:3000/auth', 'https://example.org/auth'))
  t.equal(first.body.match(/<time /g)?.length, 30)
  t.match(toText(first.body), /You, with test, saw test results and measurements \(1\)/)
  const next = /href="(\/auth\/history\?after=[^"]+)"/.exec(first.body)![1]!
  const second = await me.get(next)
  t.match(toText(second.body), /test \(むすび医院\) saw test results and measurements \(1\)/)
  t.notMatch(first.body + second.body, /Patient\/q/)
  const ja = toText((await browse(server, session, 'ja').get('/auth/history')).body)
  t.match(ja, /あなた（アプリ：test）が検査・測定の記録（1件）を閲覧しました/)
  const stolen = browse(server, await addAccount(server, 'q', 'Patient/q'))
  t.equal((await stolen.get(next)).statusCode, 400, 'a link is of one person')
  t.equal((await me.get('/auth/history?after=1')).statusCode, 400)
  t.equal((await me.get('/auth/history?after=a&after=b')).statusCode, 400)
})

t.test('an app whose client was disabled is shown as no longer in force', async (t) => {
  const { server, me } = await open(t)
  await authorize(server, 'me', { until: Date.now() - 1 })
  t.match(toText((await me.get('/auth/manage')).body), /No app has access.*No longer in force/)
  t.equal((await server.store.records.list(AUTHORIZATIONS, 'me')).length, 1)
})

t.test('the last use is told of what stands, and counts for whom it was', async (t) => {
  const { server, me, person } = await open(t)
  await putClient(server.store, 'test', {}, { client_name: 'Tester' })
  const grant = { subject: 'Patient/p', client: 'test', patient: 'p', purpose: 'PATRQT' }
  const uses = async () => (await me.get('/auth/manage')).body.match(/Last used/g)?.length ?? 0
  await authorize(server, 'me', { client: 'test', grant: { ...grant, subject: PROXY } })
  await person('GET', 'Patient/p')
  await server.store.journal.flush()
  t.equal(await uses(), 0, 'a use of the own record is none of what a proxy has allowed')
  await authorize(server, 'me', { client: 'test', grant })
  await authorize(server, 'me', { client: 'test', grant, until: Date.now() - 1 })
  t.equal(await uses(), 1, 'nothing that has ended was used since')
})
