// Every page in a real browser, narrow and wide, in both languages: nothing overflows, and every control says what it is.
import type { Page } from 'playwright-core'
import t, { type Test } from 'tap'
import { type SmartServer, toRequest } from '../support/authorization.ts'
import { openBrowser, openPage, sendPassword } from '../support/browser.ts'
import { checkScreen } from '../support/check-screen.ts'
import { openLiveServer } from '../support/live.ts'
import { addPerson, PASSWORD } from '../support/people.ts'
import { openClient } from '../support/rest.ts'

const LONG = 'とても長い名前の健康記録アプリケーション・withanunreasonablylongwordinsideofitsname'

async function logIn(page: Page, login: string): Promise<void> {
  await page.fill('#login', login)
  await sendPassword(page, PASSWORD)
}

async function openPeople(t: Test): Promise<SmartServer> {
  const server = await openLiveServer(t, { MUSUBI_REGISTRATION: 'open' })
  const put = await openClient(server)
  const role = {
    resourceType: 'PractitionerRole',
    active: true,
    practitioner: { reference: 'Practitioner/d1' },
    organization: { reference: 'Organization/demo' },
  }
  if ((await put('POST', '/PractitionerRole', role)).status !== 201) throw new Error('no role')
  const proofing = { level: 'IAL2', method: 'in-person', at: Date.now() } as const
  await addPerson(server, 'taro', { ref: 'Patient/p1', name: '山田 太郎' })
  await addPerson(server, 'suzuki', { ref: 'Practitioner/d1', name: '鈴木 医師', breakGlass: true })
  const both = ['Patient/p1', 'RelatedPerson/r1'].map((ref) => ({ ref, proofing }))
  await addPerson(server, 'both', { name: '山田 太郎', bindings: both })
  return server
}

for (const language of ['en', 'ja'] as const) {
  t.test(`pages of a resident (${language})`, async (t) => {
    const browser = await openBrowser(t)
    if (!browser) return
    const server = await openPeople(t)
    const page = await openPage(browser, language)
    const show = async (path: string, name: string) => {
      await page.goto(new URL(path, server.base).href)
      await checkScreen(t, page, `${name}-${language}`)
    }
    await show('/developers', 'developers')
    await show('/auth/authorize?client_id=nobody', 'unknown-client')
    await show('/auth/manage', 'login')
    await logIn(page, 'taro-with-a-wrong-name')
    await page.locator('#wrong').waitFor()
    await checkScreen(t, page, `login-wrong-${language}`)
    await logIn(page, 'taro')
    await page.locator('.tabs').waitFor()
    await checkScreen(t, page, `apps-none-${language}`)
    await show('/auth/history', 'history')
    await show('/auth/credentials', 'credentials')
    await show('/auth/reauthenticate', 'reauthenticate')
    const metadata = {
      client_name: LONG,
      client_names: {},
      client_uri: 'https://app.example.org/about',
      policy_uri: 'https://app.example.org/policy',
    }
    const client = await server.client(metadata)
    const scope =
      'openid fhirUser launch/patient offline_access patient/*.cruds patient/Observation.rs?category=laboratory'
    await show(`/auth/authorize?${toRequest(server, client, { scope })}`, 'consent-wide')
    await page.check('input[value=some]')
    await page.locator('summary').first().click()
    await checkScreen(t, page, `consent-parts-${language}`)
  })

  t.test(`pages of staff, and of who acts for somebody (${language})`, async (t) => {
    const browser = await openBrowser(t)
    if (!browser) return
    const server = await openPeople(t)
    const page = await openPage(browser, language)
    const client = await server.client()
    const ask = (scope: string) =>
      page.goto(new URL(`/auth/authorize?${toRequest(server, client, { scope })}`, server.base).href)
    const check = (name: string) => checkScreen(t, page, `${name}-${language}`)
    const search = async (text: string) => {
      await page.fill('input[type=search]', text)
      await page.keyboard.press('Enter')
      await page.locator('.person').first().waitFor()
    }
    await ask('launch/patient patient/*.rs')
    await logIn(page, 'suzuki')
    await page.locator('input[type=search]').waitFor()
    await check('patient-empty')
    await search('山田')
    await check('patient-found')
    await page.locator('.person').first().click()
    await page.locator('button[value=allow]').waitFor()
    await check('consent-staff')
    t.equal(await page.locator('button[value=preview]').count(), 0, 'no consent, no preview of one')
    await ask('launch/patient patient/*.rs https://musubi.example/purpose/BTG')
    await search('p2')
    await page.locator('.person').first().click()
    await page.locator('textarea').waitFor()
    await check('break-glass')
    await page.context().clearCookies()
    await ask('launch/patient patient/Observation.rs')
    await logIn(page, 'both')
    await page.locator('.person, input[type=radio]').first().waitFor()
    await check('identity')
  })
}

t.test('the pages need no script, and the language is changed where one is', async (t) => {
  const browser = await openBrowser(t)
  if (!browser) return
  const server = await openPeople(t)
  const page = await openPage(browser, 'en', { javaScriptEnabled: false })
  const client = await server.client()
  await page.goto(new URL(`/auth/authorize?${toRequest(server, client)}`, server.base).href)
  t.equal(await page.locator('form:has([name=passkey])').isVisible(), false, 'no passkey without a script')
  await page.click('a.language')
  t.equal(await page.locator('h1').textContent(), 'ログイン')
  await logIn(page, 'taro')
  await page.locator('button[value=allow]').waitFor()
  await page.click('a.language')
  t.match(await page.locator('h1').textContent(), /^Let Growth use health records/)
  const heartRate = page.locator('input[name=scope-0-Observation-heart-rate]')
  t.equal(await heartRate.isVisible(), false)
  await page.check('input[name=scope-0-extent][value=some]')
  await heartRate.check()
  await page.route('https://app.example.org/**', (route) => route.fulfill({ body: 'back' }))
  await page.click('button[value=allow]')
  await page.waitForURL('https://app.example.org/**')
  t.match(new URL(page.url()).searchParams.get('code'), /^[\w-]{43}$/)
})
