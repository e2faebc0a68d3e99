// A real Chromium for tests of pages; without one they are skipped, with the reason.
import { existsSync } from 'node:fs'
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import type { Test } from 'tap'

const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'] as const

/** Opens a browser that is closed when the test ends; where none is installed, skips the test and returns undefined. */
export async function openBrowser(t: Test): Promise<Browser | undefined> {
  const executablePath = PLACES.find((place) => existsSync(place))
  if (executablePath === undefined) {
    t.pass('no browser', { skip: `no Chromium at ${PLACES.join(', ')}` })
    return undefined
  }
  const browser = await chromium.launch({ executablePath, args: ['--headless', '--no-sandbox'] })
  t.teardown(() => browser.close())
  return browser
}

/** Opens a page of a person of their own, who waits for nothing longer than 15 seconds. */
export async function openPage(
  browser: Browser,
  locale: string,
  options: BrowserContextOptions = {},
): Promise<Page> {
  const context = await browser.newContext({ locale, ...options })
  context.setDefaultTimeout(15_000)
  return context.newPage()
}

/** Types a password on the page of the login, or where who is logged in proves it once more, and sends it. */
export async function sendPassword(page: Page, password: string): Promise<void> {
  await page.fill('#password', password)
  await page.click('form:has(#password) button[type=submit]')
}
