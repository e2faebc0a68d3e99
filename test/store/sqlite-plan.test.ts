// The shape of the plans: no search reads a table from end to end, and each asks few statements. https://www.sqlite.org/eqp.html
import t from 'tap'
import type { HistoryPlan } from '../../src/access/plan.ts'
import { and, type Expr, equals, not, or, type Query, startsWith } from '../../src/search/query.ts'
import { type Connection, openConnection, type SqlValue } from '../../src/store/sqlite/connection.ts'
import { historyPage } from '../../src/store/sqlite/history.ts'
import { openSqliteStore } from '../../src/store/sqlite/open.ts'
import { readVersion } from '../../src/store/sqlite/read.ts'
import { searchPage } from '../../src/store/sqlite/search.ts'
import { everything, toPut, toQuery } from '../support/plans.ts'

const DAY = 86_400_000
const FACTS = 6000
let connection: Connection
let statements: { text: string; params: readonly SqlValue[] }[] = []

t.before(async () => {
  const folder = t.testdir()
  const store = await openSqliteStore(folder)
  const changes = Array.from({ length: FACTS }, (_, n) =>
    toPut('Observation', String(n), '1', [
      { param: 'code', lo: `c${n % 3}`, hi: `c${n % 3}` },
      { param: 'subject', lo: `Patient/${n % 100}`, hi: `Patient/${n % 100}` },
      { param: 'date', lo: n * DAY, hi: (n + 1) * DAY },
    ]),
  )
  for (let n = 0; n < 100; n++)
    changes.push(toPut('Patient', String(n), '1', [{ param: 'name', lo: `name${n}`, hi: `name${n}` }]))
  await store.commit(changes)
  await store.close()
  connection = watch(openConnection(`${folder}/musubi.db`, { readOnly: true }))
})
t.after(() => connection.close())

// Notes what is asked of the connection, without changing it.
function watch(real: Connection): Connection {
  const note = <T>(ask: (text: string, params: readonly SqlValue[]) => T) => {
    return (text: string, params: readonly SqlValue[]) => {
      statements.push({ text, params })
      return ask(text, params)
    }
  }
  return { ...real, all: note(real.all), get: note(real.get) }
}

function plansOf(ask: () => unknown): { details: string[]; asked: number } {
  statements = []
  const answer = ask()
  if (answer === 'heavy') throw new Error('heavy')
  const asked = statements.filter(({ text }) => !text.includes('FROM param') && !text.includes('FROM type'))
  const details = asked.flatMap(({ text, params }) =>
    connection.all(`EXPLAIN QUERY PLAN ${text}`, params).map((row) => `${row[3]} ← ${text}`),
  )
  return { details, asked: asked.length }
}

// A list of keys, a subquery and a row of constants may be read whole; a table may not.
const WHOLE = /^SCAN (?!j\b|json_each|c\b|CONSTANT|\(?subquery|m\b VIRTUAL)/

const newest = [{ param: 'date', descending: true }]
const after: Expr = { kind: 'match', param: 'date', hi: { min: 5990 * DAY, minOpen: true } }
const searches: Record<string, { where: Expr; parts?: Partial<Query>; atMost: number }> = {
  'patient and code, newest first': {
    where: and(equals('subject', 'Patient/7'), equals('code', 'c1')),
    parts: { sort: newest },
    atMost: 7,
  },
  'one code': { where: equals('code', 'c1'), atMost: 8 },
  'a list of codes': { where: or(equals('code', 'c1'), equals('code', 'c2')), atMost: 12 },
  'everything, newest first': { where: { kind: 'all' }, parts: { sort: newest }, atMost: 8 },
  'ends after': { where: after, atMost: 6 },
  'ends after, or within': {
    where: or(after, { kind: 'match', param: 'date', lo: { min: 5980 * DAY }, hi: { max: 5999 * DAY } }),
    atMost: 6,
  },
  chain: {
    where: { kind: 'chain', param: 'subject', to: [{ type: 'Patient', where: startsWith('name', 'name7') }] },
    atMost: 10,
  },
  'not, with a total': {
    where: and(equals('subject', 'Patient/7'), not(equals('code', 'c1'))),
    parts: { total: 'accurate' },
    atMost: 8,
  },
  'include and revinclude': {
    where: equals('subject', 'Patient/7'),
    parts: {
      includes: [
        {
          kind: 'include',
          iterate: true,
          source: everything('Observation'),
          param: 'subject',
          targets: [everything('Patient')],
        },
      ],
    },
    atMost: 14,
  },
}

for (const [name, { where, parts, atMost }] of Object.entries(searches))
  t.test(`${name}: through indexes alone, in at most ${atMost} statements`, async (t) => {
    const query = toQuery([{ type: 'Observation', where }], { count: 20, ...parts })
    const { details, asked } = plansOf(() => searchPage(connection, { kind: 'search', query }, 5000))
    t.strictSame(
      details.filter((detail) => WHOLE.test(detail)),
      [],
    )
    t.ok(asked <= atMost, `asked ${asked}`)
  })

t.test('reads and histories go through indexes alone', async (t) => {
  const select = { type: 'Observation', where: equals('subject', 'Patient/7') }
  const history: HistoryPlan = { kind: 'history', select: [select], id: '7', count: 10, total: 'none' }
  for (const ask of [
    () => readVersion(connection, { kind: 'read', select, id: '7' }),
    () => readVersion(connection, { kind: 'read', select, id: '7', versionId: '1' }),
    () => historyPage(connection, history),
    () => historyPage(connection, { kind: 'history', select: [select], since: 5, count: 10, total: 'none' }),
  ])
    t.strictSame(
      plansOf(ask).details.filter((detail) => WHOLE.test(detail)),
      [],
    )
})

t.test('a plan that does read a table whole would be seen', async (t) => {
  const { details } = plansOf(() => connection.all('SELECT * FROM resource b WHERE b.deleted = 1', []))
  t.equal(details.filter((detail) => WHOLE.test(detail)).length, 1)
})
