// A walk over pages during which others change what is hidden: no page is another for it (NI-6, L02, L03).
import t from 'tap'
import { findDifference, fixIds } from '../support/consented/compare.ts'
import { openPair } from '../support/consented/pair.ts'
import { drawCase } from '../support/consented/property.ts'
import { reading } from '../support/consented/requests.ts'

const SEED = Number(process.env['MUSUBI_NI_SEED'] ?? Date.now() % 1_000_000_000)
const CASES = 22
const PER_CASE = 40

t.setTimeout(290_000)
t.teardown(fixIds())

t.test(
  `what others do to hidden resources between two pages changes neither (MUSUBI_NI_SEED=${SEED})`,
  { timeout: 280_000 },
  async (t) => {
    const paged = reading.filter(({ path }) => /_count=[123]/.test(path))
    for (let nth = 0; nth < CASES; nth++) {
      const { items, viewer, requests } = drawCase(SEED, nth, paged, PER_CASE)
      const pair = await openPair(items, viewer)
      const before = await pair.hiddenContent()
      const difference = await findDifference(pair, requests, true)
      const isDisturbed = (await pair.hiddenContent()) !== before
      await pair.close()
      if (difference)
        t.same(difference.whole, difference.part, `${nth}: ${JSON.stringify(requests[difference.nth])}`)
      else t.pass(isDisturbed ? 'others wrote' : 'nothing was hidden, or no answer had a second page')
    }
  },
)
