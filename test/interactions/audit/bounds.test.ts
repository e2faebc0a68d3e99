// Bounds of time never pass over an event that a search would find.
import fc from 'fast-check'
import t from 'tap'
import { createContext } from '../../../src/app.ts'
import { boundsOf } from '../../../src/interactions/audit/bounds.ts'
import { evaluate } from '../../../src/search/evaluate.ts'
import { parseSearch } from '../../../src/search/parse.ts'
import { openServer } from '../../support/server.ts'

t.test('whatever is asked of its time, an event that is found lies within the bounds', async (t) => {
  const { config, store } = await openServer(t)
  const context = await createContext(config, store)
  const prefix = fc.constantFrom('', 'eq', 'ne', 'gt', 'ge', 'lt', 'le', 'sa', 'eb', 'ap')
  const instant = fc.integer({ min: Date.parse('2026-01-01'), max: Date.parse('2026-01-05') })
  const text = fc
    .tuple(instant, fc.constantFrom(4, 7, 10, 24))
    .map(([at, length]) => new Date(at).toISOString().slice(0, length))
  const param = fc.tuple(fc.constantFrom('date', '_lastUpdated'), prefix, text)
  let narrowed = 0
  let found = 0
  await fc.assert(
    fc.asyncProperty(fc.array(param, { minLength: 1, maxLength: 3 }), instant, async (params, at) => {
      const { query } = await parseSearch(
        context,
        'AuditEvent',
        params.map(([name, before, value]) => [name, before + value] as const),
        { handling: 'strict' },
      )
      const { where } = query.select[0]!
      const entries = ['date', '_lastUpdated'].map((name) => ({ param: name, lo: at, hi: at }))
      const { from, to } = boundsOf(where)
      if (from !== undefined || to !== undefined) narrowed++
      if (!evaluate(where, 'AuditEvent', entries)) return
      found++
      t.ok((from === undefined || at >= from) && (to === undefined || at < to), JSON.stringify(params))
    }),
    { numRuns: 500 },
  )
  t.ok(narrowed > 100 && found > 50, 'both happen')
})
