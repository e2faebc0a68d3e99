// A page as people meet it in a browser: narrow, wide, light, dark, by keyboard and by screen reader. https://www.w3.org/WAI/WCAG22/quickref/
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import type { Test } from 'tap'
import { FAULTS } from './accessibility.ts'

/** Where pictures of the pages go; none are taken where it is not set. */
const PICTURES = process.env['MUSUBI_SCREENSHOTS']

const WIDTHS = [360, 1200] as const
const HEIGHT = 800

/** Asserts of every width, light and dark, that nothing needs scrolling to the side, and the first rules of accessibility. */
export async function checkScreen(t: Test, page: Page, name: string): Promise<void> {
  const before = page.viewportSize()
  for (const width of WIDTHS) {
    await page.setViewportSize({ width, height: HEIGHT })
    const beyond = await page.evaluate<number>('document.scrollingElement.scrollWidth - innerWidth')
    t.ok(beyond <= 0, `${name} fits ${width} px`)
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
      t.same(await page.evaluate(FAULTS), [], `${name} is accessible at ${width} px, ${colorScheme}`)
      if (PICTURES === undefined) continue
      const path = join(PICTURES, `${name}-${width}-${colorScheme}.png`)
      await page.screenshot({ path, fullPage: true, animations: 'disabled' })
    }
  }
  await page.emulateMedia({ colorScheme: 'light' })
  if (before) await page.setViewportSize(before)
}

/** Presses Tab until what has the focus matches; fails where it cannot be reached. */
export async function tabTo(page: Page, selector: string): Promise<void> {
  for (let presses = 0; presses < 150; presses++) {
    if (await page.evaluate(`document.activeElement.matches(${JSON.stringify(selector)})`)) return
    await page.keyboard.press('Tab')
  }
  throw new Error(`Tab does not reach ${selector}`)
}
