// read, vread, create, update, delete of one resource over HTTP. https://hl7.org/fhir/R4/http.html
import t from 'tap'
import { type Call, diagnosticsOf, openClient } from '../support/rest.ts'
import { openServer } from '../support/server.ts'

const patient = (family: string, id?: string) => ({
  resourceType: 'Patient',
  ...(id && { id }),
  name: [{ family }],
})

async function open(t: Parameters<typeof openServer>[0]): Promise<Call> {
  return openClient(await openServer(t))
}

t.test('a create gives a random id and a first version, and says where', async (t) => {
  const call = await open(t)
  const made = await call('POST', 'Patient', {
    ...patient('山田', 'mine'),
    meta: { versionId: '9', lastUpdated: '2000-01-01T00:00:00Z', tag: [{ code: 'kept' }] },
  })
  t.equal(made.status, 201)
  const { id, meta } = made.body
  t.match(
    id,
    /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    'the id of the body is ignored',
  )
  t.not(meta.versionId, '9')
  t.notMatch(meta.lastUpdated, /^2000/)
  t.strictSame(meta.tag, [{ code: 'kept' }], 'the rest of meta is the client’s')
  t.equal(made.headers['location'], `http://127.0.0.1:3000/fhir/Patient/${id}/_history/${meta.versionId}`)
  t.equal(made.headers['etag'], `W/"${meta.versionId}"`)
  t.equal(
    new Date(made.headers['last-modified']!).getTime(),
    Math.floor(Date.parse(meta.lastUpdated) / 1000) * 1000,
  )
  t.equal(made.headers['content-type'], 'application/fhir+json; charset=utf-8')
  t.equal(made.headers['cache-control'], 'private, no-store')
  const read = await call('GET', `Patient/${id}`)
  t.equal(read.status, 200)
  t.equal(read.text, made.text, 'a read serves the stored bytes')
  t.equal(read.headers['etag'], made.headers['etag'])
})

t.test('Prefer says what a write answers with', async (t) => {
  const call = await open(t)
  const post = (prefer: string) => call('POST', 'Patient', patient('a'), { prefer })
  const minimal = await post('return=minimal')
  t.equal(minimal.text, '')
  t.ok(minimal.headers['location'])
  t.equal((await post('return=representation')).body.resourceType, 'Patient')
  t.equal((await post('return=OperationOutcome')).body.resourceType, 'OperationOutcome')
  t.equal((await post('respond-async; wait=10')).status, 201, 'what is not FHIR’s is passed over')
  t.equal((await post('return=everything')).status, 400)
})

t.test('HEAD answers as GET does, without a body', async (t) => {
  const call = await open(t)
  await call('PUT', 'Patient/p', patient('a', 'p'))
  const get = await call('GET', 'Patient/p')
  const head = await call('HEAD', 'Patient/p')
  t.equal(head.status, 200)
  t.equal(head.text, '')
  for (const name of ['etag', 'last-modified', 'content-length', 'content-type'])
    t.equal(head.headers[name], get.headers[name], name)
  t.equal((await call('HEAD', 'Patient/none')).status, 404)
})

t.test('conditional reads answer 304 to who has the version already', async (t) => {
  const call = await open(t)
  const { headers } = await call('PUT', 'Patient/p', patient('a', 'p'))
  const future = new Date(Date.now() + 60_000).toUTCString()
  const past = new Date(Date.now() - 60_000).toUTCString()
  const cases: readonly [Record<string, string>, number][] = [
    [{ 'if-none-match': headers['etag']! }, 304],
    [{ 'if-none-match': `W/"x", ${headers['etag']}` }, 304],
    [{ 'if-none-match': '*' }, 304],
    [{ 'if-none-match': 'W/"x"' }, 200],
    [{ 'if-none-match': 'nonsense' }, 200],
    [{ 'if-modified-since': headers['last-modified']! }, 304],
    [{ 'if-modified-since': future }, 304],
    [{ 'if-modified-since': past }, 200],
    [{ 'if-modified-since': 'nonsense' }, 200],
    [{ 'if-none-match': 'W/"x"', 'if-modified-since': future }, 200],
  ]
  for (const [given, status] of cases) {
    const reply = await call('GET', 'Patient/p', undefined, given)
    t.equal(reply.status, status, JSON.stringify(given))
    if (status === 304) t.strictSame([reply.text, reply.headers['etag']], ['', headers['etag']])
  }
})

t.test('an update makes a version, unless it changes nothing', async (t) => {
  const call = await open(t)
  const first = await call('PUT', 'Patient/p', { ...patient('a', 'p'), multipleBirthInteger: 2 })
  t.equal(first.status, 201)
  t.ok(first.headers['location'])
  const same = await call(
    'PUT',
    'Patient/p',
    '{"multipleBirthInteger":2,"name":[{"family":"a"}],"id":"p","resourceType":"Patient","meta":{"versionId":"old"}}',
  )
  t.equal(same.status, 200, 'the order of properties says nothing')
  t.equal(same.headers['etag'], first.headers['etag'])
  t.equal(same.body.meta.lastUpdated, first.body.meta.lastUpdated)
  const second = await call('PUT', 'Patient/p', patient('b', 'p'))
  t.equal(second.status, 200)
  t.not(second.headers['etag'], first.headers['etag'])
  t.equal((await call('GET', `Patient/p/_history/${first.body.meta.versionId}`)).text, first.text)
  t.equal((await call('GET', `Patient/p/_history/${second.body.meta.versionId}`)).text, second.text)
  t.equal((await call('GET', 'Patient/p/_history/none')).status, 404)
})

t.test('decimals come back to the digit, and a change of digits alone is a version', async (t) => {
  const call = await open(t)
  const body = (value: string) =>
    `{"resourceType":"Observation","id":"o","status":"final","code":{"text":"x"},"valueQuantity":{"value":${value}}}`
  const one = await call('PUT', 'Observation/o', body('1.00'))
  t.match(one.text, /"value":1\.00\}/)
  const two = await call('PUT', 'Observation/o', body('1.0'))
  t.not(two.headers['etag'], one.headers['etag'])
  t.match(
    (await call('PUT', 'Observation/o', body('0.1234567890123456789012345'))).text,
    /"value":0\.1234567890123456789012345\}/,
  )
})

t.test('If-Match guards updates, patches and deletes', async (t) => {
  const call = await open(t)
  const { headers } = await call('PUT', 'Patient/p', patient('a', 'p'))
  const put = (tag: string, id = 'p', family = 'b') =>
    call('PUT', `Patient/${id}`, patient(family, id), { 'if-match': tag })
  t.equal((await put('W/"stale"')).status, 412)
  t.equal((await put('nonsense')).status, 400)
  t.equal((await put('W/"x', 'new')).status, 400)
  t.equal((await put('W/"x"', 'new')).status, 412, 'nothing stands there')
  t.equal((await put(`W/"x", ${headers['etag']}`)).status, 200)
  t.equal((await put('*', 'p', 'c')).status, 200)
  const now = (await call('GET', 'Patient/p')).headers['etag']!
  t.equal((await put(now.slice(2), 'p', 'd')).status, 200, 'a strong tag is taken too')
  t.equal((await call('DELETE', 'Patient/p', undefined, { 'if-match': now })).status, 412)
  const patch = [{ op: 'add', path: '/gender', value: 'male' }]
  const type = { 'content-type': 'application/json-patch+json' }
  t.equal((await call('PATCH', 'Patient/p', patch, { ...type, 'if-match': now })).status, 412)
  const last = (await call('GET', 'Patient/p')).headers['etag']!
  t.equal((await call('PATCH', 'Patient/p', patch, { ...type, 'if-match': last })).status, 200)
})

t.test(
  'a delete can be repeated; afterwards the resource is gone, and an update brings it back',
  async (t) => {
    const call = await open(t)
    const first = await call('PUT', 'Patient/p', patient('a', 'p'))
    const deleted = await call('DELETE', 'Patient/p')
    t.equal(deleted.status, 204)
    t.equal(deleted.text, '')
    const again = await call('DELETE', 'Patient/p')
    t.strictSame([again.status, again.headers['etag']], [204, deleted.headers['etag']])
    t.equal((await call('DELETE', 'Patient/never')).status, 204)
    const told = await call('DELETE', 'Patient/p', undefined, { prefer: 'return=OperationOutcome' })
    t.strictSame([told.status, told.body.resourceType], [200, 'OperationOutcome'])
    const gone = await call('GET', 'Patient/p')
    t.strictSame(
      [gone.status, gone.headers['etag'], gone.body.issue[0].code],
      [410, deleted.headers['etag'], 'deleted'],
    )
    const tombstone = deleted.headers['etag']!.slice(3, -1)
    t.equal((await call('GET', `Patient/p/_history/${tombstone}`)).status, 410, 'vread of the deletion')
    t.equal(
      (await call('GET', `Patient/p/_history/${first.body.meta.versionId}`)).status,
      200,
      'older versions stay',
    )
    const patch = await call('PATCH', 'Patient/p', [{ op: 'add', path: '/gender', value: 'male' }], {
      'content-type': 'application/json-patch+json',
    })
    t.equal(patch.status, 410)
    const back = await call('PUT', 'Patient/p', patient('a', 'p'))
    t.equal(back.status, 201)
    t.not(back.headers['etag'], first.headers['etag'])
    t.equal((await call('GET', 'Patient/p')).status, 200)
  },
)

t.test('bodies that are not the resource of the URL are refused', async (t) => {
  const call = await open(t)
  const cases: readonly [string, string, unknown, number, RegExp][] = [
    ['POST', 'Patient', { resourceType: 'Observation' }, 400, /Patient.*Observation/],
    ['POST', 'Patient', { name: [] }, 400, /resourceType/],
    ['POST', 'Patient', [], 400, /object/],
    ['POST', 'Patient', 'null', 400, /object/],
    ['POST', 'Patient', '', 400, /body/],
    ['PUT', 'Patient/p', patient('a'), 400, /Patient\.id is missing/],
    ['PUT', 'Patient/p', patient('a', 'q'), 400, /not the id in the URL/],
    ['PUT', 'Patient/p', { ...patient('a', 'p'), id: 5 }, 400, /not the id in the URL/],
    ['PUT', `Patient/${'x'.repeat(65)}`, patient('a', 'x'.repeat(65)), 400, /1 to 64/],
    ['PUT', 'Patient/a_b', patient('a', 'a_b'), 400, /1 to 64/],
    ['POST', 'Patient', { resourceType: 'Patient', nonsense: true }, 422, /nonsense/],
    ['POST', 'Patient', { resourceType: 'Patient', birthDate: '2024-02-30' }, 422, /birthDate|date/],
    ['POST', 'Patient', { resourceType: 'Patient', meta: 'x' }, 422, /./],
    ['POST', 'Patient', { resourceType: 'Patient', gender: 'x' }, 422, /gender/],
    [
      'POST',
      'Patient',
      {
        ...patient('a'),
        text: {
          status: 'generated',
          div: '<div xmlns="http://www.w3.org/1999/xhtml"><script>x</script></div>',
        },
      },
      422,
      /./,
    ],
    [
      'POST',
      'Patient',
      {
        ...patient('a'),
        meta: {
          tag: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ObservationValue', code: 'SUBSETTED' }],
        },
      },
      422,
      /SUBSETTED/,
    ],
  ]
  for (const [method, path, body, status, words] of cases) {
    const reply = await call(method, path, body)
    t.equal(reply.status, status, `${method} ${path} ${JSON.stringify(body).slice(0, 60)}: ${reply.text}`)
    t.equal(reply.body.resourceType, 'OperationOutcome')
    t.match(diagnosticsOf(reply), words)
  }
  t.equal((await call('GET', 'Patient?_summary=count')).body.total, 0, 'nothing was stored')
})

t.test('every fault of a body is told at once, each at its element', async (t) => {
  const call = await open(t)
  const reply = await call('POST', 'Observation', {
    resourceType: 'Observation',
    status: 'x',
    code: { coding: [{ code: ' a' }] },
    valueQuantity: { value: 'x' },
  })
  t.equal(reply.status, 422)
  const at = reply.body.issue.flatMap(({ expression }: { expression: string[] }) => expression)
  for (const path of ['Observation.status', 'Observation.code.coding[0].code', 'Observation.value.value'])
    t.ok(at.includes(path), `${path} of ${at}`)
})

t.test('URLs, methods, formats and media types that are not served are refused by name', async (t) => {
  const call = await open(t)
  await call('PUT', 'Patient/p', patient('a', 'p'))
  const json = { 'content-type': 'application/fhir+json' }
  const cases: readonly [string, string, number, Record<string, string>?, unknown?][] = [
    ['GET', 'Nonsense/1', 404],
    ['GET', 'Nonsense', 404],
    ['POST', 'Nonsense', 404, json, {}],
    ['GET', 'DomainResource', 404],
    ['GET', 'Patient/none', 404],
    ['GET', 'Patient/a b', 404],
    ['GET', 'patient/p', 404],
    ['GET', 'Patient/p/nonsense', 404],
    ['GET', 'Patient/p/_history/1/2', 404],
    ['GET', 'Patient/p/Nonsense', 404],
    ['GET', 'Observation/o/Patient', 404],
    ['GET', '$nonsense', 404],
    ['GET', 'Patient/p/$nonsense', 404],
    ['GET', 'Patient/p?nonsense=1', 400],
    ['GET', 'Patient/p?_summary=nonsense', 400],
    ['GET', 'Patient/p?_summary=true&_elements=id', 400],
    ['PUT', 'Patient/p?_format=json&x=1', 400, json, patient('a', 'p')],
    ['POST', 'Patient/p', 405, json, patient('a')],
    ['PUT', 'Patient/p/_history', 405, json, patient('a')],
    ['DELETE', 'Patient/p/_history/1', 405],
    ['GET', 'Patient/_search', 405],
    ['PUT', '', 405, json, patient('a')],
    ['DELETE', '', 405],
    ['POST', 'metadata', 405, json, {}],
    ['POST', 'Patient', 415, { 'content-type': 'application/fhir+turtle' }, '<Patient/>'],
    ['POST', 'Patient', 415, { 'content-type': 'text/plain' }, patient('a')],
    ['POST', 'Patient', 415, { 'content-type': 'application/fhir+json; charset=shift_jis' }, patient('a')],
    ['POST', 'Patient', 415, { 'content-type': 'application/fhir+json; fhirVersion=3.0' }, patient('a')],
    ['POST', 'Patient', 415, { ...json, 'content-encoding': 'gzip' }, patient('a')],
    ['POST', 'Patient', 201, { 'content-type': 'application/json; charset=UTF-8' }, patient('a')],
    ['POST', 'Patient', 201, { 'content-type': 'application/fhir+json; fhirVersion=4.0' }, patient('a')],
    ['PATCH', 'Patient/p', 415, { 'content-type': 'application/json' }, []],
    ['PATCH', 'Patient/p', 415, { 'content-type': 'application/xml' }, '<x/>'],
    ['POST', 'Patient/_search', 415, json, {}],
    ['GET', 'Patient/p', 200, { accept: 'application/fhir+xml' }],
    ['GET', 'Patient/p', 406, { accept: 'text/turtle' }],
    ['GET', 'Patient/p', 406, { accept: 'application/fhir+json;q=0' }],
    ['GET', 'Patient/p', 406, { accept: 'application/fhir+json; fhirVersion=3.0' }],
    ['GET', 'Patient/p?_format=ttl', 406],
    ['GET', 'Patient/p?_format=application/fhir%2Bturtle', 406],
    ['GET', 'Patient/p?_pretty=maybe', 400],
    ['GET', 'Patient/p?_format=json', 200, { accept: 'application/fhir+xml' }],
    ['GET', 'Patient/p?_format=application/fhir%2Bjson', 200],
    ['GET', 'Patient/p?_format=application/fhir+json', 200],
    ['GET', 'Patient/p', 200, { accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8' }],
    ['GET', 'Patient/p', 200, { accept: 'application/fhir+xml;q=0.9, application/fhir+json;q=0.5' }],
    ['GET', 'metadata?mode=terminology', 400],
  ]
  for (const [method, path, status, headers, body] of cases) {
    const reply = await call(method, path, body, headers)
    const name = `${method} ${path} ${JSON.stringify(headers ?? {})}`
    t.equal(reply.status, status, `${name}: ${reply.text.slice(0, 200)}`)
    if (status < 400) continue
    t.equal(reply.body?.resourceType, 'OperationOutcome', name)
    t.equal(reply.headers['content-type'], 'application/fhir+json; charset=utf-8')
    if (status === 405) t.match(reply.headers['allow'], /^(GET, HEAD|POST)/, `${name}: Allow`)
  }
  t.equal((await call('POST', 'Patient/p', patient('a'))).headers['allow'], 'GET, HEAD, PUT, PATCH, DELETE')
})

t.test('_summary, _elements and _pretty shape what is read', async (t) => {
  const call = await open(t)
  const body = {
    ...patient('a', 'p'),
    gender: 'male',
    contact: [{ name: { text: 'x' } }],
    text: { status: 'generated', div: '<div xmlns="http://www.w3.org/1999/xhtml">x</div>' },
  }
  await call('PUT', 'Patient/p', body)
  const shown = async (query: string) => (await call('GET', `Patient/p?${query}`)).body
  const summary = await shown('_summary=true')
  t.strictSame([summary.gender, summary.contact, summary.text], ['male', undefined, undefined])
  t.equal(summary.meta.tag[0].code, 'SUBSETTED')
  t.equal((await shown('_summary=text')).gender, undefined)
  t.equal((await shown('_summary=data')).text, undefined)
  t.equal((await shown('_summary=false')).meta.tag, undefined)
  const elements = await shown('_elements=gender')
  t.strictSame([elements.gender, elements.name], ['male', undefined])
  t.match((await call('GET', 'Patient/p?_pretty=true')).text, /^\{\n {2}"resourceType": "Patient"/)
})

t.test('JSON Patch and FHIRPath Patch change what stands, all or nothing', async (t) => {
  const call = await open(t)
  const before = await call('PUT', 'Patient/p', { ...patient('a', 'p'), deceasedBoolean: true })
  const json = { 'content-type': 'application/json-patch+json' }
  const fail = await call(
    'PATCH',
    'Patient/p',
    [
      { op: 'add', path: '/gender', value: 'male' },
      { op: 'test', path: '/name/0/family', value: 'z' },
    ],
    json,
  )
  t.equal(fail.status, 422)
  t.equal((await call('GET', 'Patient/p')).text, before.text)
  t.equal((await call('PATCH', 'Patient/p', { not: 'a patch' }, json)).status, 400)
  for (const path of ['/id', '/resourceType', '/meta/versionId'])
    t.equal((await call('PATCH', 'Patient/p', [{ op: 'replace', path, value: 'x' }], json)).status, 422, path)
  t.equal((await call('PATCH', 'Patient/p', [{ op: 'add', path: '/nonsense', value: 1 }], json)).status, 422)
  t.equal((await call('PATCH', 'Patient/none', [], json)).status, 404)
  const nothing = await call('PATCH', 'Patient/p', [], json)
  t.strictSame([nothing.status, nothing.headers['etag']], [200, before.headers['etag']])
  const parameters = {
    resourceType: 'Parameters',
    parameter: [
      {
        name: 'operation',
        part: [
          { name: 'type', valueCode: 'replace' },
          { name: 'path', valueString: 'Patient.deceased' },
          { name: 'value', valueDateTime: '2020-01-01' },
        ],
      },
    ],
  }
  const patched = await call('PATCH', 'Patient/p', parameters)
  t.strictSame(
    [patched.status, patched.body.deceasedDateTime, patched.body.deceasedBoolean],
    [200, '2020-01-01', undefined],
  )
  const { body } = await call('GET', 'Patient/p/_history')
  t.strictSame(
    body.entry.map((entry: { request: { method: string } }) => entry.request.method),
    ['PATCH', 'PUT'],
  )
})

t.test('updates and patches that meet at one resource all get through, one version each', async (t) => {
  const call = await open(t)
  await call('PUT', 'Patient/p', patient('first', 'p'))
  const type = { 'content-type': 'application/json-patch+json' }
  const add = (n: number) => [{ op: 'add', path: '/name/-', value: { family: `n${n}` } }]
  const replies = await Promise.all([
    ...Array.from({ length: 40 }, (_, n) => call('PATCH', 'Patient/p', add(n), type)),
    call('PATCH', 'Patient/p', add(99), { ...type, 'if-match': 'W/"stale"' }),
  ])
  t.strictSame(
    replies.map(({ status }) => status),
    [...Array(40).fill(200), 412],
  )
  t.equal((await call('GET', 'Patient/p')).body.name.length, 41, 'none is lost')
  t.equal((await call('GET', 'Patient/p/_history?_summary=true&_count=0')).body.total, 41)
})
