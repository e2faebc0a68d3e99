// An app in a real browser on another origin: standalone and from a hospital's system, with preflights, renewing by itself.
import type { BrowserContext, Page } from 'playwright-core'
import t, { type Test } from 'tap'
import { serveApps } from '../../conformance/apps/serve.ts'
import { allow, exchange, type SmartServer } from '../support/authorization.ts'
import { openBrowser, openPage, sendPassword } from '../support/browser.ts'
import { checkScreen } from '../support/check-screen.ts'
import { freePort } from '../support/free-port.ts'
import { measurement, openLiveServer } from '../support/live.ts'
import { addPerson, PASSWORD } from '../support/people.ts'
import { openClient } from '../support/rest.ts'
import { openSampleApp, readState, type SampleApp } from '../support/sample-app.ts'

interface Scene {
  readonly server: SmartServer
  readonly app: SampleApp
  readonly page: Page
  readonly context: BrowserContext
}

/** Opens a server, the app and a browser in front of it; undefined where there is no browser. */
async function openScene(t: Test): Promise<Scene | undefined> {
  const browser = await openBrowser(t)
  if (!browser) return undefined
  const server = await openLiveServer(t)
  const put = await openClient(server)
  const all = [64, 71, 68].map((value, i) => measurement('8867-4', value, '/min', i + 1))
  for (const each of [...all, measurement('29463-7', 61, 'kg')])
    if ((await put('POST', '/Observation', each)).status !== 201) throw new Error('not stored')
  await addPerson(server, 'taro', { ref: 'Patient/p1', name: '山田 太郎' })
  const app = await openSampleApp(t, server)
  const page = await openPage(browser, 'en')
  return { server, app, page, context: page.context() }
}

async function logIn(page: Page, login = 'taro'): Promise<void> {
  await page.fill('#login', login)
  await sendPassword(page, PASSWORD)
}

const press = (page: Page, decision: 'allow' | 'deny') => page.click(`button[value=${decision}]`)
const chart = (page: Page, code: string) => page.locator(`section[data-code="${code}"] table tbody tr`)
const message = (page: Page) => page.locator('#message')

t.test('53: an app on another origin is launched standalone, after preflights without a token', async (t) => {
  const scene = await openScene(t)
  if (!scene) return
  const { page, app, server, context } = scene
  const preflights: string[] = []
  const origins = new Set<string | undefined>()
  const devtools = await context.newCDPSession(page)
  await devtools.send('Network.enable')
  devtools.on('Network.requestWillBeSent', ({ type, request }) => {
    if (type === 'Preflight' || request.method === 'OPTIONS') preflights.push(request.url)
  })
  page.on('response', (reply) => {
    if (reply.url().startsWith(`${server.base}/Observation`))
      origins.add(reply.headers()['access-control-allow-origin'])
  })
  await page.goto(app.launch)
  await logIn(page)
  await press(page, 'allow')
  await chart(page, '8867-4').first().waitFor()
  t.equal(await chart(page, '8867-4').count(), 3)
  t.equal(await chart(page, '29463-7').count(), 1)
  t.match(await page.locator('#banner').textContent(), '山田 太郎')
  const background = await page.evaluate('getComputedStyle(document.body).backgroundColor')
  t.equal(background, 'rgb(247, 249, 250)', 'the colour of smart_style_url')
  t.ok(
    preflights.some((url) => url.startsWith(`${server.base}/Observation`)),
    'a preflight went ahead',
  )
  t.strictSame([...origins], [app.origin])
  await checkScreen(t, page, 'app-en')
})

t.test('53: another origin learns the endpoints and nothing else', async (t) => {
  const scene = await openScene(t)
  if (!scene) return
  const { page, app, server } = scene
  const port = await freePort()
  const stranger = await serveApps(port, () => ({ clientId: app.clientId, iss: server.base }))
  t.teardown(() => {
    stranger.closeAllConnections()
    stranger.close()
  })
  await page.goto(`http://localhost:${port}/growth/index.html`)
  const authorization = `Bearer ${await server.token('system/*.rs')}`
  const ask = (url: string, options: object = {}) =>
    page.evaluate(
      `fetch(${JSON.stringify(url)}, ${JSON.stringify(options)}).then(({ status }) => status, ({ name }) => name)`,
    )
  t.equal(await ask(`${server.base}/.well-known/smart-configuration`), 200)
  t.equal(await ask(`${server.base}/metadata`), 200)
  t.equal(await ask(`${server.base}/Patient/p1`, { headers: { authorization } }), 'TypeError')
  const form = {
    method: 'POST',
    body: 'grant_type=x',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  }
  t.equal(await ask(new URL('/auth/token', server.base).href, form), 'TypeError')
  await page.goto(`${app.origin}/growth/index.html`)
  t.equal(await ask(`${server.base}/Patient/p1`, { headers: { authorization } }), 200)
})

t.test('24: fhirclient in a browser renews its token without client_id', async (t) => {
  const scene = await openScene(t)
  if (!scene) return
  const { page, app } = scene
  await page.goto(app.launch)
  await logIn(page)
  await press(page, 'allow')
  await chart(page, '8867-4').first().waitFor()
  const before = await readState(page)
  const renewal = page.waitForRequest((request) => (request.postData() ?? '').includes('refresh_token'))
  await page.evaluate(
    'sessionStorage[JSON.parse(sessionStorage.SMART_KEY)] = JSON.stringify({ ...JSON.parse(sessionStorage[JSON.parse(sessionStorage.SMART_KEY)]), expiresAt: 0 })',
  )
  await page.reload()
  const sent = new URLSearchParams((await renewal).postData() ?? '')
  t.strictSame([...sent.keys()].sort(), ['grant_type', 'refresh_token'])
  await chart(page, '8867-4').first().waitFor()
  const after = await readState(page)
  t.not(after.tokenResponse['access_token'], before.tokenResponse['access_token'])
  t.ok(after.expiresAt > 0)
})

t.test("35: a hospital's system starts an app for who is at it, and shows the banner itself", async (t) => {
  const scene = await openScene(t)
  if (!scene) return
  const { page, app, server } = scene
  const doctor = await addPerson(server, 'suzuki', { ref: 'Practitioner/d1', name: '鈴木 医師' })
  const system = await server.client({ scope: 'openid fhirUser user/*.rs' })
  const back = await allow(server, await server.visitor(doctor), system, { scope: 'openid user/*.rs' })
  const { body } = await exchange(server, system, back)
  const launched = await server.post(
    '/auth/launch',
    { client_id: app.clientId, patient: 'p1', need_patient_banner: 'false' },
    { authorization: `Bearer ${body.access_token}` },
  )
  t.equal(launched.status, 201, JSON.stringify(launched.body))
  await page.goto(launched.body.launch_uri)
  await logIn(page, 'suzuki')
  await press(page, 'allow')
  await chart(page, '8867-4').first().waitFor()
  t.equal(await page.locator('#banner').isVisible(), false)
  const { tokenResponse } = await readState(page)
  t.ok(tokenResponse['scope']!.split(' ').includes('launch'))
  t.equal(tokenResponse['patient'], 'p1')
})

t.test('what goes wrong is told in plain words', async (t) => {
  const scene = await openScene(t)
  if (!scene) return
  const { page, app } = scene
  await page.goto(`${app.origin}/growth/index.html`)
  await page.locator('#message.error').waitFor()
  t.equal(await message(page).textContent(), 'This app has to be started first.')
  await page.goto(`${app.launch}?iss=https%3A%2F%2Felsewhere.example%2Ffhir&launch=x`)
  await page.locator('#message.error').waitFor()
  t.equal(await message(page).textContent(), 'This app does not work with the system that has started it.')
  await page.goto(app.launch)
  await logIn(page)
  await press(page, 'deny')
  await page.locator('#message.error').waitFor()
  t.equal(await message(page).textContent(), 'Access was refused. Nothing was shared with this app.')
  await checkScreen(t, page, 'app-refused-en')
})
