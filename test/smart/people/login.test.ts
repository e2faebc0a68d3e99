// The login page and what goes with it: sessions, CSRF, where one goes afterwards, step-up, logout.
import { randomBytes } from 'node:crypto'
import t from 'tap'
import { ACCOUNTS, findAccount } from '../../../src/smart/account.ts'
import { disableAccount, findByLogin } from '../../../src/smart/people/accounts.ts'
import { toReturnPath } from '../../../src/smart/people/return-path.ts'
import { SESSIONS, type Session } from '../../../src/smart/session.ts'
import { toSmartUrls } from '../../../src/smart/urls.ts'
import { addPerson, logIn, openVisit, PASSWORD } from '../../support/people.ts'
import { openServer } from '../../support/server.ts'

const SESSION = 'musubi-session'

t.test('the right password starts a session and leads on', async (t) => {
  const server = await openServer(t)
  const account = await addPerson(server, 'hanako')
  const visit = openVisit(server.app)
  const page = await visit.get('/auth/login?return=/auth/manage')
  t.equal(page.statusCode, 200)
  t.match(page.headers, {
    'cache-control': 'no-store',
    'x-frame-options': 'DENY',
    'content-security-policy': /form-action 'self';/,
  })
  t.equal(visit.cookies.has(SESSION), false)
  const reply = await visit.post('/auth/login', {
    login: ' HANAKO ',
    password: PASSWORD,
    return: '/auth/manage',
  })
  t.equal(reply.statusCode, 303)
  t.equal(reply.headers.location, '/auth/manage')
  const cookie = reply.cookies.find(({ name }) => name === SESSION)
  t.match(cookie, { httpOnly: true, sameSite: 'Lax', path: '/' })
  const [row] = await server.store.records.list(SESSIONS, account.id)
  t.match(row?.value, { account: account.id, amr: ['pwd'] })
  t.notOk(JSON.stringify(row).includes(cookie!.value), 'only its hash is on record')
  t.equal((await visit.get('/auth/credentials')).statusCode, 200)
})

t.test('cookies of an https address are Secure and __Host-', async (t) => {
  const server = await openServer(t, { MUSUBI_BASE_URL: 'https://phr.example.org/fhir' })
  await addPerson(server, 'hanako')
  const visit = openVisit(server.app)
  const reply = await logIn(visit, 'hanako')
  t.match(
    reply.cookies.find(({ name }) => name === `__Host-${SESSION}`),
    { secure: true, path: '/', httpOnly: true },
  )
  t.match(reply.cookies.find(({ name }) => name === '__Host-musubi-device')?.secure, true)
})

t.test('nothing else logs in, and all of it is told in the same words', async (t) => {
  const server = await openServer(t)
  await addPerson(server, 'hanako')
  const shut = await addPerson(server, 'shut')
  await disableAccount(server.store, shut)
  await addPerson(server, 'keyless', { password: undefined as never })
  const tries: readonly (readonly [login: string, password: string])[] = [
    ['hanako', 'wrong password of somebody'],
    ['nobody', PASSWORD],
    ['shut', PASSWORD],
    ['keyless', ''],
    ['keyless', 'undefined'],
    ['', ''],
    ['hanako', ''],
    ['hanako', 'x'.repeat(60_000)],
  ]
  const bodies = new Set<string>()
  for (const [login, password] of tries) {
    const visit = openVisit(server.app)
    await visit.get('/auth/login')
    const reply = await visit.post('/auth/login', { login, password })
    t.equal(reply.statusCode, 400, login)
    t.equal(visit.cookies.has(SESSION), false, login)
    bodies.add(reply.body.replaceAll(visit.csrf(), 'CSRF').replaceAll(` value="${login}"`, ''))
  }
  t.equal(bodies.size, 1)
  t.notMatch(server.log.join(''), /ferries|wrong password/, 'nothing that was typed is logged')
})

t.test('a login and a failure are in the access log; a name that nobody has is not', async (t) => {
  const server = await openServer(t)
  await addPerson(server, 'hanako')
  const visit = openVisit(server.app)
  await visit.get('/auth/login')
  await visit.post('/auth/login', { login: 'secret-typed-by-mistake', password: 'x' })
  await visit.post('/auth/login', { login: 'hanako', password: 'x' })
  await logIn(visit, 'hanako')
  await visit.post('/auth/logout', {})
  await server.store.journal.flush()
  const rows = (await server.store.journal.list({ limit: 20 })).rows.map(({ row }) => row)
  const events = rows.map(({ subtype, outcome, patients }) => [subtype, outcome, patients.join()].join(' '))
  t.same(events.reverse(), ['login 4 ', 'login 4 Patient/1', 'login 0 Patient/1', 'logout 0 Patient/1'])
  t.notMatch(JSON.stringify(rows), /by-mistake/)
  const throttles = await server.store.records.list('throttle')
  t.notMatch(JSON.stringify(throttles), /by-mistake|hanako/)
})

t.test('a session that was planted before the login is not taken over', async (t) => {
  const server = await openServer(t)
  await addPerson(server, 'hanako')
  const visit = openVisit(server.app)
  const planted = randomBytes(32).toString('base64url')
  visit.cookies.set(SESSION, planted)
  await logIn(visit, 'hanako')
  t.not(visit.cookies.get(SESSION), planted)
  const attacker = openVisit(server.app)
  attacker.cookies.set(SESSION, planted)
  t.equal((await attacker.get('/auth/credentials')).statusCode, 303)
})

t.test('a second login in the same browser ends the session before it', async (t) => {
  const server = await openServer(t)
  const account = await addPerson(server, 'hanako')
  const visit = openVisit(server.app)
  await logIn(visit, 'hanako')
  const first = visit.cookies.get(SESSION)!
  await logIn(visit, 'hanako')
  t.equal((await server.store.records.list(SESSIONS, account.id)).length, 1)
  const other = openVisit(server.app)
  other.cookies.set(SESSION, first)
  t.equal((await other.get('/auth/credentials')).statusCode, 303)
})

t.test(
  'every form is refused without its token, with that of another browser, and from another origin',
  async (t) => {
    const server = await openServer(t)
    await addPerson(server, 'hanako')
    const [mine, theirs] = [openVisit(server.app), openVisit(server.app)]
    await logIn(mine, 'hanako')
    await mine.get('/auth/credentials')
    await theirs.get('/auth/login')
    const forms = [
      '/auth/login',
      '/auth/logout',
      '/auth/reauthenticate',
      '/auth/passkeys/options',
      '/auth/federated/id',
      '/auth/credentials/password',
      '/auth/credentials/add-passkey',
      '/auth/credentials/remove-passkey',
      '/auth/credentials/unlink',
      '/auth/credentials/end-sessions',
    ]
    const session = mine.cookies.get(SESSION)
    for (const url of forms) {
      t.equal((await mine.post(url, { csrf: '' })).statusCode, 403, `${url} without`)
      t.equal((await mine.post(url, { csrf: theirs.csrf() })).statusCode, 403, `${url} of another browser`)
      t.equal(
        (await mine.post(url, {}, { origin: 'https://evil.example' })).statusCode,
        403,
        `${url} from another origin`,
      )
      const json = await mine.post(url, {}, { 'content-type': 'application/json' })
      t.equal(json.statusCode, 400, `${url} as JSON`)
      await mine.get('/auth/credentials')
    }
    t.equal(mine.cookies.get(SESSION), session, 'nothing has happened')
    t.equal((await mine.get('/auth/credentials')).statusCode, 200)
  },
)

t.test('after a login one goes to a page of this server alone', async (t) => {
  const urls = toSmartUrls('https://phr.example.org/base/fhir')
  const manage = '/base/auth/manage'
  const paths: readonly (readonly [given: string | undefined, to: string])[] = [
    ['/base/auth/authorize?client_id=a&scope=x%20y', '/base/auth/authorize?client_id=a&scope=x%20y'],
    ['/base/auth/credentials', '/base/auth/credentials'],
    ['/base/developers', '/base/developers'],
    ['/base/developers/apps?x=1', '/base/developers/apps?x=1'],
    [undefined, manage],
    ['', manage],
    ['/', manage],
    ['/base/developersx', manage],
    ['/base/fhir/Patient', manage],
    ['/auth/manage', manage],
    ['/base/auth/login', manage],
    ['//evil.example', manage],
    ['//evil.example/base/auth/', manage],
    ['///evil.example', manage],
    ['/\\evil.example', manage],
    ['\\\\evil.example', manage],
    ['/\t/evil.example', manage],
    ['/base/auth/\n//evil.example', manage],
    ['/%2f/evil.example', manage],
    ['/%5cevil.example', manage],
    ['/base/auth/..//evil.example', manage],
    ['/base/auth/../../../evil', manage],
    ['/base/auth/%2e%2e//%2e%2e//evil.example', manage],
    ['https://evil.example/base/auth/', manage],
    ['https:evil.example', manage],
    ['javascript:alert(1)', manage],
    ['data:text/html,x', manage],
    ['base/auth/manage', manage],
    [' /base/auth/manage', manage],
    ['/base/auth/日本', manage],
    [`/base/auth/${'x'.repeat(20_000)}`, manage],
  ]
  for (const [given, to] of paths) t.equal(toReturnPath(urls, given), to, String(given).slice(0, 60))
  const server = await openServer(t)
  await addPerson(server, 'hanako')
  const visit = openVisit(server.app)
  for (const back of ['//evil.example', '/\\evil.example', 'https://evil.example']) {
    const page = await visit.get(`/auth/login?return=${encodeURIComponent(back)}`)
    t.notMatch(page.body, /evil/)
    const reply = await visit.post('/auth/login', { login: 'hanako', password: PASSWORD, return: back })
    t.equal(reply.headers.location, '/auth/manage', back)
  }
})

t.test('wrong parameters are a page of 400, never 500', async (t) => {
  const { app } = await openServer(t)
  const visit = openVisit(app)
  for (const query of ['?return=a&return=b', '?return=%', '?return=%ff', '?return=%00'])
    for (const page of ['login', 'reauthenticate']) {
      const reply = await visit.get(`/auth/${page}${query}`)
      t.equal(reply.statusCode, 400, page + query)
      t.match(reply.headers['content-type'], /^text\/html/)
    }
})

t.test(
  'step-up: the same person again, and the session that goes on is a new one with a new time',
  async (t) => {
    const server = await openServer(t)
    const account = await addPerson(server, 'hanako')
    await addPerson(server, 'other')
    const visit = openVisit(server.app)
    t.match((await visit.get('/auth/reauthenticate?return=/auth/manage')).headers, {
      location: '/auth/login?return=%2Fauth%2Fmanage',
    })
    await logIn(visit, 'hanako')
    await age(server, account.id)
    const before = visit.cookies.get(SESSION)
    const page = await visit.get('/auth/reauthenticate?return=/auth/manage')
    t.equal(page.statusCode, 200)
    const wrong = await visit.post('/auth/reauthenticate', { password: 'wrong', return: '/auth/manage' })
    t.equal(wrong.statusCode, 400)
    t.equal(visit.cookies.get(SESSION), before)
    const other = await visit.post('/auth/reauthenticate', {
      login: 'other',
      password: 'x',
      return: '/auth/manage',
    })
    t.equal(other.statusCode, 400, 'a login name that is sent is not asked')
    const right = await visit.post('/auth/reauthenticate', { password: PASSWORD, return: '/auth/manage' })
    t.equal(right.statusCode, 303)
    t.equal(right.headers.location, '/auth/manage')
    t.not(visit.cookies.get(SESSION), before)
    const sessions = await server.store.records.list(SESSIONS, account.id)
    t.equal(sessions.length, 1)
    t.ok(Date.now() - (sessions[0]!.value as Session).authTime < 10_000)
  },
)

t.test('a change of credentials needs a fresh proof; ending other sessions does not', async (t) => {
  const server = await openServer(t, { MUSUBI_BASE_URL: 'http://localhost:3000/fhir' })
  const account = await addPerson(server, 'hanako')
  const [here, there] = [openVisit(server.app), openVisit(server.app)]
  await logIn(here, 'hanako')
  await logIn(there, 'hanako')
  await age(server, account.id)
  await here.get('/auth/credentials')
  for (const act of ['password', 'add-passkey', 'remove-passkey', 'unlink']) {
    const reply = await here.post(`/auth/credentials/${act}`, { password: 'x' })
    t.equal(reply.headers.location, '/auth/reauthenticate?return=%2Fauth%2Fcredentials', act)
  }
  t.equal((await here.post('/auth/passkeys/options', { use: 'register' })).statusCode, 403)
  const ended = await here.post('/auth/credentials/end-sessions', {})
  t.equal(ended.headers.location, '/auth/credentials?done=ended')
  t.equal((await here.get('/auth/credentials?done=ended')).statusCode, 200)
  t.equal((await there.get('/auth/credentials')).statusCode, 303)
})

t.test('a new password ends every other session, and is the only one that counts', async (t) => {
  const server = await openServer(t)
  await addPerson(server, 'hanako')
  const [here, there] = [openVisit(server.app), openVisit(server.app)]
  await logIn(here, 'hanako')
  await logIn(there, 'hanako')
  await here.get('/auth/credentials')
  const fresh = 'another sentence of words'
  const set = (password: string, again: string) =>
    here.post('/auth/credentials/password', { password, again })
  t.equal((await set('short', 'short')).statusCode, 400)
  t.match((await set('passwordpassword', 'passwordpassword')).body, /tried first/)
  t.equal((await set(fresh, `${fresh}.`)).statusCode, 400)
  t.equal((await set(fresh, fresh)).headers.location, '/auth/credentials?done=password')
  t.equal((await here.get('/auth/credentials')).statusCode, 200, 'this browser goes on')
  t.equal((await there.get('/auth/credentials')).statusCode, 303)
  t.equal((await logIn(there, 'hanako')).statusCode, 400)
  await there.get('/auth/login')
  t.equal((await there.post('/auth/login', { login: 'hanako', password: fresh })).statusCode, 303)
})

t.test('a disabled account is out at once; two changes at a time do not undo each other', async (t) => {
  const server = await openServer(t)
  const account = await addPerson(server, 'hanako')
  const visit = openVisit(server.app)
  await logIn(visit, 'hanako')
  const stale = (await findByLogin(server.store, 'hanako'))!
  await disableAccount(server.store, stale)
  await t.rejects(disableAccount(server.store, stale), { code: 'conflict' })
  t.equal((await visit.get('/auth/credentials')).statusCode, 303)
  t.equal(await findAccount(server.store, account.id), undefined)
})

t.test('a password kept at a lower cost is hashed anew at the next login', async (t) => {
  const server = await openServer(t)
  const account = await addPerson(server, 'hanako')
  const { argon2Sync } = await import('node:crypto')
  const nonce = randomBytes(16)
  const cost = { parallelism: 1, tagLength: 32, memory: 1024, passes: 1 }
  const tag = argon2Sync('argon2id', { message: PASSWORD, nonce, ...cost })
  const bare = (bytes: Buffer) => bytes.toString('base64').replace(/=+$/, '')
  const password = `$argon2id$v=19$m=1024,t=1,p=1$${bare(nonce)}$${bare(tag)}`
  await server.store.records.put({ collection: ACCOUNTS, key: account.id, value: { ...account, password } })
  t.equal((await logIn(openVisit(server.app), 'hanako')).statusCode, 303)
  t.match((await findByLogin(server.store, 'hanako'))!.password, /m=19456,t=2/)
  t.equal((await logIn(openVisit(server.app), 'hanako')).statusCode, 303)
})

t.test('the language is switched on any page, kept, and the other parameters stay', async (t) => {
  const { app } = await openServer(t)
  const visit = openVisit(app)
  const page = await visit.get('/auth/login?return=%2Fauth%2Fmanage%3Fa%3Db%26c')
  t.match(page.body, /href="\/auth\/login\?return=%2Fauth%2Fmanage%3Fa%3Db%26c&amp;language=ja"/)
  const reply = await visit.get('/auth/login?return=%2Fauth%2Fmanage%3Fa%3Db%26c&language=ja')
  t.equal(reply.statusCode, 303)
  t.equal(reply.headers.location, '/auth/login?return=%2Fauth%2Fmanage%3Fa%3Db%26c')
  t.match((await visit.get('/auth/login')).body, /<html lang="ja">/)
  t.equal((await visit.get('/auth/login?language=fr')).statusCode, 200)
  await visit.get('/auth/login')
  const refused = await visit.post('/auth/login', { login: 'x', password: 'x', return: '/auth/manage' })
  t.match(refused.body, /href="\/auth\/login\?return=%2Fauth%2Fmanage&amp;language=en"/)
})

/** Makes every session of an account an hour old. */
async function age({ store }: Awaited<ReturnType<typeof openServer>>, account: string): Promise<void> {
  for (const row of await store.records.list(SESSIONS, account)) {
    const session = row.value as Session
    await store.records.put({ ...row, value: { ...session, authTime: session.authTime - 3_600_000 } })
  }
}

t.test('pages are in the language of the account, unless the person has chosen one', async (t) => {
  const server = await openServer(t)
  await addPerson(server, 'hanako', { language: 'ja' })
  for (const chosen of [undefined, 'en']) {
    const visit = openVisit(server.app)
    if (chosen !== undefined) await visit.get(`/auth/login?language=${chosen}`)
    await logIn(visit, 'hanako')
    t.match((await visit.get('/auth/manage')).body, new RegExp(`<html lang="${chosen ?? 'ja'}">`))
  }
})
