// Every request leaves one row in the access log: what was done, by whom, with what outcome. https://hl7.org/fhir/R4/auditevent.html
import t, { type Test } from 'tap'
import type { AuditRow } from '../../src/access/audit.ts'
import { type Call, openClient } from '../support/rest.ts'
import { openServer, type TestServer } from '../support/server.ts'

const ID = '00000000-0000-4000-8000-000000000001'

async function lastRow({ store }: TestServer): Promise<AuditRow> {
  // A failure is recorded after its reply.
  await new Promise((resolve) => setTimeout(resolve, 5))
  return (await store.journal.list({ limit: 1 })).rows[0]!.row
}

async function countRows({ store }: TestServer): Promise<number> {
  await new Promise((resolve) => setTimeout(resolve, 5))
  return (await store.journal.list({ limit: 1000 })).rows.length
}

async function openWorld(t: Test): Promise<{ server: TestServer; call: Call }> {
  const server = await openServer(t)
  const call = await openClient(server)
  await call('PUT', 'Patient/p', { resourceType: 'Patient', id: 'p', name: [{ family: '結び' }] })
  return { server, call }
}

const BUNDLE = (type: string) => ({
  resourceType: 'Bundle',
  type,
  entry: [
    { request: { method: 'GET', url: 'Patient/p' } },
    { resource: { resourceType: 'Basic', code: { text: 'x' } }, request: { method: 'POST', url: 'Basic' } },
  ],
})
const FORM = { 'content-type': 'application/x-www-form-urlencoded' }
const JSON_PATCH = { 'content-type': 'application/json-patch+json' }
const BASIC = { resourceType: 'Basic', code: { text: 'x' } }

type Case = readonly [
  method: string,
  path: string,
  body: unknown,
  headers: Record<string, string>,
  row: Partial<Record<keyof AuditRow, unknown>>,
]

const CASES: readonly Case[] = [
  [
    'GET',
    'Patient/p',
    undefined,
    {},
    {
      action: 'R',
      subtype: 'read',
      outcome: 0,
      patients: ['Patient/p'],
      entities: [{ ref: /^Patient\/p\/_history\// }],
    },
  ],
  ['GET', 'Patient/p?_summary=true', undefined, {}, { subtype: 'read', query: 'Patient/p?_summary=true' }],
  ['HEAD', 'Patient/p', undefined, {}, { subtype: 'read', outcome: 0 }],
  [
    'GET',
    'Patient/none',
    undefined,
    {},
    { subtype: 'read', outcome: 4, patients: ['Patient/none'], entities: [{ ref: 'Patient/none' }] },
  ],
  [
    'GET',
    'Basic/none/_history/7',
    undefined,
    {},
    { subtype: 'vread', outcome: 4, patients: [], entities: [{ ref: 'Basic/none/_history/7' }] },
  ],
  [
    'GET',
    'Patient?name=%E7%B5%90',
    undefined,
    {},
    { action: 'E', subtype: 'search-type', outcome: 0, query: 'Patient?name=%E7%B5%90' },
  ],
  ['GET', 'Patient', undefined, {}, { subtype: 'search-type', query: 'Patient' }],
  [
    'GET',
    'Patient?nonsense=1',
    undefined,
    {},
    { subtype: 'search-type', outcome: 4, query: 'Patient?nonsense=1' },
  ],
  [
    'POST',
    'Patient/_search',
    'name=x',
    FORM,
    { action: 'E', subtype: 'search-type', query: 'Patient/_search?name=x' },
  ],
  ['GET', '?_type=Patient', undefined, {}, { subtype: 'search-system', outcome: 0 }],
  ['GET', 'Patient/p/Observation', undefined, {}, { subtype: 'search-type', patients: ['Patient/p'] }],
  [
    'GET',
    'Patient/p/_history',
    undefined,
    {},
    { action: 'R', subtype: 'history-instance', patients: ['Patient/p'] },
  ],
  ['GET', 'Patient/_history', undefined, {}, { subtype: 'history-type' }],
  ['GET', '_history', undefined, {}, { subtype: 'history-system' }],
  [
    'POST',
    'Basic',
    BASIC,
    {},
    { action: 'C', subtype: 'create', entities: [{ ref: /^Basic\/.*\/_history\// }] },
  ],
  ['PUT', 'Basic/b', { ...BASIC, id: 'b' }, {}, { action: 'C', subtype: 'update', entityCount: 1 }],
  ['PUT', 'Basic/b', { ...BASIC, id: 'b', code: { text: 'y' } }, {}, { action: 'U', subtype: 'update' }],
  [
    'PATCH',
    'Basic/b',
    [{ op: 'replace', path: '/code/text', value: 'z' }],
    JSON_PATCH,
    { action: 'U', subtype: 'patch', outcome: 0 },
  ],
  ['DELETE', 'Basic/b', undefined, {}, { action: 'D', subtype: 'delete', outcome: 0 }],
  [
    'GET',
    'Basic/b',
    undefined,
    {},
    { subtype: 'read', outcome: 4, entities: [{ ref: /^Basic\/b\/_history\// }] },
  ],
  ['POST', 'Basic', { resourceType: 'Basic' }, {}, { action: 'C', subtype: 'create', outcome: 4 }],
  ['POST', 'Basic', '{', {}, { action: 'C', subtype: 'create', outcome: 4, entities: [] }],
  [
    'GET',
    'Patient/p/$everything',
    undefined,
    {},
    { action: 'E', subtype: '$everything', patients: ['Patient/p'], query: undefined },
  ],
  ['POST', '', BUNDLE('batch'), {}, { action: 'E', subtype: 'batch', entityCount: 2 }],
  ['POST', '', BUNDLE('transaction'), {}, { action: 'E', subtype: 'transaction', entityCount: 2 }],
  ['PUT', '', undefined, {}, { outcome: 4 }],
  ['GET', 'Nonsense/7', undefined, {}, { subtype: 'read', outcome: 4 }],
]

t.test('one row tells each kind of request', async (t) => {
  const { server, call } = await openWorld(t)
  let count = await countRows(server)
  for (const [method, path, body, headers, expected] of CASES) {
    await call(method, path, body, { ...headers, 'x-request-id': ID })
    const what = `${method} ${path}`
    t.equal(await countRows(server), ++count, `one row: ${what}`)
    t.match(await lastRow(server), { requestId: ID, agent: { subject: 'Client/test' }, ...expected }, what)
  }
  t.match(await server.store.journal.verify(), { rows: count, broken: undefined })
})

t.test('nobody to name, or nothing to tell, leaves no row', async (t) => {
  const { server } = await openWorld(t)
  const count = await countRows(server)
  for (const url of ['/fhir/Patient/p', '/fhir/nowhere/at/all/x/y'])
    t.equal((await server.app.inject({ url })).statusCode, 401)
  t.equal((await server.app.inject({ url: '/fhir/metadata' })).statusCode, 200)
  t.equal((await server.app.inject({ url: '/metrics', headers: await server.auth() })).statusCode, 200)
  t.equal(await countRows(server), count)
})

t.test('a row names purpose, organisation, scopes, and the patient that the token is bound to', async (t) => {
  const { server } = await openWorld(t)
  const call = await openClient(server, 'patient/*.rs', {
    subject: 'Practitioner/7',
    client: 'emr',
    organization: 'Organization/1',
    patient: 'p',
    purpose: 'ETREAT',
  })
  await call('GET', 'Observation')
  t.match(await lastRow(server), {
    agent: { subject: 'Practitioner/7', client: 'emr', organization: 'Organization/1' },
    purpose: 'ETREAT',
    patients: ['Patient/p'],
    basis: { consents: [], scopes: ['patient/*.rs'] },
    requestId: /^[0-9a-f-]{36}$/,
  })
  t.equal((await call('POST', 'Basic', BASIC)).status, 403)
  t.match(await lastRow(server), { action: 'C', outcome: 4 })
  await call('GET', 'Organization')
  t.same((await lastRow(server)).patients, [], 'the directory is about nobody')
})

t.test('a proxy is two agents, a resident is their own patient', async (t) => {
  const { server } = await openWorld(t)
  const proxy = await openClient(server, 'patient/*.rs', { subject: 'RelatedPerson/3', patient: 'p' })
  await proxy('GET', 'Patient/p')
  t.match(await lastRow(server), {
    agent: { subject: 'RelatedPerson/3', onBehalfOf: 'Patient/p' },
    patients: ['Patient/p'],
  })
  const own = await openClient(server, 'user/*.rs', { subject: 'Patient/p' })
  await own('GET', 'Observation')
  t.match(await lastRow(server), { agent: { onBehalfOf: undefined }, patients: ['Patient/p'] })
})

t.test('a request id that could be anything is not kept', async (t) => {
  const { server, call } = await openWorld(t)
  await call('GET', 'Patient/p', undefined, { 'x-request-id': '結び <script>' })
  t.match((await lastRow(server)).requestId, /^[0-9a-f-]{36}$/)
})

t.test('switched off, nothing is recorded', async (t) => {
  const server = await openServer(t, { MUSUBI_AUDIT: 'off' })
  const call = await openClient(server)
  await call('POST', 'Basic', BASIC)
  await call('GET', 'Basic/none')
  t.equal(await countRows(server), 0)
})

t.test('where a row cannot be kept for certain, nothing is given', async (t) => {
  const { server } = await openWorld(t)
  const call = await openClient(server, 'user/*.rs', {
    subject: 'Practitioner/7',
    purpose: 'BTG',
    elevation: { reason: 'test', patient: 'Patient/p' },
  })
  t.equal((await call('GET', 'Patient/p')).status, 200)
  t.match(await lastRow(server), { purpose: 'BTG', outcome: 0 })
  await server.store.close()
  const reply = await call('GET', 'Patient/p')
  t.equal(reply.status >= 500, true)
  t.notMatch(reply.text, '結び')
})
