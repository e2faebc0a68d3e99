// The whole story in a browser: a resident lets an app see heart rates and nothing else, ends it, and finds both in the history.
import type { Browser, Page } from 'playwright-core'
import t, { type Test } from 'tap'
import type { SmartServer } from '../support/authorization.ts'
import { openBrowser, openPage, sendPassword } from '../support/browser.ts'
import { checkScreen, tabTo } from '../support/check-screen.ts'
import { HEART_RATE, measurement, openLiveServer, WEIGHT } from '../support/live.ts'
import { addPerson, PASSWORD } from '../support/people.ts'
import { openClient } from '../support/rest.ts'
import { askAsApp, openSampleApp, readState, type SampleApp } from '../support/sample-app.ts'

const ASKED = { patient: 'input[name=scope-0-see]', observation: 'input[name=scope-1-see]' }
const SOME = 'input[name=scope-1-extent][value=some]'
const ONLY_HEART_RATE = 'input[name=scope-1-Observation-heart-rate]'
const NEXT_MONTH = 'input[name=until][value=next-month]'

const WORDS = {
  en: {
    denied: 'The access of this app has ended.',
    saw: /You, with Growth and heart, looked for and saw/,
    letIn: /Growth and heart was let in/,
    ended: /The access of Growth and heart was ended/,
    refused: /Growth and heart asked with access that is not valid/,
  },
  ja: {
    denied: 'このアプリのアクセスは終了しています。',
    saw: /あなた（アプリ：成長と心拍）が.*検索・閲覧しました/,
    letIn: /成長と心拍 ?にアクセスを許可しました/,
    ended: /成長と心拍 ?のアクセスを終了しました/,
    refused: /成長と心拍 ?が無効なアクセスで要求しました/,
  },
} as const

interface Scene {
  readonly server: SmartServer
  readonly app: SampleApp
  readonly browser: Browser
}

/** Opens a server on which the hospital has put measurements and a diagnosis of Patient/p1, the app, and a browser. */
async function openScene(t: Test): Promise<Scene | undefined> {
  const browser = await openBrowser(t)
  if (!browser) return undefined
  const server = await openLiveServer(t)
  const put = await openClient(server)
  const rates = [64, 71, 68, 66].map((value, i) => measurement(HEART_RATE, value, '/min', i * 7 + 1))
  const condition = {
    resourceType: 'Condition',
    code: { coding: [{ system: 'http://hl7.org/fhir/sid/icd-10', code: 'I10' }] },
    subject: { reference: 'Patient/p1' },
  }
  for (const each of [...rates, measurement(WEIGHT, 61, 'kg'), condition]) {
    const { status, text } = await put('POST', `/${each.resourceType}`, each)
    if (status !== 201) throw new Error(text)
  }
  await addPerson(server, 'taro', { ref: 'Patient/p1', name: '山田 太郎' })
  return { server, app: await openSampleApp(t, server), browser }
}

for (const language of ['en', 'ja'] as const)
  t.test(`a resident lets an app see heart rates until next month, and ends it (${language})`, async (t) => {
    const scene = await openScene(t)
    if (!scene) return
    const { server, app } = scene
    const words = WORDS[language]
    const check = (page: Page, name: string) => checkScreen(t, page, `${name}-${language}`)
    const page = await openPage(scene.browser, language === 'ja' ? 'ja-JP' : 'en')

    await page.goto(app.launch)
    await page.locator('#password').waitFor()
    await check(page, 'login')
    await page.fill('#login', 'taro')
    await sendPassword(page, PASSWORD)

    await page.locator('button[value=allow]').waitFor()
    await check(page, 'consent')
    await page.uncheck(ASKED.patient)
    await page.check(SOME)
    await page.check(ONLY_HEART_RATE)
    await page.check(NEXT_MONTH)
    await page.click('button[value=preview]')
    await page.locator('#preview').waitFor()
    t.ok(await page.isChecked(ONLY_HEART_RATE), 'what was chosen stays chosen')
    await check(page, 'consent-preview')
    await page.click('button[value=allow]')

    const rows = page.locator(`section[data-code="${HEART_RATE}"] tbody tr`)
    await rows.first().waitFor()
    t.equal(await rows.count(), 4)
    t.equal(await page.locator(`section[data-code="${WEIGHT}"] tbody tr`).count(), 0)
    await check(page, 'app-heart-rate')
    await readsNothingElse(t, page, server)
    await endsNextMonth(t, server)

    const { tokenResponse } = await readState(page)
    const own = await page.context().newPage()
    await own.goto(new URL('/auth/manage', server.base).href)
    await check(own, 'apps')
    await own.click('button.danger')
    await own.locator('.notice.success').waitFor()
    await check(own, 'apps-ended')

    const refused = page.waitForResponse((reply) => reply.url().includes('/fhir/Observation'))
    await page.click('#again')
    t.equal((await refused).status(), 401)
    await page.locator('#message.error').waitFor()
    t.equal(await page.locator('#message').textContent(), words.denied)
    await check(page, 'app-ended')
    const renewal = { grant_type: 'refresh_token', refresh_token: tokenResponse['refresh_token']! }
    t.match(await server.post('/auth/token', renewal), { status: 400, body: { error: 'invalid_grant' } })

    await own.goto(new URL('/auth/history', server.base).href)
    const told = await own.locator('main').textContent()
    for (const each of ['letIn', 'saw', 'ended', 'refused'] as const) t.match(told, words[each], each)
    await check(own, 'history')
    await own.goto(new URL('/auth/credentials', server.base).href)
    await check(own, 'credentials')
  })

async function readsNothingElse(t: Test, page: Page, { base }: SmartServer): Promise<void> {
  const { tokenResponse } = await readState(page)
  t.ok(
    tokenResponse['scope']!.split(' ').includes(`patient/Observation.rs?code=http://loinc.org|${HEART_RATE}`),
  )
  t.notMatch(tokenResponse['scope'], /Patient\.|Observation\.rs( |$)/)
  const all = await askAsApp(page, base, 'Observation?_count=100')
  const { entry } = all.body as { entry: { resource: { code: { coding: { code: string }[] } } }[] }
  t.same(
    entry.map(({ resource }) => resource.code.coding[0]!.code),
    [HEART_RATE, HEART_RATE, HEART_RATE, HEART_RATE],
  )
  t.match(await askAsApp(page, base, `Observation?code=${WEIGHT}&_summary=count`), { body: { total: 0 } })
  for (const path of ['Condition?patient=p1', 'Patient/p1', 'Consent?patient=p1'])
    t.equal((await askAsApp(page, base, path)).status, 403, path)
}

// Whole days of Japan: the first instant after the grant is the first of the month after next.
async function endsNextMonth(t: Test, server: SmartServer): Promise<void> {
  const ask = await openClient(server, 'patient/*.rs', {
    subject: 'Patient/p1',
    patient: 'p1',
    purpose: 'PATRQT',
  })
  const { body } = await ask('GET', '/Consent?patient=p1')
  const [{ resource }] = body.entry
  const tokyo = new Date(Date.now() + 9 * 3_600_000)
  const after = Date.UTC(tokyo.getUTCFullYear(), tokyo.getUTCMonth() + 2, 1) - 9 * 3_600_000
  t.equal(Date.parse(resource.provision.period.end), after - 1)
  t.same(resource.provision.code[0].coding[0].code, HEART_RATE)
}

t.test('the whole way can be gone by keyboard alone', async (t) => {
  const scene = await openScene(t)
  if (!scene) return
  const page = await openPage(scene.browser, 'en')
  const { keyboard } = page
  await page.goto(scene.app.launch)
  await page.locator('#password').waitFor()
  await keyboard.press('Tab')
  t.equal(await page.evaluate('document.activeElement.className'), 'skip', 'first to the content')
  await tabTo(page, '#login')
  await keyboard.type('taro')
  await tabTo(page, '#password')
  await keyboard.type(PASSWORD)
  await keyboard.press('Enter')
  await page.locator('button[value=allow]').waitFor()
  await tabTo(page, ASKED.patient)
  await keyboard.press('Space')
  t.notOk(await page.isChecked(ASKED.patient))
  await tabTo(page, 'input[name=scope-1-extent]')
  await keyboard.press('ArrowDown')
  t.ok(await page.isChecked(SOME))
  await tabTo(page, ONLY_HEART_RATE)
  await keyboard.press('Space')
  await tabTo(page, 'input[name=until]')
  await keyboard.press('ArrowUp')
  t.ok(await page.isChecked(NEXT_MONTH))
  await tabTo(page, 'button[value=allow]')
  const outline = await page.evaluate<string>('getComputedStyle(document.activeElement).outlineStyle')
  t.not(outline, 'none', 'what has the focus can be seen')
  await keyboard.press('Enter')
  await page.locator(`section[data-code="${HEART_RATE}"] tbody tr`).first().waitFor()
  t.match(
    (await readState(page)).tokenResponse['scope'],
    `patient/Observation.rs?code=http://loinc.org|${HEART_RATE}`,
  )
  await page.goto(new URL('/auth/manage', scene.server.base).href)
  await tabTo(page, 'button.danger')
  await keyboard.press('Enter')
  await page.locator('.notice.success').waitFor()
})
