// Passkeys in a real browser with a virtual authenticator, and what is refused of what a browser sends.
import { createHash } from 'node:crypto'
import type { Browser, BrowserContext, CDPSession, Page } from 'playwright-core'
import t from 'tap'
import { listPasskeys, PASSKEYS, type Passkey, toRpId } from '../../../src/smart/people/passkey.ts'
import { SESSIONS, type Session } from '../../../src/smart/session.ts'
import { toSmartUrls } from '../../../src/smart/urls.ts'
import { openBrowser } from '../../support/browser.ts'
import { freePort } from '../../support/free-port.ts'
import { addPerson, logIn, openVisit, PASSWORD } from '../../support/people.ts'
import { openServer, type TestServer } from '../../support/server.ts'

type Test = Parameters<typeof openServer>[0]

interface Stage {
  readonly server: TestServer
  readonly page: Page
  readonly context: BrowserContext
  readonly cdp: CDPSession
  readonly authenticator: string
  readonly root: string
}

async function openStage(t: Test, browser: Browser): Promise<Stage> {
  const port = await freePort()
  const root = `http://localhost:${port}`
  const server = await openServer(t, { MUSUBI_BASE_URL: `${root}/fhir` })
  await server.app.listen({ port, host: '127.0.0.1' })
  const context = await browser.newContext({ locale: 'en' })
  t.teardown(() => context.close())
  const page = await context.newPage()
  const cdp = await context.newCDPSession(page)
  await cdp.send('WebAuthn.enable')
  const { authenticatorId } = await cdp.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  })
  return { server, page, context, cdp, authenticator: authenticatorId, root }
}

async function logInAt({ page, root }: Stage): Promise<void> {
  await page.goto(`${root}/auth/login?return=/auth/credentials`)
  await page.getByLabel('Login name').fill('hanako')
  await page.getByLabel('Password').fill(PASSWORD)
  await page.getByRole('button', { name: 'Log in', exact: true }).click()
  await page.waitForURL(`${root}/auth/credentials`)
}

async function addPasskey({ page, root }: Stage, name: string): Promise<void> {
  await page.getByLabel(/A name for it/).fill(name)
  await page.getByRole('button', { name: 'Add a passkey' }).click()
  await page.waitForURL(`${root}/auth/credentials?done=added`)
}

/** What the page would post: the answer of the authenticator to options that are asked for now. */
function answer({ page }: Stage, use: 'login' | 'register'): Promise<string> {
  return page.evaluate(async (use) => {
    const csrf = document.querySelector<HTMLInputElement>('input[name=csrf]')!.value
    const body = new URLSearchParams({ csrf, use })
    const options = await (await fetch('/auth/passkeys/options', { method: 'POST', body })).json()
    const credential =
      use === 'login'
        ? await navigator.credentials.get({
            publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options),
          })
        : await navigator.credentials.create({
            publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options),
          })
    return JSON.stringify((credential as PublicKeyCredential).toJSON())
  }, use)
}

/** Posts a form from the page, as the script does; returns the status of the page that answers. */
async function post({ page }: Stage, path: string, passkey: string): Promise<number> {
  return page.evaluate(
    async ([path, passkey]) => {
      const csrf = document.querySelector<HTMLInputElement>('input[name=csrf]')!.value
      const body = new URLSearchParams({ csrf, passkey: passkey! })
      const reply = await fetch(path!, { method: 'POST', body, redirect: 'manual' })
      return reply.type === 'opaqueredirect' ? 303 : reply.status
    },
    [path, passkey],
  )
}

t.test('passkeys are bound to a domain, and there are none where the address is an IP', async (t) => {
  const rpId = (base: string) => toRpId(toSmartUrls(base))
  t.equal(rpId('https://phr.example.org/a/fhir'), 'phr.example.org')
  t.equal(rpId('http://localhost:3000/fhir'), 'localhost')
  t.equal(rpId('http://127.0.0.1:3000/fhir'), undefined)
  t.equal(rpId('http://[::1]:3000/fhir'), undefined)
  const { app } = await openServer(t)
  const visit = openVisit(app)
  t.notMatch((await visit.get('/auth/login')).body, /passkey/)
  t.equal((await visit.post('/auth/passkeys/options', { use: 'login' })).statusCode, 404)
})

t.test('what is no answer of an authenticator proves nothing', async (t) => {
  const server = await openServer(t, { MUSUBI_BASE_URL: 'http://localhost:3000/fhir' })
  await addPerson(server, 'hanako')
  const visit = openVisit(server.app)
  await visit.get('/auth/login')
  const options = await visit.post('/auth/passkeys/options', { use: 'login' })
  t.match(options.json(), { rpId: 'localhost', userVerification: 'required', challenge: /^[\w-]{43}$/ })
  const { challenge } = options.json() as { challenge: string }
  const clientData = { type: 'webauthn.get', challenge, origin: 'http://localhost:3000' }
  const response = {
    clientDataJSON: Buffer.from(JSON.stringify(clientData)).toString('base64url'),
    authenticatorData: createHash('sha256').update('localhost').digest('base64url'),
    signature: 'AAAA',
  }
  const made = { id: 'AAAA', rawId: 'AAAA', type: 'public-key', response, clientExtensionResults: {} }
  const texts = [
    'x',
    '{}',
    'null',
    '[]',
    '{"id":1,"response":{}}',
    '{"id":"a","response":{}}',
    JSON.stringify(made),
  ]
  await server.store.records.put({
    collection: PASSKEYS,
    key: 'AAAA',
    value: { id: 'AAAA', account: 'nobody', publicKey: 'AAAA', counter: 0 },
  })
  for (const passkey of texts) {
    const reply = await visit.post('/auth/login', { passkey })
    t.equal(reply.statusCode, 400, passkey.slice(0, 30))
  }
  t.equal((await visit.post('/auth/passkeys/options', { use: 'other' })).statusCode, 403)
  await logIn(visit, 'hanako')
  await visit.get('/auth/credentials')
  for (const passkey of texts)
    t.equal((await visit.post('/auth/credentials/add-passkey', { passkey })).statusCode, 400)
})

t.test('in a browser', async (t) => {
  const browser = await openBrowser(t)
  if (!browser) return

  t.test('somebody adds a passkey, logs in with it alone, steps up with it, and removes it', async (t) => {
    const stage = await openStage(t, browser)
    const { server, page, root } = stage
    const account = await addPerson(server, 'hanako')
    await logInAt(stage)
    await addPasskey(stage, 'phone')
    const [passkey] = await listPasskeys(server.store, account.id)
    t.match(passkey, { name: 'phone', account: account.id, isSynced: false })
    await page.getByRole('button', { name: 'Log out', exact: true }).click()
    await page.waitForURL(`${root}/auth/login`)
    await page.goto(`${root}/auth/login?return=/auth/credentials`)
    await page.getByRole('button', { name: 'Log in with a passkey' }).click()
    await page.waitForURL(`${root}/auth/credentials`)
    const session = async () => {
      const rows = await server.store.records.list(SESSIONS, account.id)
      t.equal(rows.length, 1)
      return rows[0]!.value as Session
    }
    const first = await session()
    t.same(first.amr, ['hwk', 'user', 'mfa'])
    const used = (await listPasskeys(server.store, account.id))[0]!
    t.ok(used.counter > passkey!.counter && used.usedAt !== undefined)
    await page.goto(`${root}/auth/reauthenticate?return=/auth/credentials`)
    await page.getByRole('button', { name: 'Confirm with a passkey' }).click()
    await page.waitForURL(`${root}/auth/credentials`)
    t.not((await session()).key, first.key)
    await page.getByRole('button', { name: 'Remove: phone' }).click()
    await page.waitForURL(`${root}/auth/credentials?done=removed`)
    t.same(await listPasskeys(server.store, account.id), [])
    const { rows } = await server.store.journal.list({ limit: 20, subtype: 'credential' })
    t.equal(rows.length, 2)
  })

  t.test('an answer counts once, in its browser, for its use, with a counter that grows', async (t) => {
    const stage = await openStage(t, browser)
    const { server, page, root, cdp, authenticator } = stage
    const account = await addPerson(server, 'hanako')
    await logInAt(stage)
    const registration = await answer(stage, 'register')
    t.equal(await post(stage, '/auth/login', registration), 400, 'a registration is no login')
    await addPasskey(stage, 'phone')
    const login = await answer(stage, 'login')
    t.equal(await post(stage, '/auth/credentials/add-passkey', login), 400, 'a login is no registration')
    const again = await answer(stage, 'login')
    const tampered = JSON.parse(again) as { response: { signature: string } }
    tampered.response.signature = `${tampered.response.signature.slice(0, -4)}AAAA`
    t.equal(await post(stage, '/auth/login', JSON.stringify(tampered)), 400, 'a signature that is wrong')
    const elsewhere = openVisit(server.app)
    await elsewhere.get('/auth/login')
    const foreign = await answer(stage, 'login')
    t.equal((await elsewhere.post('/auth/login', { passkey: foreign })).statusCode, 400, 'another browser')

    const good = await answer(stage, 'login')
    t.equal(await post(stage, '/auth/login', good), 303)
    t.equal(await post(stage, '/auth/login', good), 400, 'a replay')

    const { credentials } = await cdp.send('WebAuthn.getCredentials', { authenticatorId: authenticator })
    await cdp.send('WebAuthn.removeCredential', {
      authenticatorId: authenticator,
      credentialId: credentials[0]!.credentialId,
    })
    await cdp.send('WebAuthn.addCredential', {
      authenticatorId: authenticator,
      credential: { ...credentials[0]!, signCount: 0 },
    })
    t.equal(await post(stage, '/auth/login', await answer(stage, 'login')), 400, 'a counter that fell')
    t.ok((await listPasskeys(server.store, account.id))[0]!.clonedAt, 'shuts the passkey')
    await cdp.send('WebAuthn.clearCredentials', { authenticatorId: authenticator })
    await cdp.send('WebAuthn.addCredential', {
      authenticatorId: authenticator,
      credential: { ...credentials[0]!, signCount: 100 },
    })
    t.equal(await post(stage, '/auth/login', await answer(stage, 'login')), 400, 'for both of them')
    await page.goto(`${root}/auth/credentials`)
    t.equal(await page.getByText('shut: a copy of it was used').count(), 1)
  })

  t.test(
    'a passkey of another account does not confirm this one; without verification none does',
    async (t) => {
      const stage = await openStage(t, browser)
      const { server, page, root, cdp, authenticator } = stage
      await addPerson(server, 'hanako')
      const other = await addPerson(server, 'other')
      await logInAt(stage)
      await addPasskey(stage, 'phone')
      const [row] = await server.store.records.list(PASSKEYS)
      const passkey = row!.value as Passkey
      await page.goto(`${root}/auth/reauthenticate`)
      const confirmed = await answer(stage, 'login')
      await server.store.records.put({ ...row!, value: { ...passkey, account: other.id }, owner: other.id })
      t.equal(await post(stage, '/auth/reauthenticate', confirmed), 400)
      await server.store.records.put(row!)
      await cdp.send('WebAuthn.setUserVerified', { authenticatorId: authenticator, isUserVerified: false })
      await page.goto(`${root}/auth/login`)
      await page.getByRole('button', { name: 'Log in with a passkey' }).click()
      t.match(await page.getByText('could not be used').textContent(), /Try again/)
      t.match(page.url(), /login/)
    },
  )

  t.test('the only way in that is left cannot be removed', async (t) => {
    const stage = await openStage(t, browser)
    const { server, page } = stage
    const account = await addPerson(server, 'hanako')
    await logInAt(stage)
    await addPasskey(stage, 'phone')
    const bare = { ...account, password: undefined }
    await server.store.records.put({ collection: 'account', key: account.id, value: bare })
    await page.getByRole('button', { name: 'Remove: phone' }).click()
    t.equal(await page.getByText('the only way in that is left').count(), 1)
    t.equal((await listPasskeys(server.store, account.id)).length, 1)
  })
})
