import { fixIds, stats } from './support/consented/compare.ts'
import { drawCase, report, runCase, shrinkCase } from './support/consented/property.ts'
import { request } from './support/consented/requests.ts'
fixIds()
const [seed, from, to, per] = process.argv.slice(2).map(Number)
for (let nth = from!; nth < to!; nth++) {
  const c = drawCase(seed!, nth, request, per!)
  const s = performance.now()
  const o = await runCase(c)
  console.log(stats.n, nth, c.viewer.name, c.mutation, o.hidden, o.visible, (performance.now() - s).toFixed(0))
  if (o.difference) { console.log(await report(await shrinkCase(c, o.difference.nth, undefined, 60000))); break }
}
process.exit()
