// The property as a test: as many requests as asked for, from a seed that is printed, shrunk where one fails.
import type fc from 'fast-check'
import type { Test } from 'tap'
import { fixIds } from './compare.ts'
import { type Case, drawCase, report, runCase, shrinkCase } from './property.ts'
import type { Request } from './request.ts'

/** Where CI is not set a machine may be too busy for all of them: what has been asked by then must do. */
const BUDGET_MS = 200_000
const TIMEOUT_MS = 590_000
const PER_CASE = 280

/** Seed of the cases: another one every time, unless MUSUBI_NI_SEED repeats one. */
const SEED = Number(process.env['MUSUBI_NI_SEED'] ?? Date.now() % 1_000_000_000)

export interface Asking {
  readonly title: string
  readonly request: fc.Arbitrary<Request>
  /** How many requests; MUSUBI_NI_REQUESTS says otherwise. */
  readonly requests: number
}

/** Tests that `requests` requests are answered as by servers that hold the visible alone. */
export function testNonInterference(t: Test, { title, request, requests }: Asking): void {
  const cases = Math.ceil(Number(process.env['MUSUBI_NI_REQUESTS'] ?? requests) / PER_CASE)
  // Shrinking may take longer than any case.
  t.setTimeout(TIMEOUT_MS)
  t.test(`${title} (MUSUBI_NI_SEED=${SEED})`, { timeout: TIMEOUT_MS }, async (t) => {
    t.teardown(fixIds())
    const until = process.env['CI'] ? Number.POSITIVE_INFINITY : Date.now() + BUDGET_MS
    let [asked, hidden, visible] = [0, 0, 0]
    for (let nth = 0; nth < cases && Date.now() < until; nth++) {
      const drawn = drawCase(SEED, nth, request, PER_CASE)
      const outcome = await runCase(drawn)
      asked += drawn.requests.length
      hidden += outcome.hidden
      visible += outcome.visible
      if (outcome.isTouched) return t.fail(`something hidden was changed: case ${nth} of ${SEED}`)
      if (outcome.difference) return t.fail(await explain(drawn, outcome.difference.nth))
    }
    t.comment(
      `${asked} requests with ${hidden} hidden and ${visible} visible resources, MUSUBI_NI_SEED=${SEED}`,
    )
    t.ok(asked > 0 && hidden > 0 && visible > 0)
  })
}

async function explain(drawn: Case, nth: number): Promise<string> {
  return report(await shrinkCase(drawn, nth, undefined, 60_000))
}
