// batch and transaction. https://hl7.org/fhir/R4/http.html#transaction
import { setImmediate } from 'node:timers/promises'
import t from 'tap'
import { type Call, diagnosticsOf, openClient } from '../support/rest.ts'
import { openServer } from '../support/server.ts'

const URN = 'urn:uuid:00000000-0000-4000-8000-00000000000'

interface Entry {
  readonly fullUrl?: string
  readonly resource?: object
  readonly request?: object
}

const post = (resource: { resourceType: string }, fullUrl?: string, ifNoneExist?: string): Entry => ({
  ...(fullUrl && { fullUrl }),
  resource,
  request: { method: 'POST', url: resource.resourceType, ...(ifNoneExist && { ifNoneExist }) },
})
const put = (resource: { resourceType: string; id?: string }, url?: string, more: object = {}): Entry => ({
  resource,
  request: { method: 'PUT', url: url ?? `${resource.resourceType}/${resource.id}`, ...more },
})
const get = (url: string): Entry => ({ request: { method: 'GET', url } })
const remove = (url: string): Entry => ({ request: { method: 'DELETE', url } })

const bundle = (type: string, entry: readonly unknown[]) => ({
  resourceType: 'Bundle',
  type,
  ...(entry.length > 0 && { entry }),
})
const patient = (value: string, more: object = {}) => ({
  resourceType: 'Patient',
  identifier: [{ system: 'urn:ids', value }],
  ...more,
})
const observation = (subject: string, more: object = {}) => ({
  resourceType: 'Observation',
  status: 'final',
  code: { text: 'x' },
  subject: { reference: subject },
  ...more,
})

async function open(t: Parameters<typeof openServer>[0]): Promise<Call> {
  return openClient(await openServer(t))
}

const transact = (call: Call, entry: readonly unknown[], headers = {}) =>
  call('POST', '', bundle('transaction', entry), headers)
const total = async (call: Call, query: string) =>
  (await call('GET', `${query}${query.includes('?') ? '&' : '?'}_summary=count`)).body.total
const idOf = (entry: { response: { location: string } }) => entry.response.location.split('/')[1]!

t.test(
  'entries run in the order DELETE, POST, PUT, GET; answers come in the order of the entries',
  async (t) => {
    const call = await open(t)
    await call('PUT', 'Patient/old', patient('1', { id: 'old' }))
    const reply = await transact(call, [
      get('Patient?identifier=urn:ids|1'),
      put(patient('2', { id: 'put' }) as never),
      post(patient('1'), undefined, 'identifier=urn:ids|1'),
      remove('Patient/old'),
    ])
    t.equal(reply.status, 200)
    t.equal(reply.body.type, 'transaction-response')
    const [found, updated, created, deleted] = reply.body.entry
    t.equal(created.response.status, '201 Created', 'what matched is deleted first')
    t.equal(updated.response.status, '201 Created')
    t.equal(deleted.response.status, '204 No Content')
    t.strictSame(
      found.resource.entry.map((each: { resource: { id: string } }) => each.resource.id),
      [idOf(created)],
      'the read sees the write',
    )
    t.match(created.response, {
      location: /^Patient\/[^/]+\/_history\/[^/]+$/,
      etag: /^W\/"/,
      lastModified: /^\d{4}-.*Z$/,
    })
  },
)

t.test('references between entries are resolved, whichever way they are written', async (t) => {
  const call = await open(t)
  const reply = await transact(call, [
    post(
      observation(`${URN}2`, {
        text: {
          status: 'additional',
          div: `<div xmlns="http://www.w3.org/1999/xhtml"><a href="${URN}2">p</a><img src="${URN}3" alt="x"/></div>`,
        },
        focus: [{ reference: `${URN}1` }],
        derivedFrom: [{ reference: 'urn:oid:1.2.3' }],
        performer: [{ reference: 'Patient/elsewhere' }],
      }),
      `${URN}1`,
    ),
    post(patient('p'), `${URN}2`),
    post(
      {
        resourceType: 'DocumentReference',
        status: 'current',
        content: [{ attachment: { contentType: 'text/plain', url: `${URN}4` } }],
        subject: { reference: `${URN}2#part` },
      } as never,
      `${URN}3`,
    ),
    post({ resourceType: 'Binary', contentType: 'text/plain', data: 'YQ==' } as never, `${URN}4`),
    post(observation('Patient/q'), 'urn:oid:1.2.3'),
    post(observation('Patient/q'), 'http://other.example/fhir/Observation/o'),
    post(patient('q'), 'http://other.example/fhir/Patient/q'),
  ])
  t.equal(reply.status, 200, reply.text.slice(0, 300))
  const ids: string[] = reply.body.entry.map(idOf)
  const first = (await call('GET', `Observation/${ids[0]}`)).body
  t.equal(first.subject.reference, `Patient/${ids[1]}`, 'forward')
  t.equal(first.focus[0].reference, `Observation/${ids[0]}`, 'to itself')
  t.equal(first.derivedFrom[0].reference, `Observation/${ids[4]}`, 'urn:oid')
  t.equal(first.performer[0].reference, 'Patient/elsewhere', 'what is not in the bundle stays')
  t.match(first.text.div, `href="Patient/${ids[1]}"`)
  t.match(first.text.div, `src="DocumentReference/${ids[2]}"`)
  const document = (await call('GET', `DocumentReference/${ids[2]}`)).body
  t.equal(document.content[0].attachment.url, `Binary/${ids[3]}`)
  t.equal(document.subject.reference, `Patient/${ids[1]}#part`)
  t.equal(
    (await call('GET', `Observation/${ids[4]}`)).body.subject.reference,
    'Patient/q',
    'its fullUrl has no base',
  )
  t.equal(
    (await call('GET', `Observation/${ids[5]}`)).body.subject.reference,
    `Patient/${ids[6]}`,
    'relative to the base of the fullUrl',
  )
})

t.test('conditional references need exactly one match, here or among the entries', async (t) => {
  const call = await open(t)
  await call('PUT', 'Patient/one', patient('1', { id: 'one' }))
  for (const id of ['two', 'three']) await call('PUT', `Patient/${id}`, patient('2', { id }))
  const one = await transact(call, [
    post(observation('Patient?identifier=urn:ids|1')),
    post(observation('Patient?identifier=urn:ids|new')),
    post(patient('new')),
  ])
  t.equal(one.status, 200, one.text.slice(0, 300))
  const [a, b, c] = one.body.entry.map(idOf)
  t.equal((await call('GET', `Observation/${a}`)).body.subject.reference, 'Patient/one')
  t.equal((await call('GET', `Observation/${b}`)).body.subject.reference, `Patient/${c}`)
  for (const [criteria, status] of [
    ['identifier=urn:ids|none', 412],
    ['identifier=urn:ids|2', 412],
    ['nonsense=1', 400],
  ] as const) {
    const reply = await transact(call, [post(patient('x')), post(observation(`Patient?${criteria}`))])
    t.equal(reply.status, status, criteria)
    t.match(diagnosticsOf(reply), /^Bundle\.entry\[1\]/)
  }
  const deleted = await transact(call, [
    remove('Patient/one'),
    post(observation('Patient?identifier=urn:ids|1')),
  ])
  t.equal(deleted.status, 412, 'what is deleted in the same transaction is no match')
  t.equal(await total(call, 'Observation'), 2)
})

t.test(
  'equal conditional creates in one bundle come to one resource; a replay changes nothing',
  async (t) => {
    const call = await open(t)
    const entries = [
      post(patient('1', { gender: 'male' }), `${URN}1`, 'identifier=urn:ids|1'),
      post(patient('1', { gender: 'female' }), `${URN}2`, 'identifier=urn:ids|1'),
      post(observation(`${URN}1`), `${URN}3`),
      post(observation(`${URN}2`), `${URN}4`),
    ]
    const first = await transact(call, entries)
    t.strictSame(
      first.body.entry.map((entry: { response: { status: string } }) => entry.response.status),
      ['201 Created', '200 OK', '201 Created', '201 Created'],
    )
    t.equal(idOf(first.body.entry[0]), idOf(first.body.entry[1]))
    const again = await transact(call, entries)
    t.strictSame(
      again.body.entry.map((entry: { response: { status: string } }) => entry.response.status),
      ['200 OK', '200 OK', '201 Created', '201 Created'],
    )
    t.equal(await total(call, 'Patient'), 1)
    t.equal(
      await total(call, `Observation?subject=Patient/${idOf(first.body.entry[0])}`),
      4,
      'references still resolve',
    )
  },
)

t.test('any failure rolls back everything and names its entry', async (t) => {
  const call = await open(t)
  await call('PUT', 'Patient/old', patient('1', { id: 'old' }))
  const { headers } = await call('PUT', 'Patient/other', patient('2', { id: 'other' }))
  const good = [
    remove('Patient/old'),
    post(patient('new')),
    put(patient('2', { id: 'other', gender: 'male' }) as never),
  ]
  const bad: readonly [Entry | null | string, number, RegExp][] = [
    [post({ resourceType: 'Patient', nonsense: true } as never), 422, /nonsense/],
    [post({ resourceType: 'Nonsense' }), 404, /Nonsense/],
    [put(patient('x') as never, 'Patient/x'), 400, /id is missing/],
    [put(patient('x', { id: 'y' }) as never, 'Patient/x'), 400, /not the id/],
    [put(patient('x', { id: 'x' }) as never, 'Patient/x', { ifMatch: 'W/"1"' }), 412, /If-Match/],
    [put(patient('x', { id: 'x' }) as never, 'Patient/x', { ifMatch: '1' }), 400, /If-Match/],
    [post(patient('x'), undefined, 'nonsense=1'), 400, /nonsense/],
    [get('Patient/none'), 404, /no such Patient/],
    [get('Patient/old'), 410, /deleted/],
    [get('Patient?nonsense=1'), 400, /nonsense/],
    [get('Patient/%E0%A4%A'), 400, /encoded/],
    [remove('Patient'), 400, /criteria/],
    [remove('Patient/other'), 400, /same resource/],
    [put(patient('2', { id: 'other' }) as never), 400, /same resource/],
    [put(patient('2') as never, 'Patient?identifier=urn:ids|2'), 400, /same resource/],
    [{ resource: patient('x') }, 400, /no request/],
    [{ request: { url: 'Patient' } }, 400, /method/],
    [{ request: { method: 'FETCH', url: 'Patient' } }, 400, /method/],
    [{ request: { method: 'GET' } }, 400, /url/],
    [{ request: { method: 'POST', url: 'Patient' } }, 400, /no body/],
    [{ resource: null as never, request: { method: 'POST', url: 'Patient' } }, 400, /no body/],
    [{ resource: bundle('batch', []), request: { method: 'POST', url: '' } }, 400, /inside another/],
    [{ ...post(patient('x')), nonsense: 1 } as never, 422, /nonsense/],
    [null, 400, /object/],
    ['x', 400, /object/],
    [
      {
        request: { method: 'PATCH', url: 'Patient/other' },
        resource: { resourceType: 'Binary', contentType: 'text/plain', data: 'YQ==' },
      },
      400,
      /patch/,
    ],
  ]
  for (const [entry, status, words] of bad) {
    const reply = await transact(call, [...good, entry])
    t.equal(reply.status, status, `${JSON.stringify(entry)}: ${reply.text.slice(0, 300)}`)
    t.match(diagnosticsOf(reply), words)
    t.match(diagnosticsOf(reply), /Bundle\.entry\[3\]/)
  }
  const invalid = await transact(call, [...good, bad[0]![0]])
  t.match(invalid.body.issue[0].expression[0], /^Bundle\.entry\[3\]\.resource/)
  t.equal((await call('GET', 'Patient/old')).status, 200)
  t.equal((await call('GET', 'Patient/other')).headers['etag'], headers['etag'])
  t.equal(await total(call, 'Patient'), 2)
})

t.test('criteria see what the other entries do, whatever these look like', async (t) => {
  const call = await open(t)
  await call('PUT', 'Patient/p', patient('1', { id: 'p' }))
  const moved = await transact(call, [
    put(patient('2', { id: 'p' }) as never),
    post(observation('Patient?identifier=2'), `${URN}1`),
  ])
  t.equal(moved.status, 200, moved.text)
  const [, made] = moved.body.entry
  t.equal((await call('GET', `Observation/${idOf(made)}`)).body.subject.reference, 'Patient/p')
  const several = await transact(call, [
    post(patient('3')),
    post(patient('3')),
    post(observation('Patient?identifier=urn:ids|3')),
  ])
  t.equal(several.status, 412)
  for (const identifier of ['x', 5, [null], [[]], { system: 'urn:ids' }]) {
    const reply = await transact(call, [
      post({ resourceType: 'Patient', identifier } as never),
      post(patient('4'), undefined, 'identifier=urn:ids|4'),
    ])
    t.equal(reply.status, 422, JSON.stringify(identifier))
    t.match(diagnosticsOf(reply), /^Bundle\.entry\[0\]/)
  }
})

t.test('the same id under two types is fine, and so is a bundle without entries', async (t) => {
  const call = await open(t)
  const reply = await transact(call, [
    put(patient('1', { id: 'same' }) as never),
    put(observation('Patient/same', { id: 'same' }) as never),
  ])
  t.equal(reply.status, 200)
  for (const type of ['transaction', 'batch']) {
    const empty = await call('POST', '', bundle(type, []))
    t.strictSame(empty.body, { resourceType: 'Bundle', type: `${type}-response` })
  }
  t.equal((await call('POST', '', bundle('collection', []))).status, 400)
  t.equal((await call('POST', '', { resourceType: 'Bundle' })).status, 400)
  t.equal((await call('POST', '', patient('1'))).status, 400)
  t.equal((await call('POST', '', { ...bundle('batch', []), entry: {} })).status, 400)
  t.equal(
    (await call('POST', '', { ...bundle('transaction', []), entrry: [] })).status,
    422,
    'a misspelt list is not an empty one',
  )
})

t.test('updates that change nothing, patches and If-Match work within a transaction', async (t) => {
  const call = await open(t)
  const first = await call('PUT', 'Patient/p', patient('1', { id: 'p' }))
  const etag = first.headers['etag']!
  const same = await transact(call, [put(patient('1', { id: 'p' }) as never, undefined, { ifMatch: etag })])
  t.match(same.body.entry[0].response, { status: '200 OK', etag })
  const data = Buffer.from(JSON.stringify([{ op: 'add', path: '/gender', value: 'male' }])).toString('base64')
  const patched = await transact(
    call,
    [
      {
        resource: { resourceType: 'Binary', contentType: 'application/json-patch+json', data },
        request: { method: 'PATCH', url: 'Patient/p', ifMatch: etag },
      },
    ],
    { prefer: 'return=representation' },
  )
  t.equal(patched.body.entry[0].resource.gender, 'male')
  const parameter = [
    {
      name: 'operation',
      part: [
        { name: 'type', valueCode: 'delete' },
        { name: 'path', valueString: 'Patient.gender' },
      ],
    },
  ]
  const again = await transact(call, [
    {
      resource: { resourceType: 'Parameters', parameter },
      request: { method: 'PATCH', url: 'Patient?identifier=urn:ids|1' },
    },
  ])
  t.equal(again.status, 200, again.text)
  t.equal((await call('GET', 'Patient/p')).body.gender, undefined)
})

t.test('links that a patch brings lead to the other entries, whatever its form', async (t) => {
  const call = await open(t)
  const binary = (contentType: string, text: string) => ({
    resourceType: 'Binary',
    contentType,
    data: Buffer.from(text).toString('base64'),
  })
  const reference = { reference: `${URN}1` }
  const xml = (value: string) =>
    `<diff xmlns:f="http://hl7.org/fhir"><add sel="f:Patient"><managingOrganization xmlns="http://hl7.org/fhir"><reference value="${value}"/></managingOrganization></add></diff>`
  const operation = {
    name: 'operation',
    part: [
      { name: 'type', valueCode: 'add' },
      { name: 'path', valueString: 'Patient' },
      { name: 'name', valueString: 'managingOrganization' },
      { name: 'value', valueReference: reference },
    ],
  }
  const add = (value: object) => JSON.stringify([{ op: 'add', path: '/managingOrganization', value }])
  await call('PUT', 'Organization/known', {
    resourceType: 'Organization',
    id: 'known',
    identifier: [{ system: 'urn:ids', value: 'o' }],
  })
  for (const [resource, expected] of [
    [binary('application/json-patch+json', add(reference)), undefined],
    [binary('application/xml-patch+xml', xml(`${URN}1`)), undefined],
    [{ resourceType: 'Parameters', parameter: [operation] }, undefined],
    [
      binary('application/json-patch+json', add({ reference: 'Organization?identifier=urn:ids|o' })),
      'Organization/known',
    ],
  ] as const) {
    await call('PUT', 'Patient/p', patient('1', { id: 'p' }))
    const { status, body, text } = await transact(call, [
      post({ resourceType: 'Organization', name: 'a' } as never, `${URN}1`),
      { resource, request: { method: 'PATCH', url: 'Patient/p' } },
    ])
    t.equal(status, 200, text)
    const found = (await call('GET', 'Patient/p')).body.managingOrganization.reference
    t.equal(found, expected ?? `Organization/${idOf(body.entry[0])}`)
  }
})

t.test('a Binary that holds no patch is refused for what it is', async (t) => {
  const call = await open(t)
  await call('PUT', 'Patient/p', patient('1', { id: 'p' }))
  const patch = (contentType: string, data: string) =>
    transact(call, [
      {
        resource: { resourceType: 'Binary', contentType, data },
        request: { method: 'PATCH', url: 'Patient/p' },
      },
    ])
  const text = await patch('application/json-patch+json', '@@@')
  t.equal(text.status, 400)
  t.match(diagnosticsOf(text), /base64/)
  const other = await patch('application/json', 'W10=')
  t.match(diagnosticsOf(other), /json-patch\+json or application\/xml-patch\+xml/)
})

t.test('Prefer counts for every entry that writes', async (t) => {
  const call = await open(t)
  const entry = async (prefer: Record<string, string>) =>
    (await transact(call, [post(patient('1'))], prefer)).body.entry[0]
  t.equal((await entry({})).resource, undefined)
  t.equal((await entry({ prefer: 'return=representation' })).resource.resourceType, 'Patient')
  t.equal(
    (await entry({ prefer: 'return=OperationOutcome' })).response.outcome.resourceType,
    'OperationOutcome',
  )
})

t.test('a read in a transaction sees its writes: reads, versions, history and search', async (t) => {
  const call = await open(t)
  await call('PUT', 'Patient/p', patient('1', { id: 'p' }))
  const reply = await transact(call, [
    get('Patient/p'),
    get('Patient/p/_history'),
    get('Patient?gender=male&_summary=count'),
    get('http://127.0.0.1:3000/fhir/Patient/p?_elements=gender'),
    put(patient('1', { id: 'p', gender: 'male' }) as never),
  ])
  const [read, history, found, shown] = reply.body.entry
  t.equal(read.resource.gender, 'male')
  t.equal(history.resource.total, 2)
  t.equal(found.resource.total, 1)
  t.strictSame([shown.resource.gender, shown.resource.identifier], ['male', undefined])
  t.equal(read.response.etag, reply.body.entry[4].response.etag)
})

t.test('the entries of a batch are independent', async (t) => {
  const server = await openServer(t)
  const call = await openClient(server)
  const entries = [
    post(patient('1')),
    post({ resourceType: 'Patient', nonsense: true } as never),
    get('Patient/none'),
    null,
    { resource: patient('x') },
    put(patient('2', { id: 'p' }) as never),
    put(patient('2', { id: 'p', gender: 'male' }) as never),
    get('Patient/p'),
    remove('Patient/p'),
    get('Patient/p'),
    get('metadata'),
    { request: { method: 'POST', url: 'Patient/_search?identifier=urn:ids|1' } },
  ]
  const reply = await call('POST', '', bundle('batch', entries))
  t.equal(reply.status, 200, reply.text.slice(0, 300))
  t.equal(reply.body.type, 'batch-response')
  const statuses = reply.body.entry.map((entry: { response: { status: string } }) =>
    Number(entry.response.status.slice(0, 3)),
  )
  t.strictSame(statuses, [201, 422, 404, 400, 400, 201, 200, 200, 204, 410, 200, 200])
  for (const index of [1, 2, 3, 4, 9])
    t.equal(reply.body.entry[index].response.outcome.resourceType, 'OperationOutcome')
  t.equal(reply.body.entry[7].resource.gender, 'male')
  t.equal(reply.body.entry[11].resource.entry.length, 1)
  const narrow = await openClient(server, 'system/Patient.rs')
  const mixed = await narrow(
    'POST',
    '',
    bundle('batch', [post(patient('9')), get('Patient?identifier=urn:ids|1'), get('Observation')]),
  )
  t.strictSame(
    mixed.body.entry.map((entry: { response: { status: string } }) =>
      Number(entry.response.status.slice(0, 3)),
    ),
    [403, 200, 403],
  )
  t.equal((await narrow('POST', '', bundle('transaction', [get('Patient'), post(patient('9'))]))).status, 403)
})

t.test('a transaction writes only what the policy permits', async (t) => {
  const server = await openServer(t)
  const all = await openClient(server)
  for (const id of ['me', 'you']) await all('PUT', `Patient/${id}`, { resourceType: 'Patient', id })
  const mine = await openClient(server, 'patient/*.cruds', { subject: 'Patient/me', patient: 'me' })
  t.equal((await transact(mine, [post(observation('Patient/me'))])).status, 200)
  const reply = await transact(mine, [post(observation('Patient/me')), post(observation('Patient/you'))])
  t.equal(reply.status, 403)
  t.match(diagnosticsOf(reply), /^Bundle\.entry\[1\]/)
  t.equal(
    (await transact(mine, [post(observation('Patient?_id=you'))])).status,
    412,
    'a hidden match is no match',
  )
  t.equal(await total(mine, 'Observation'), 1)
})

t.test('transactions that meet at one resource all succeed, one after the other', async (t) => {
  const call = await open(t)
  const replies = await Promise.all(
    Array.from({ length: 12 }, (_, n) =>
      transact(call, [
        post(patient('once'), `${URN}1`, 'identifier=urn:ids|once'),
        post(observation(`${URN}1`, { note: [{ text: String(n) }] })),
      ]),
    ),
  )
  t.strictSame([...new Set(replies.map(({ status }) => status))], [200])
  t.equal(await total(call, 'Patient'), 1)
  t.equal(await total(call, `Observation?subject:Patient.identifier=urn:ids|once`), 12)
})

t.test('transactions that change one resource at once all succeed, and none is lost', async (t) => {
  const call = await open(t)
  await call('PUT', 'Patient/p', patient('1', { id: 'p' }))
  const toPatch = (n: number) => {
    const patch = [{ op: 'add', path: '/identifier/-', value: { value: `n${n}` } }]
    const data = Buffer.from(JSON.stringify(patch)).toString('base64')
    return {
      resource: { resourceType: 'Binary', contentType: 'application/json-patch+json', data },
      request: { method: 'PATCH', url: 'Patient/p' },
    }
  }
  const replies = await Promise.all(Array.from({ length: 20 }, (_, n) => transact(call, [toPatch(n)])))
  t.strictSame([...new Set(replies.map(({ status }) => status))], [200])
  t.equal((await call('GET', 'Patient/p')).body.identifier.length, 21)
})

t.test('2,600 entries in one go do not hold up other requests', async (t) => {
  const call = await open(t)
  await call('PUT', 'Patient/p', patient('1', { id: 'p' }))
  const entries = Array.from({ length: 2600 }, (_, n) =>
    post(
      observation(`${URN}1`, { valueQuantity: { value: n } }),
      `urn:uuid:10000000-0000-4000-8000-${String(n).padStart(12, '0')}`,
    ),
  )
  const reply = transact(call, [post(patient('2'), `${URN}1`), ...entries])
  let reads = 0
  let done = false
  void reply.then(() => {
    done = true
  })
  while (!done) {
    t.equal((await call('GET', 'Patient/p')).status, 200)
    reads++
    // An injected request alone never gives the event loop back.
    await setImmediate()
  }
  t.equal((await reply).body.entry.length, 2601)
  t.ok(reads > 20, `${reads} reads were answered meanwhile`)
})

t.test('a conditional create in a batch sees what stands before it, and not what comes after', async (t) => {
  const call = await openClient(await openServer(t))
  const body = (identifier: string) => ({
    resourceType: 'Observation',
    status: 'final',
    identifier: [{ system: 'urn:x', value: identifier }],
    code: { text: 'x' },
  })
  const [first, second] = [
    (await call('POST', 'Observation', body('a'))).body,
    (await call('POST', 'Observation', body('b'))).body,
  ]
  const create = (identifier: string) => ({
    resource: body(identifier),
    request: { method: 'POST', url: 'Observation', ifNoneExist: `identifier=urn:x|${identifier}` },
  })
  const remove = (id: string) => ({ request: { method: 'DELETE', url: `Observation/${id}` } })
  const entry = [remove(first.id), create('a'), create('b'), remove(second.id)]
  const reply = await call('POST', '', { resourceType: 'Bundle', type: 'batch', entry })
  t.strictSame(
    reply.body.entry.map(({ response }: { response: { status: string } }) => response.status.slice(0, 3)),
    ['204', '201', '200', '204'],
  )
})

t.test('a resource of a transaction whose meta is damaged is refused as any other', async (t) => {
  const call = await openClient(await openServer(t))
  const damages = [
    null,
    [],
    [null],
    'x',
    { security: null },
    { security: [null] },
    { security: ['x'] },
    { security: [{ code: 1, system: [] }] },
    { tag: [null] },
    { tag: null },
    { profile: null },
  ]
  const sound = { resourceType: 'Observation', status: 'final', code: { text: 'x' } }
  for (const damage of damages) {
    const resource = { ...sound, meta: damage }
    const contained = { ...sound, contained: [{ resourceType: 'Basic', id: 'a', meta: damage }, damage] }
    for (const entry of [[post(resource)], [post(contained)]]) {
      const { status, text } = await call('POST', '', { resourceType: 'Bundle', type: 'transaction', entry })
      t.ok(status >= 400 && status < 500, `${JSON.stringify(damage)}: ${status} ${text.slice(0, 200)}`)
    }
  }
})
