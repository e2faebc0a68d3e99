// A page as people meet it in a browser: narrow, wide, light, dark, by keyboard and by screen reader. https://www.w3.org/WAI/WCAG22/quickref/
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import type { Test } from 'tap'

/** Where pictures of the pages go; none are taken where it is not set. */
const PICTURES = process.env['MUSUBI_SCREENSHOTS']

const WIDTHS = [360, 1200] as const
const HEIGHT = 800

// What axe-core would ask first: language, title, one h1, no id twice, a name for every control.
const FAULTS = `(() => {
  const faults = []
  const all = (selector) => [...document.querySelectorAll(selector)]
  if (!document.documentElement.lang) faults.push('no language')
  if (!document.title) faults.push('no title')
  if (all('h1').length !== 1) faults.push(all('h1').length + ' h1')
  const ids = all('[id]').map(({ id }) => id)
  faults.push(...ids.filter((id, i) => ids.indexOf(id) !== i).map((id) => 'twice #' + id))
  const nameOf = (element) =>
    element.getAttribute('aria-label') ??
    [...(element.labels ?? [])].map(({ textContent }) => textContent).join(' ').trim() ??
    ''
  for (const each of all('input:not([type=hidden]):not([hidden]), select, textarea'))
    if (nameOf(each) === '') faults.push('no name: ' + each.outerHTML)
  for (const each of all('button, a[href], summary'))
    if (!each.hidden && (each.getAttribute('aria-label') ?? each.textContent).trim() === '') faults.push('no words: ' + each.outerHTML)
  for (const each of all('[hidden]'))
    if (each.getClientRects().length > 0) faults.push('hidden, and seen: ' + each.outerHTML)
  for (const each of all('img:not([alt]), svg:not([role=img]):not([aria-hidden])')) faults.push('no alternative: ' + each.outerHTML)
  return faults
})()`

/** Asserts that the page needs no scrolling to the side at any width, and the first rules of accessibility. */
export async function checkScreen(t: Test, page: Page, name: string): Promise<void> {
  t.same(await page.evaluate(FAULTS), [], `${name} is accessible`)
  const before = page.viewportSize()
  for (const width of WIDTHS) {
    await page.setViewportSize({ width, height: HEIGHT })
    const beyond = await page.evaluate<number>('document.scrollingElement.scrollWidth - innerWidth')
    t.ok(beyond <= 0, `${name} fits ${width} px`)
    if (PICTURES !== undefined) await takePictures(page, `${name}-${width}`)
  }
  if (before) await page.setViewportSize(before)
}

async function takePictures(page: Page, name: string): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme })
    await page.screenshot({
      path: join(PICTURES!, `${name}-${colorScheme}.png`),
      fullPage: true,
      animations: 'disabled',
    })
  }
  await page.emulateMedia({ colorScheme: 'light' })
}

/** Presses Tab until what has the focus matches; fails where it cannot be reached. */
export async function tabTo(page: Page, selector: string): Promise<void> {
  for (let presses = 0; presses < 150; presses++) {
    if (await page.evaluate(`document.activeElement.matches(${JSON.stringify(selector)})`)) return
    await page.keyboard.press('Tab')
  }
  throw new Error(`Tab does not reach ${selector}`)
}
