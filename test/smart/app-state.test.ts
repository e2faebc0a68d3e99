// App state: what apps keep beside the record, and who may reach it.
import t, { type Test } from 'tap'
import type { TokenGrant } from '../../src/access/principal.ts'
import { putClient } from '../support/registered.ts'
import { openServer, type TestServer } from '../support/server.ts'

const APP = 'https://app.example.org'
const PREFS = { system: APP, code: 'prefs' }
const PATIENT: Partial<TokenGrant> = { subject: 'Patient/p', patient: 'p', client: 'app', purpose: 'PATRQT' }

interface Sent {
  readonly ifMatch?: string
  readonly body?: unknown
  readonly type?: string
}

async function open(t: Test) {
  const server = await openServer(t)
  await putClient(server.store, 'app')
  const base = server.config.baseUrl
  const basic = (more: object = {}) => ({
    resourceType: 'Basic',
    code: { coding: [PREFS] },
    subject: { reference: `${base}/Patient/p` },
    extension: [{ url: `${APP}/v1`, valueString: 'dark' }],
    ...more,
  })
  const client = async (scope = 'patient/Basic.cruds', grant: Partial<TokenGrant> = PATIENT) => {
    const headers = await server.auth(scope, grant)
    return (method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, sent: Sent = {}) =>
      server.app.inject({
        method,
        url: `/app-state/${path}`,
        headers: {
          ...headers,
          ...(sent.body !== undefined && { 'content-type': sent.type ?? 'application/fhir+json' }),
          ...(sent.ifMatch !== undefined && { 'if-match': sent.ifMatch }),
        },
        ...(sent.body !== undefined && {
          payload: typeof sent.body === 'string' ? sent.body : JSON.stringify(sent.body),
        }),
      })
  }
  const query = (code: string, subject?: string) =>
    `Basic?code=${encodeURIComponent(code)}&${subject === undefined ? 'subject:missing=true' : `subject=${encodeURIComponent(`${base}/${subject}`)}`}`
  return { server, base, basic, client, query }
}

const PREFS_CODE = `${PREFS.system}|${PREFS.code}`

async function rowsOf({ store }: TestServer, subtype: string) {
  await store.journal.flush()
  return (await store.journal.list({ limit: 100, subtype })).rows.map(({ row }) => row)
}

t.test('55: an app creates, finds, reads, replaces and deletes state about its patient', async (t) => {
  const { server, basic, client, query, base } = await open(t)
  const app = await client()
  const made = await app('POST', 'Basic', { body: basic() })
  t.equal(made.statusCode, 201)
  const { id, meta } = made.json()
  t.match(made.headers['location'], new RegExp(`/app-state/Basic/${id}$`))
  t.equal(made.headers['etag'], `W/"${meta.versionId}"`)
  t.match(made.json(), basic())
  const found = (await app('GET', query(PREFS_CODE, 'Patient/p'))).json()
  t.match(found, { resourceType: 'Bundle', type: 'searchset', total: 1, entry: [{ resource: { id } }] })
  t.equal((await app('GET', `${query(PREFS_CODE, 'Patient/p')}&_id=other`)).json().total, 0)
  t.equal((await app('GET', query(`${APP}|other`, 'Patient/p'))).json().total, 0)
  const changed = basic({ id, extension: [{ url: `${APP}/v1`, valueString: 'light' }] })
  const put = await app('PUT', `Basic/${id}`, { body: changed, ifMatch: made.headers['etag'] as string })
  t.equal(put.statusCode, 200)
  t.not(put.headers['etag'], made.headers['etag'])
  const read = await app('GET', `Basic/${id}`)
  t.equal(read.headers['etag'], put.headers['etag'])
  t.equal(read.json().extension[0].valueString, 'light')
  t.equal((await app('DELETE', `Basic/${id}`, { ifMatch: put.headers['etag'] as string })).statusCode, 204)
  t.equal((await app('GET', `Basic/${id}`)).statusCode, 410)
  t.equal((await app('GET', query(PREFS_CODE, 'Patient/p'))).json().total, 0)
  const all = await server.auth('system/*.cruds')
  const inBase = await server.app.inject({ url: '/fhir/Basic', headers: all })
  t.equal(inBase.json().total ?? 0, 0, 'not among the Basics of the FHIR base')
  t.ok(base.endsWith('/fhir'))
})

t.test('55: a change without If-Match, with another version, or after deletion is 412', async (t) => {
  const { basic, client } = await open(t)
  const app = await client()
  const made = await app('POST', 'Basic', { body: basic() })
  const { id } = made.json()
  const etag = made.headers['etag'] as string
  const body = basic({ id })
  for (const ifMatch of [undefined, 'W/"2"', 'W/"0"', '*']) {
    const sent = ifMatch === undefined ? {} : { ifMatch }
    t.equal((await app('PUT', `Basic/${id}`, { body, ...sent })).statusCode, 412, `PUT ${ifMatch}`)
    t.equal((await app('DELETE', `Basic/${id}`, sent)).statusCode, 412, `DELETE ${ifMatch}`)
  }
  t.equal((await app('PUT', `Basic/${id}`, { body, ifMatch: 'nonsense' })).statusCode, 400)
  t.equal((await app('POST', 'Basic', { body: basic(), ifMatch: etag })).statusCode, 412, 'nothing to match')
  const unknown = basic({ id: 'unknown' })
  t.equal((await app('PUT', 'Basic/unknown', { body: unknown, ifMatch: etag })).statusCode, 412)
  t.equal((await app('PUT', `Basic/${id}`, { body, ifMatch: etag })).statusCode, 200)
  t.equal((await app('PUT', `Basic/${id}`, { body, ifMatch: etag })).statusCode, 412, 'replayed')
  t.equal((await app('DELETE', `Basic/${id}`, { ifMatch: 'W/"2"' })).statusCode, 204)
  for (const ifMatch of ['W/"2"', 'W/"3"']) {
    const after = await app('PUT', `Basic/${id}`, { body, ifMatch })
    t.equal(after.statusCode, 412, 'deleted is deleted')
    t.match(after.json(), { resourceType: 'OperationOutcome' })
    t.equal((await app('DELETE', `Basic/${id}`, { ifMatch })).statusCode, 412)
  }
})

t.test('55: a change of subject or code is 412', async (t) => {
  const { basic, client, base } = await open(t)
  const app = await client('patient/Basic.cruds user/Basic.cruds')
  const { id } = (await app('POST', 'Basic', { body: basic() })).json()
  const changes = [
    { code: { coding: [{ ...PREFS, code: 'other' }] } },
    { code: { coding: [{ ...PREFS, display: 'Preferences' }] } },
    { subject: undefined },
    { subject: { reference: `${base}/Patient/p`, display: 'P' } },
  ]
  for (const change of changes) {
    const put = await app('PUT', `Basic/${id}`, { body: basic({ id, ...change }), ifMatch: 'W/"1"' })
    t.ok([412, 403].includes(put.statusCode), `${JSON.stringify(change)} ${put.statusCode}`)
    t.equal(put.statusCode === 403, 'subject' in change && change.subject === undefined, 'a right it lacks')
  }
  t.equal((await app('GET', `Basic/${id}`)).headers['etag'], 'W/"1"')
})

t.test('55: of two writers at the same version one wins', async (t) => {
  const { basic, client } = await open(t)
  const app = await client()
  const { id } = (await app('POST', 'Basic', { body: basic() })).json()
  const put = () => app('PUT', `Basic/${id}`, { body: basic({ id }), ifMatch: 'W/"1"' })
  const statuses = (await Promise.all([put(), put(), put(), put()])).map(({ statusCode }) => statusCode)
  t.strictSame(statuses.sort(), [200, 412, 412, 412])
})

t.test('55: what is no state is refused with its reason', async (t) => {
  const { basic, client } = await open(t)
  const app = await client('patient/*.cruds')
  const wrong: readonly (readonly [object | string, number])[] = [
    ['{', 400],
    ['', 400],
    ['null', 400],
    [{ ...basic(), resourceType: 'Patient' }, 400],
    [basic({ id: 'mine' }), 400],
    [basic({ meta: { versionId: '1' } }), 400],
    [basic({ code: { coding: [] } }), 400],
    [basic({ code: { coding: [PREFS, { ...PREFS, code: 'b' }] } }), 400],
    [basic({ code: { text: 'prefs' } }), 400],
    [basic({ code: { coding: [{ code: 'prefs' }] } }), 400],
    [basic({ subject: { reference: 'Patient/p' } }), 400],
    [basic({ subject: { reference: 'https://elsewhere.example/fhir/Patient/p' } }), 400],
    [basic({ subject: { reference: 'http://localhost:3000/fhir/Observation/1' } }), 400],
    [basic({ subject: { display: 'P' } }), 400],
    [basic({ extension: [{ url: 'https://a.example', valueInteger: 1 }] }), 400],
    [basic({ extension: [{ url: 'https://a.example', extension: [] }] }), 400],
    [
      basic({
        extension: [{ url: 'https://a.example', extension: [{ url: 'b', valueString: 'c' }] }],
      }),
      400,
    ],
    [basic({ modifierExtension: [{ url: 'https://a.example', valueString: 'x' }] }), 400],
    [basic({ nonsense: true }), 400],
    [basic({ extension: [{ url: 'https://a.example', valueString: 'x'.repeat(256 * 1024) }] }), 413],
  ]
  for (const [body, status] of wrong) {
    const reply = await app('POST', 'Basic', { body })
    t.equal(reply.statusCode, status, JSON.stringify(body).slice(0, 150))
    t.match(reply.json(), { resourceType: 'OperationOutcome', issue: [{ severity: 'error' }] })
  }
  t.equal((await app('POST', 'Basic', { body: basic(), type: 'text/plain' })).statusCode, 415)
  t.equal((await app('POST', 'Basic', { body: basic(), type: 'application/json' })).statusCode, 201)
  const large = basic({ extension: [{ url: 'https://a.example', valueString: 'x'.repeat(250 * 1024) }] })
  t.equal((await app('POST', 'Basic', { body: large })).statusCode, 201)
})

t.test('55: a question is code with subject or with subject:missing, and nothing else', async (t) => {
  const { client, query, base } = await open(t)
  const app = await client()
  const good = query(PREFS_CODE, 'Patient/p')
  for (const path of [
    'Basic',
    `Basic?code=${PREFS_CODE}`,
    `Basic?subject=${base}/Patient/p`,
    `Basic?code=prefs&subject=${base}/Patient/p`,
    `Basic?code=${PREFS_CODE}&subject=Patient/p`,
    `Basic?code=${PREFS_CODE}&subject:missing=false`,
    `${good}&subject:missing=true`,
    `${good}&subject=${base}/Patient/q`,
    `${good}&code=${PREFS_CODE}`,
    `${good}&author=x`,
    `${good}&_include=*`,
    'Basic?code=%',
  ]) {
    const reply = await app('GET', path)
    t.equal(reply.statusCode, 400, path)
    t.match(reply.json(), { resourceType: 'OperationOutcome' })
  }
  t.equal((await app('GET', good)).statusCode, 200)
})

t.test('55: without a token 401, without the right 403', async (t) => {
  const { server, basic, client, query } = await open(t)
  const bare = await server.app.inject({ method: 'POST', url: '/app-state/Basic', payload: '{' })
  t.equal(bare.statusCode, 401)
  t.equal(bare.headers['www-authenticate'], 'Bearer')
  t.match(bare.json(), { resourceType: 'OperationOutcome' })
  const owner = await client()
  const { id } = (await owner('POST', 'Basic', { body: basic() })).json()
  const body = basic({ id })
  for (const scope of [
    'patient/Basic.r',
    'patient/Observation.cruds',
    'user/Basic.cruds?code=https://app.example.org|other',
    'patient/Basic.cruds?code=https://app.example.org|other',
    'patient/Basic.cruds?author=Practitioner/1',
    'openid',
  ]) {
    const app = await client(scope)
    t.equal((await app('POST', 'Basic', { body: basic() })).statusCode, 403, scope)
    t.equal((await app('PUT', `Basic/${id}`, { body, ifMatch: 'W/"1"' })).statusCode, 403, scope)
    t.equal((await app('DELETE', `Basic/${id}`, { ifMatch: 'W/"1"' })).statusCode, 412, scope)
    t.equal((await app('GET', query(PREFS_CODE, 'Patient/p'))).statusCode, 403, scope)
  }
  const narrow = await client(`patient/Basic.s?code=${PREFS_CODE}`)
  t.equal((await narrow('GET', query(PREFS_CODE, 'Patient/p'))).json().total, 1)
  t.equal((await narrow('GET', `Basic/${id}`)).statusCode, 404, 'hidden is absent')
})

t.test("55: a token reaches its own patient's and its own user's state, and no other", async (t) => {
  const { server, basic, client, query, base } = await open(t)
  await server.app.inject({
    method: 'PUT',
    url: '/fhir/Patient/p',
    headers: { ...(await server.auth()), 'content-type': 'application/fhir+json' },
    payload: JSON.stringify({ resourceType: 'Patient', id: 'p' }),
  })
  const doctor = { subject: 'Practitioner/d', client: 'app' }
  const own = { subject: { reference: `${base}/Practitioner/d` } }
  const user = await client('user/Basic.cruds', doctor)
  t.equal((await user('POST', 'Basic', { body: basic(own) })).statusCode, 201)
  t.equal((await user('GET', query(PREFS_CODE, 'Practitioner/d'))).json().total, 1)
  t.equal((await user('POST', 'Basic', { body: basic() })).statusCode, 403, 'a patient is not its user')
  const other = await client('user/Basic.cruds', { subject: 'Practitioner/e', client: 'app' })
  t.equal((await other('GET', query(PREFS_CODE, 'Practitioner/d'))).statusCode, 403)
  const stranger = await client('patient/Basic.cruds', { ...PATIENT, subject: 'Patient/q', patient: 'q' })
  t.equal((await stranger('GET', query(PREFS_CODE, 'Patient/p'))).statusCode, 403)
  const companion = await client('patient/Basic.cruds', { ...doctor, patient: 'p' })
  t.equal((await companion('GET', query(PREFS_CODE, 'Patient/p'))).statusCode, 200)
  const outside = { ...doctor, patient: 'p', organization: 'Organization/elsewhere' }
  const hidden = await client('patient/Basic.cruds', outside)
  t.equal((await hidden('GET', query(PREFS_CODE, 'Patient/p'))).statusCode, 403, 'no consent, no state')
  const system = await client('system/Basic.cruds', { subject: 'Client/app', client: 'app' })
  t.equal((await system('GET', query(PREFS_CODE, 'Patient/p'))).statusCode, 403)
})

t.test('55: a break-glass session is for the record, not for what apps keep', async (t) => {
  const { client, query } = await open(t)
  const elevated = {
    subject: 'Practitioner/d',
    client: 'app',
    patient: 'p',
    purpose: 'BTG',
    elevation: { reason: 'unconscious', patient: 'Patient/p' },
  }
  const own = query(PREFS_CODE, 'Practitioner/d')
  const plain = await client('user/Basic.rs', { subject: 'Practitioner/d', client: 'app' })
  t.equal((await plain('GET', own)).statusCode, 200)
  const app = await client('user/Basic.rs patient/Basic.rs', elevated)
  t.equal((await app('GET', own)).statusCode, 403)
  t.equal((await app('GET', query(PREFS_CODE, 'Patient/p'))).statusCode, 403)
})

t.test('55: another app reaches a code only where its registration names it', async (t) => {
  const { server, basic, client, query } = await open(t)
  const owner = await client()
  t.equal((await owner('POST', 'Basic', { body: basic() })).statusCode, 201)
  const elsewhere = { redirect_uris: ['https://other.example.org/callback'] }
  const named = `patient/Basic.s?code=${PREFS_CODE}`
  await putClient(server.store, 'rogue', {}, { ...elsewhere, scope: 'patient/*.cruds' })
  await putClient(server.store, 'companion', {}, { ...elsewhere, scope: named })
  const rogue = await client(`patient/*.cruds ${named}`, { ...PATIENT, client: 'rogue' })
  t.equal((await rogue('GET', query(PREFS_CODE, 'Patient/p'))).statusCode, 403)
  const companion = await client(named, { ...PATIENT, client: 'companion' })
  t.equal((await companion('GET', query(PREFS_CODE, 'Patient/p'))).json().total, 1)
  t.equal((await companion('POST', 'Basic', { body: basic() })).statusCode, 403)
})

t.test('55: state for everybody is read by users and written by the app that began it', async (t) => {
  const { server, basic, client, query } = await open(t)
  const named = `user/Basic.cruds?code=${PREFS_CODE}`
  const elsewhere = { redirect_uris: ['https://other.example.org/callback'] }
  await putClient(server.store, 'family', {}, { ...elsewhere, scope: named })
  const shared = basic({ subject: undefined })
  const person = await client('user/Basic.cruds patient/Basic.cruds')
  t.equal((await person('POST', 'Basic', { body: shared })).statusCode, 403, 'not by a patient')
  const system = await client('system/Basic.cruds', { subject: 'Client/app', client: 'app' })
  const made = await system('POST', 'Basic', { body: shared })
  t.equal(made.statusCode, 201)
  const { id } = made.json()
  t.equal((await person('GET', query(PREFS_CODE))).json().total, 1)
  t.equal((await (await client())('GET', query(PREFS_CODE))).statusCode, 403, 'not by patient/ scopes')
  const family = await client(named, { subject: 'Practitioner/d', client: 'family' })
  t.equal((await family('GET', `Basic/${id}`)).statusCode, 200)
  t.equal((await family('POST', 'Basic', { body: shared })).statusCode, 403)
  const body = { ...shared, id }
  t.equal((await family('PUT', `Basic/${id}`, { body, ifMatch: 'W/"1"' })).statusCode, 412)
  t.equal((await family('DELETE', `Basic/${id}`, { ifMatch: 'W/"1"' })).statusCode, 412)
  const admin = await client('user/Basic.cruds', { subject: 'Practitioner/d', client: 'app' })
  t.equal((await admin('PUT', `Basic/${id}`, { body, ifMatch: 'W/"1"' })).statusCode, 200)
})

t.test('55: who reads or changes state about a patient is on record, and a refusal too', async (t) => {
  const { server, basic, client, query } = await open(t)
  const app = await client()
  const { id } = (await app('POST', 'Basic', { body: basic() })).json()
  await app('GET', query(PREFS_CODE, 'Patient/p'))
  await app('PUT', `Basic/${id}`, { body: basic({ id }), ifMatch: 'W/"1"' })
  await app('DELETE', `Basic/${id}`, { ifMatch: 'W/"2"' })
  const stranger = await client('patient/Basic.cruds', { ...PATIENT, subject: 'Patient/q', patient: 'q' })
  await stranger('GET', query(PREFS_CODE, 'Patient/p'))
  for (const [subtype, outcomes] of [
    ['create', [0]],
    ['update', [0]],
    ['delete', [0]],
    ['search-type', [4, 0]],
  ] as const) {
    const rows = await rowsOf(server, subtype)
    t.strictSame(
      rows.map(({ outcome }) => outcome),
      outcomes,
      subtype,
    )
    t.ok(
      rows.every(({ patients, agent }) => patients.includes('Patient/p') && agent.client === 'app'),
      subtype,
    )
  }
  t.notOk(server.log.join('').includes('dark'), 'nothing of it in the log')
})
