// NI-5: a request for what is hidden and one for what is absent put the same questions to the store, and these run the same statements.
import t, { type Test } from 'tap'
import type { PlanData } from '../../src/access/plan.ts'
import { createApp } from '../../src/app.ts'
import { type Connection, openConnection } from '../../src/store/sqlite/connection.ts'
import { historyPage } from '../../src/store/sqlite/history.ts'
import { readVersion } from '../../src/store/sqlite/read.ts'
import { searchPage } from '../../src/store/sqlite/search.ts'
import type { Store } from '../../src/store/store.ts'
import { OF_B, openHospitals } from '../support/consented/hospitals.ts'
import { everything, toPlan } from '../support/plans.ts'
import { openClient } from '../support/rest.ts'

/** Returns a store that notes every question, and the list of them. */
function listenTo(store: Store): { readonly store: Store; readonly asked: PlanData[] } {
  const asked: PlanData[] = []
  const noting: Store = {
    ...store,
    read(plan) {
      asked.push(plan.data)
      return store.read(plan)
    },
    search(plan) {
      asked.push(plan.data)
      return store.search(plan)
    },
    visible(plan) {
      asked.push(plan.data)
      return store.visible(plan)
    },
    history(plan) {
      asked.push(plan.data)
      return store.history(plan)
    },
  }
  return { store: noting, asked }
}

/** Returns the connection with every statement noted as it runs, without its values. */
function trace(connection: Connection): { readonly connection: Connection; readonly ran: string[] } {
  const ran: string[] = []
  const noted =
    <Args extends readonly unknown[], Answer>(run: (sql: string, ...args: Args) => Answer) =>
    (sql: string, ...args: Args) => {
      ran.push(sql)
      return run(sql, ...args)
    }
  const { all, get, iterate, exec } = connection
  const noting = {
    ...connection,
    all: noted(all),
    get: noted(get),
    iterate: noted(iterate),
    exec: noted(exec),
  }
  return { connection: noting, ran }
}

/** Returns the statements that the questions run. */
function statementsOf(connection: Connection, asked: readonly PlanData[]): readonly string[] {
  const { connection: noting, ran } = trace(connection)
  for (const data of asked) {
    if (data.kind === 'read') readVersion(noting, data)
    else if (data.kind === 'search') searchPage(noting, data)
    else if (data.kind === 'history') historyPage(noting, data)
  }
  return ran
}

async function openTraced(t: Test, wrap: (store: Store) => Store = (store) => store) {
  const { server } = await openHospitals(t)
  const { store, asked } = listenTo(server.store)
  const app = await createApp(server.config, wrap(store), { write: () => undefined })
  t.teardown(() => app.close())
  const b = await openClient({ ...server, app }, 'user/*.cruds', OF_B)
  const connection = openConnection(`${server.config.store.slice('sqlite:'.length)}/musubi.db`, {
    readOnly: true,
  })
  t.teardown(() => connection.close())
  // What is asked once for each grantee and type is asked by then.
  await b('GET', 'Condition')
  /** Returns the status, the questions and the statements of one request. */
  return async ([, method, path, body, headers]: Ask, id: string) => {
    asked.length = 0
    const sent = body && !Array.isArray(body) ? { ...body, id } : body
    const { status } = await b(method, path(id), sent, headers)
    return {
      status,
      questions: asked.map(({ kind }) => kind),
      statements: statementsOf(connection, [...asked]),
    }
  }
}

const condition = { resourceType: 'Condition', subject: { reference: 'Patient/p1' } }
const PATCH = { 'content-type': 'application/json-patch+json' }

type Ask = readonly [
  title: string,
  method: string,
  path: (id: string) => string,
  body?: object,
  headers?: Record<string, string>,
]

const ASKS: readonly Ask[] = [
  ['a read', 'GET', (id) => `Condition/${id}`],
  ['a read with If-None-Match', 'GET', (id) => `Condition/${id}`, undefined, { 'if-none-match': 'W/"x"' }],
  ['a vread', 'GET', (id) => `Condition/${id}/_history/0123456789abcdef`],
  ['a history', 'GET', (id) => `Condition/${id}/_history`],
  ['a search', 'GET', (id) => `Condition?_id=${id}&_total=accurate`],
  ['an update', 'PUT', (id) => `Condition/${id}`, condition],
  ['a patch', 'PATCH', (id) => `Condition/${id}`, [{ op: 'remove', path: '/note' }], PATCH],
  ['a delete', 'DELETE', (id) => `Condition/${id}`],
  ['a conditional delete', 'DELETE', (id) => `Condition?_id=${id}`],
  ['$meta', 'GET', (id) => `Condition/${id}/$meta`],
]

t.test('hidden and absent: the same questions and the same statements in the same order', async (t) => {
  const ask = await openTraced(t)
  for (const each of ASKS) {
    const [hidden, absent] = [await ask(each, 'hidden'), await ask(each, 'nothing-there')]
    t.ok(hidden.statements.length > 0, `${each[0]} asks the store`)
    t.same(hidden, absent, each[0])
  }
})

t.test('a store that looks first whether anything stands there is found out', async (t) => {
  const ask = await openTraced(t, (store) => ({
    ...store,
    async read(plan) {
      const { type } = plan.data.select
      const found = await store.read(toPlan({ ...plan.data, select: everything(type) }))
      return found && store.read(plan)
    },
  }))
  const [hidden, absent] = [await ask(ASKS[0]!, 'hidden'), await ask(ASKS[0]!, 'nothing-there')]
  t.equal(hidden.status, absent.status, 'by its answer alone it is not')
  t.notSame(hidden.statements, absent.statements)
})
