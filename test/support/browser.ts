// A real Chromium for tests of pages; without one they are skipped, with the reason.
import { existsSync } from 'node:fs'
import { type Browser, chromium } from 'playwright-core'
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
