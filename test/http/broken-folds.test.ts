// A policy that is missing in one place is noticed: each place where it is folded in is broken once, on purpose.
import t from 'tap'
import { fixIds } from '../support/consented/compare.ts'
import { BROKEN_FOLDS, UNBROKEN_HISTORY } from '../support/consented/faults.ts'
import type { Fault } from '../support/consented/pair.ts'
import { type Case, drawCase, report, runCase, shrinkCase } from '../support/consented/property.ts'
import { reading, writing } from '../support/consented/requests.ts'

const SEED = 20_261_127
const MAX_CASES = 90
const PER_CASE = 30
t.setTimeout(290_000)
t.teardown(fixIds())

interface Failure {
  readonly failing: Case
  readonly nth: number
}

/** Returns the first case that fails with the fault. */
async function findFailure(fault: Fault, asks: RegExp | 'writes'): Promise<Failure | undefined> {
  const request = asks === 'writes' ? writing : reading.filter(({ path }) => asks.test(path))
  for (let nth = 0; nth < MAX_CASES; nth++) {
    const failing = drawCase(SEED, nth, request, PER_CASE)
    const { difference } = await runCase(failing, fault)
    if (difference) return { failing, nth: difference.nth }
  }
  return undefined
}

for (const { place, fault, asks } of BROKEN_FOLDS)
  t.test(`without the policy in ${place}, the property fails`, { timeout: 280_000 }, async (t) => {
    const found = await findFailure(fault, asks)
    t.ok(found !== undefined, 'a difference is found')
  })

t.test('a history that asks both conditions outside the store is the one the store gives', async (t) => {
  const request = reading.filter(({ path }) => path.includes('_history'))
  for (let nth = 0; nth < 6; nth++) {
    const { difference } = await runCase(drawCase(SEED, nth, request, 30), UNBROKEN_HISTORY)
    t.equal(difference, undefined)
  }
})

t.test(
  'a failure is shrunk to the request and the resources that it takes',
  { timeout: 280_000 },
  async (t) => {
    const { fault, asks } = BROKEN_FOLDS[0]!
    const found = await findFailure(fault, asks)
    const least = await shrinkCase(found!.failing, found!.nth, fault)
    t.equal(least.requests.length, 1)
    const personal = least.items.filter(
      ({ versions }) => !/^(Organization|Practitioner)$/.test(versions[0]!.resourceType),
    )
    t.ok(personal.length <= 3, `${personal.length} resources`)
    const text = await report(least, fault)
    t.match(text, /^seed \d+, .+\nresources:\n {2}\w+\/\w+ from /)
    t.match(text, /\nanswer with everything:\n200\n/)
  },
)
