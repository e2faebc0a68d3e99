// Hostile input at the edge: always a 4xx OperationOutcome, never a 500 or a hang, nothing half-written.
import t from 'tap'
import { openClient } from '../support/rest.ts'
import { openServer } from '../support/server.ts'

const patient = (more: string) => `{"resourceType":"Patient",${more}}`
const deep = (levels: number) =>
  patient(`"extension":${'[{"url":"x","extension":'.repeat(levels)}[]${'}]'.repeat(levels)}`)

/** Bodies for POST [base]/Patient, with the status each is refused with. */
const BODIES: readonly [string, string | Buffer, number][] = [
  ['nothing', '', 400],
  ['half an object', '{"resourceType":', 400],
  ['a trailing comma', patient('"active":true,'), 400],
  ['NaN', patient('"multipleBirthInteger":NaN'), 400],
  ['a comment', '/* */{"resourceType":"Patient"}', 400],
  ['a number', '1', 400],
  ['a string', '"Patient"', 400],
  ['two values', '{"resourceType":"Patient"}{"resourceType":"Patient"}', 400],
  ['a duplicate name', patient('"active":true,"active":false'), 400],
  ['__proto__', patient('"__proto__":{"admin":true}'), 400],
  ['constructor', patient('"constructor":{"prototype":{"admin":true}}'), 400],
  ['an escaped __proto__', patient('"\\u005f_proto__":{"admin":true}'), 400],
  ['10,000 levels', deep(10_000), 400],
  ['10,000 brackets', '['.repeat(10_000), 400],
  [
    'invalid UTF-8',
    Buffer.from([
      ...Buffer.from('{"resourceType":"Patient","name":[{"family":"'),
      0xff,
      0xfe,
      ...Buffer.from('"}]}'),
    ]),
    400,
  ],
  ['a lone surrogate', patient('"name":[{"family":"\\ud800"}]'), 400],
  ['UTF-16', Buffer.from(patient('"active":true'), 'utf16le'), 400],
  ['a number of 10,000 digits', patient(`"multipleBirthInteger":${'9'.repeat(10_000)}`), 400],
  ['a control character', patient('"name":[{"family":"a\u0000b"}]'), 400],
  ['an escaped control character', patient('"name":[{"family":"a\\u0000b"}]'), 422],
  ['a resourceType of the prototype', '{"resourceType":"__proto__"}', 400],
  ['a resourceType that is an object', '{"resourceType":{}}', 400],
  ['hasOwnProperty as an element', patient('"hasOwnProperty":1'), 400],
  [
    'a script in the narrative',
    patient(
      '"text":{"status":"generated","div":"<div xmlns=\\"http://www.w3.org/1999/xhtml\\"><a href=\\"javascript:x\\">x</a></div>"}',
    ),
    422,
  ],
  [
    'an external entity',
    patient(
      '"text":{"status":"generated","div":"<!DOCTYPE d [<!ENTITY e SYSTEM \\"file:///etc/passwd\\">]><div xmlns=\\"http://www.w3.org/1999/xhtml\\">&e;</div>"}',
    ),
    422,
  ],
]

t.test('bodies', async (t) => {
  const call = await openClient(await openServer(t))
  for (const [name, body, status] of BODIES) {
    const reply = await call('POST', 'Patient', body)
    t.equal(reply.status, status, `${name}: ${reply.text.slice(0, 200)}`)
    t.equal(reply.body?.resourceType, 'OperationOutcome', name)
  }
  t.equal((await call('GET', 'Patient?_summary=count')).body.total, 0)
  t.equal(({} as { admin?: boolean }).admin, undefined)
})

t.test('bodies beyond the limit are 413: a Bundle may be larger than a resource', async (t) => {
  const call = await openClient(await openServer(t, { MUSUBI_MAX_BODY: '1', MUSUBI_MAX_BUNDLE: '2' }))
  const filler = (mib: number) => ' '.repeat(mib * 1024 * 1024)
  const reply = await call('POST', 'Patient', patient(`"active":true${filler(1)}`))
  t.strictSame([reply.status, reply.body.issue[0].code], [413, 'too-long'])
  t.equal((await call('PUT', 'Patient/p', patient(`"id":"p"${filler(1)}`))).status, 413)
  const bundle = (mib: number) => `{"resourceType":"Bundle","type":"batch"${filler(mib)}}`
  t.equal((await call('POST', '', bundle(1))).status, 200)
  t.equal((await call('POST', '', bundle(2))).status, 413)
})

t.test('a body of 50 MB is 413', async (t) => {
  const call = await openClient(await openServer(t))
  const reply = await call('POST', 'Patient', Buffer.alloc(50_000_000, 0x20))
  t.strictSame([reply.status, reply.body.resourceType], [413, 'OperationOutcome'])
})

const LONG = 'x'.repeat(5000)

/** Paths for GET: each a 4xx. */
const PATHS: readonly string[] = [
  'Patient?_count=-1',
  'Patient?_count=1e9',
  'Patient?_count=99999999999999999999',
  'Patient?_count=1&_count=2',
  'Patient?birthdate=***',
  'Patient?birthdate=!',
  'Patient?birthdate=1973-02-30',
  'Patient?birthdate=ge',
  'Patient?_lastUpdated=2024-01-01T00:00:00.123456789012345678',
  'Patient?name:exact:contains=x',
  'Patient?name:regex=(a%2B)%2B$',
  'Patient?__proto__=1',
  'Patient?constructor=1',
  'Patient?toString=1',
  'Patient?_has:Observation:subject=1',
  'Patient?_has:__proto__:subject:code=1',
  'Patient?_include=__proto__:x',
  'Patient?_sort=__proto__',
  'Patient?%E0%A4%A=1',
  'Patient?name=%FF',
  'Patient?_elements=__proto__.x',
  'Patient?_page=../../etc/passwd',
  'Patient?_page=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA',
  `Patient?${'identifier=a,'.repeat(1)}${'b,'.repeat(3000)}c`,
  `Patient?general-practitioner${'.general-practitioner'.repeat(30)}.name=x`,
  '__proto__/1',
  'constructor',
  'Patient/..%2F..%2Fetc',
  'Patient/%00',
  'Patient/p%0D%0AX-Evil:%201',
  `Patient/${LONG}`,
  `${LONG}/1`,
  'Patient/p/_history/%0D%0AX-Evil',
  'Patient/__proto__/$__proto__',
  '$constructor',
  'Patient/p?_summary=__proto__',
]

t.test('paths and queries', async (t) => {
  const call = await openClient(await openServer(t))
  for (const path of PATHS) {
    const started = performance.now()
    const reply = await call('GET', path)
    t.ok(
      reply.status >= 400 && reply.status < 500,
      `${path.slice(0, 80)}: ${reply.status} ${reply.text.slice(0, 160)}`,
    )
    t.equal(reply.body?.resourceType, 'OperationOutcome', path.slice(0, 80))
    t.equal(reply.headers['x-evil'], undefined)
    t.ok(performance.now() - started < 2000, 'at once')
  }
})

t.test('headers', async (t) => {
  const call = await openClient(await openServer(t))
  await call('PUT', 'Patient/p', patient('"id":"p"'))
  const cases: readonly [string, Record<string, string>, number][] = [
    ['PUT', { 'if-match': 'W/"' }, 400],
    ['PUT', { 'if-match': `W/"${'x'.repeat(100)}"` }, 400],
    ['PUT', { 'if-match': '' }, 400],
    ['PUT', { prefer: 'return=__proto__' }, 400],
    ['PUT', { prefer: 'handling=constructor' }, 400],
    ['PUT', { 'content-type': '' }, 415],
    ['PUT', { 'content-type': 'application/fhir+json; charset=__proto__' }, 415],
    ['GET', { accept: ';;;' }, 406],
    ['GET', { accept: `${'application/x,'.repeat(1000)}` }, 406],
  ]
  for (const [method, headers, status] of cases) {
    const reply = await call(method, 'Patient/p', method === 'PUT' ? patient('"id":"p"') : undefined, headers)
    t.equal(reply.status, status, `${JSON.stringify(headers).slice(0, 80)}: ${reply.text.slice(0, 160)}`)
    t.equal(reply.body?.resourceType, 'OperationOutcome')
  }
})

t.test('a header cannot be split by what is stored', async (t) => {
  const call = await openClient(await openServer(t))
  for (const id of ['a\r\nX-Evil: 1', 'a"b', 'a b', '山田', ''])
    t.equal(
      (
        await call(
          'PUT',
          `Patient/${encodeURIComponent(id)}`,
          JSON.stringify({ resourceType: 'Patient', id }),
        )
      ).status,
      id === '' ? 400 : 400,
      id,
    )
  const evil = {
    resourceType: 'Bundle',
    type: 'batch',
    entry: [
      {
        request: { method: 'PUT', url: 'Patient/a%0D%0Ab' },
        resource: { resourceType: 'Patient', id: 'a\r\nb' },
      },
    ],
  }
  t.match((await call('POST', '', evil)).body.entry[0].response.status, /^400/)
})

t.test('a URL spelled with escapes opens nothing that the plain one does not', async (t) => {
  const { app, auth } = await openServer(t)
  const headers = await auth()
  await app.inject({
    method: 'PUT',
    url: '/fhir/Patient/p',
    headers: { ...headers, 'content-type': 'application/fhir+json' },
    payload: patient('"id":"p"'),
  })
  for (const url of [
    '/%66hir/Patient/p',
    '/fhi%72/Patient/p',
    '/fhir/%50atient/p',
    '/%66hir/metadata/../Patient/p',
    '/fhir/metadata%2F..%2FPatient%2Fp',
    '/fhir/metadata;/Patient/p',
    '/fhir//Patient/p',
    '//fhir/Patient/p',
    '/fhir/metadata?x=/Patient/p',
    '/%66hir/metadata',
  ]) {
    const open = await app.inject({ url })
    t.ok(open.statusCode >= 400 && open.statusCode < 500, `${url}: ${open.statusCode}`)
    const known = await app.inject({ url, headers })
    t.ok(known.statusCode < 500, `${url}: ${known.statusCode} with a token`)
  }
})
