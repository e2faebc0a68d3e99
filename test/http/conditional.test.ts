// Criteria in place of an id. https://hl7.org/fhir/R4/http.html#ccreate
import t from 'tap'
import { type Call, diagnosticsOf, openClient } from '../support/rest.ts'
import { openServer } from '../support/server.ts'

const patient = (value: string, more: object = {}) => ({
  resourceType: 'Patient',
  identifier: [{ system: 'urn:ids', value }],
  ...more,
})

const JSON_PATCH = { 'content-type': 'application/json-patch+json' }
const MALE = [{ op: 'add', path: '/gender', value: 'male' }]

// One with identifier 1, two with identifier 2.
async function openWithThree(t: Parameters<typeof openServer>[0]): Promise<Call> {
  const call = await openClient(await openServer(t))
  for (const [id, value] of [
    ['one', '1'],
    ['two', '2'],
    ['three', '2'],
  ] as const)
    await call('PUT', `Patient/${id}`, patient(value, { id }))
  return call
}

const total = async (call: Call, query: string) =>
  (await call('GET', `Patient?${query}&_summary=count`)).body.total

t.test(
  'a create is made where nothing matches, answers with the one match, and fails on several',
  async (t) => {
    const call = await openWithThree(t)
    const post = (criteria: string, body: object = patient('9')) =>
      call('POST', 'Patient', body, { 'if-none-exist': criteria })
    const made = await post('identifier=urn:ids|9')
    t.equal(made.status, 201)
    const again = await post('identifier=urn:ids|9', { resourceType: 'Patient', nonsense: true })
    t.strictSame(
      [again.status, again.headers['etag'], again.text],
      [200, made.headers['etag'], made.text],
      'whatever the body',
    )
    t.equal((await post('?identifier=urn:ids|9')).status, 200)
    t.equal((await post('Patient?identifier=urn:ids|9')).status, 200)
    const many = await post('identifier=urn:ids|2')
    t.strictSame([many.status, many.body.issue[0].code], [412, 'multiple-matches'])
    for (const criteria of [
      '',
      ' ',
      '?',
      'nonsense=1',
      'birthdate=x',
      '_count=1',
      '_sort=name',
      'name:nonsense=x',
    ]) {
      const reply = await post(criteria)
      t.equal(reply.status, 400, criteria)
      t.equal(reply.body.resourceType, 'OperationOutcome')
    }
    const lenient = await call('POST', 'Patient', patient('10'), {
      'if-none-exist': 'nonsense=1',
      prefer: 'handling=lenient',
    })
    t.equal(lenient.status, 400, 'criteria are strict whatever is preferred')
    t.equal(await total(call, ''), 4)
  },
)

t.test(
  'an update by criteria: none, one and several matches, with and without an id in the body',
  async (t) => {
    const call = await openWithThree(t)
    const put = (criteria: string, body: object) => call('PUT', `Patient?${criteria}`, body)
    const one = await put('identifier=urn:ids|1', patient('1', { gender: 'male' }))
    t.strictSame([one.status, one.body.id, one.body.gender], [200, 'one', 'male'])
    t.equal((await put('identifier=urn:ids|1', patient('1', { id: 'one', gender: 'female' }))).status, 200)
    const other = await put('identifier=urn:ids|1', patient('1', { id: 'two' }))
    t.equal(other.status, 400)
    t.match(diagnosticsOf(other), /Patient\.id/)
    t.equal((await put('identifier=urn:ids|2', patient('2'))).status, 412)
    const made = await put('identifier=urn:ids|8', patient('8'))
    t.strictSame([made.status, made.body.id.length], [201, 36])
    const named = await put('identifier=urn:ids|7', patient('7', { id: 'seven' }))
    t.strictSame([named.status, named.body.id], [201, 'seven'])
    t.equal(
      (await put('identifier=urn:ids|6', patient('6', { id: 'one' }))).status,
      409,
      'something else stands at that id',
    )
    t.equal((await put('identifier=urn:ids|6', patient('6', { id: 'a_b' }))).status, 400)
    t.equal((await call('PUT', 'Patient', patient('5'))).status, 400, 'criteria are needed')
    t.equal(
      (await call('PUT', 'Patient?identifier=urn:ids|4', patient('4'), { 'if-match': 'W/"x"' })).status,
      412,
    )
    t.equal(await total(call, ''), 5)
  },
)

t.test('a patch by criteria needs exactly one match', async (t) => {
  const call = await openWithThree(t)
  const patch = (criteria: string) => call('PATCH', `Patient?${criteria}`, MALE, JSON_PATCH)
  t.strictSame((await patch('identifier=urn:ids|1')).body.gender, 'male')
  t.equal((await patch('identifier=urn:ids|2')).status, 412)
  t.equal((await patch('identifier=urn:ids|9')).status, 404)
  t.equal((await patch('nonsense=1')).status, 400)
  t.equal((await patch('')).status, 400)
})

t.test('a delete by criteria takes the one match, or as many as _count allows', async (t) => {
  const call = await openWithThree(t)
  const remove = (criteria: string) =>
    call('DELETE', `Patient?${criteria}`, undefined, { prefer: 'return=OperationOutcome' })
  t.equal((await remove('identifier=urn:ids|2')).status, 412)
  t.equal((await call('DELETE', 'Patient')).status, 400, 'without criteria it would delete everything')
  t.equal((await remove('_count=5')).status, 400)
  for (const count of ['0', '-1', 'x', '1001', '1&_count=2'])
    t.equal((await remove(`identifier=urn:ids|2&_count=${count}`)).status, 400, count)
  t.equal((await remove('nonsense=1')).status, 400)
  t.equal(await total(call, ''), 3)
  t.match(diagnosticsOf(await remove('identifier=urn:ids|1')), /^1 deleted/)
  t.match(diagnosticsOf(await remove('identifier=urn:ids|1')), /^0 deleted/, 'it can be repeated')
  t.match(diagnosticsOf(await remove('identifier=urn:ids|2&_count=1')), /^1 deleted/)
  t.match(diagnosticsOf(await remove('identifier=urn:ids|2&_count=10')), /^1 deleted/)
  t.equal(await total(call, ''), 0)
})

t.test('a match that may not be seen is no match', async (t) => {
  const server = await openServer(t)
  const all = await openClient(server)
  const observation = (id: string, subject: string) => ({
    resourceType: 'Observation',
    id,
    status: 'final',
    code: { text: 'x' },
    identifier: [{ system: 'urn:ids', value: 'same' }],
    subject: { reference: `Patient/${subject}` },
  })
  for (const id of ['me', 'you']) await all('PUT', `Patient/${id}`, { resourceType: 'Patient', id })
  await all('PUT', 'Observation/yours', observation('yours', 'you'))
  const mine = await openClient(server, 'patient/*.cruds', { subject: 'Patient/me', patient: 'me' })
  const { id: _, ...body } = observation('', 'me')
  const made = await mine('POST', 'Observation', body, { 'if-none-exist': 'identifier=urn:ids|same' })
  t.equal(made.status, 201)
  const again = await mine('POST', 'Observation', body, { 'if-none-exist': 'identifier=urn:ids|same' })
  t.strictSame([again.status, again.body.id], [200, made.body.id])
  t.equal((await mine('DELETE', 'Observation?identifier=urn:ids|same')).status, 204)
  t.equal((await all('GET', 'Observation/yours')).status, 200)
  t.equal((await mine('PATCH', 'Observation?identifier=urn:ids|same', MALE, JSON_PATCH)).status, 404)
  t.equal((await mine('PUT', 'Observation?identifier=urn:ids|same', { ...body, id: 'yours' })).status, 404)
})

t.test('criteria need the right to search', async (t) => {
  const server = await openServer(t)
  const call = await openClient(server, 'system/Patient.cru')
  for (const [method, path, body, headers] of [
    ['POST', 'Patient', patient('1'), { 'if-none-exist': 'identifier=1' }],
    ['PUT', 'Patient?identifier=1', patient('1'), {}],
    ['PATCH', 'Patient?identifier=1', MALE, JSON_PATCH],
  ] as const)
    t.equal((await call(method, path, body, headers)).status, 403, method)
})

t.test('what may be read but not written is 403; what may not be read is not there', async (t) => {
  const server = await openServer(t)
  const all = await openClient(server)
  for (const id of ['me', 'you']) await all('PUT', `Patient/${id}`, { resourceType: 'Patient', id })
  await all('PUT', 'Organization/o', { resourceType: 'Organization', id: 'o', name: 'x' })
  const mine = await openClient(server, 'patient/*.cruds', { subject: 'Patient/me', patient: 'me' })
  t.equal((await mine('GET', 'Organization/o')).status, 200)
  t.equal(
    (await mine('PUT', 'Organization/o', { resourceType: 'Organization', id: 'o', name: 'y' })).status,
    403,
  )
  t.equal(
    (await mine('PUT', 'Patient/me', { resourceType: 'Patient', id: 'me', gender: 'male' })).status,
    200,
  )
  const hidden = await mine('PUT', 'Patient/you', { resourceType: 'Patient', id: 'you' })
  const absent = await mine('PUT', 'Patient/none', { resourceType: 'Patient', id: 'none' })
  t.strictSame([hidden.status, hidden.text], [404, absent.text], 'hidden and absent are one')
  t.equal((await mine('GET', 'Patient/you')).text, (await mine('GET', 'Patient/none')).text)
  t.equal((await mine('GET', 'Patient/you/_history')).text, (await mine('GET', 'Patient/none/_history')).text)
})
