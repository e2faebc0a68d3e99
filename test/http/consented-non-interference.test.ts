// What consents hide changes no answer (NI-1, NI-2, NI-3): the same requests to a server with everything and to one with the visible alone.
import t from 'tap'
import { fixIds } from '../support/consented/compare.ts'
import { drawCase, report, runCase, shrinkCase } from '../support/consented/property.ts'
import { request } from '../support/consented/requests.ts'

const REQUESTS = Number(process.env['MUSUBI_NI_REQUESTS'] ?? 20_000)
const PER_CASE = 280
const SEED = Number(process.env['MUSUBI_NI_SEED'] ?? Date.now() % 1_000_000_000)
const CASES = Math.ceil(REQUESTS / PER_CASE)

t.test(
  `whatever is hidden, answers to ${REQUESTS} requests are those of a server without it (MUSUBI_NI_SEED=${SEED})`,
  { timeout: 280_000 },
  async (t) => {
    t.teardown(fixIds())
    let hidden = 0
    let visible = 0
    for (let nth = 0; nth < CASES; nth++) {
      const drawn = drawCase(SEED, nth, request, PER_CASE)
      const outcome = await runCase(drawn)
      hidden += outcome.hidden
      visible += outcome.visible
      if (outcome.difference) {
        t.fail(await report(await shrinkCase(drawn, outcome.difference.nth)))
        return
      }
    }
    t.ok(hidden > CASES && visible > CASES, `${hidden} hidden and ${visible} visible resources in ${CASES} worlds`)
  },
)
