// Observation/$lastn over HTTP. https://hl7.org/fhir/R4/observation-operation-lastn.html
import t from 'tap'
import { openClient, refsOf, type Send } from '../support/operations.ts'

const LAB = [
  { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/observation-category', code: 'laboratory' }] },
]
const coded = (...codes: string[]) => ({ coding: codes.map((code) => ({ system: 'urn:c', code })) })

async function put(
  send: Send,
  id: string,
  code: object,
  effective: string | object,
  more = {},
): Promise<void> {
  const { status, body } = await send('PUT', `Observation/${id}`, {
    resourceType: 'Observation',
    id,
    status: 'final',
    category: LAB,
    code,
    subject: { reference: 'Patient/p' },
    ...(typeof effective === 'string' ? { effectiveDateTime: effective } : effective),
    ...more,
  })
  if (status >= 300) throw new Error(JSON.stringify(body))
}

const lastn = async (send: Send, query: string) => {
  const { status, body } = await send('GET', `Observation/$lastn?${query}`)
  if (status !== 200) throw new Error(`${status} ${JSON.stringify(body)}`)
  return refsOf(body, 'match').map((ref) => ref.slice('Observation/'.length))
}

t.test('the newest of each code, newest first; max asks for more, and ties are all returned', async (t) => {
  const { send } = await openClient(t)
  await put(send, 'a1', coded('a'), '2026-01-01')
  await put(send, 'a2', coded('a'), '2026-01-02')
  await put(send, 'a2b', coded('a'), '2026-01-02')
  await put(send, 'a3', coded('a'), '2026-01-03')
  await put(send, 'b1', coded('b'), '2026-01-02T12:00:00Z')
  await put(send, 'b0', coded('b'), {})
  await put(send, 'c0', coded('c'), {})
  await put(send, 'other', coded('a'), '2026-02-01', { subject: { reference: 'Patient/q' } })
  t.same(await lastn(send, 'patient=p&category=laboratory'), ['a3', 'b1', 'c0'])
  t.same((await lastn(send, 'patient=p&category=laboratory&max=2')).toSorted(), [
    'a2',
    'a2b',
    'a3',
    'b0',
    'b1',
    'c0',
  ])
  t.same(await lastn(send, 'subject=Patient/p&code=urn:c|a&max=1'), ['a3'])
  t.same(await lastn(send, 'patient=p&code=a,b&date=lt2026-01-03&max=1'), ['b1', 'a2', 'a2b'])
  t.same(
    await lastn(send, 'patient=p&category=laboratory&_count=1'),
    ['a3', 'b1', 'c0'],
    '_count does not count here',
  )
  t.same(await lastn(send, 'patient=none&code=a'), [])
})

t.test(
  'codes are equal by system and value, through translations too; texts as they are written',
  async (t) => {
    const { send } = await openClient(t)
    await put(send, 'a', coded('a'), '2026-01-01')
    await put(send, 'b', coded('b'), '2026-01-02')
    await put(send, 'ab', coded('a', 'b'), '2026-01-03')
    await put(send, 'x', { coding: [{ system: 'urn:other', code: 'a' }] }, '2026-01-04')
    await put(send, 'text', { text: 'Text' }, '2026-01-05')
    await put(send, 'lower', { text: 'text' }, '2026-01-06')
    t.same(await lastn(send, 'patient=p&category=laboratory'), ['lower', 'text', 'x', 'ab'])
    t.same(await lastn(send, 'patient=p&category=laboratory&max=2'), ['lower', 'text', 'x', 'ab', 'b'])
  },
)

t.test('an old Observation that links two codes still joins them', async (t) => {
  const { send } = await openClient(t)
  await put(send, 'link', coded('a', 'b'), '2020-01-01')
  await put(send, 'a1', coded('a'), '2026-01-01')
  await put(send, 'b1', coded('b'), '2026-01-02')
  t.same(await lastn(send, 'patient=p&category=laboratory'), ['b1'])
})

t.test('more Observations than one page of the walk are all looked at', async (t) => {
  const { send } = await openClient(t)
  const entry = Array.from({ length: 450 }, (_, at) => ({
    request: { method: 'PUT', url: `Observation/o${at}` },
    resource: {
      resourceType: 'Observation',
      id: `o${at}`,
      status: 'final',
      category: LAB,
      code: coded(at < 449 ? 'a' : 'b'),
      subject: { reference: 'Patient/p' },
      effectiveDateTime: new Date(Date.UTC(2026, 0, 1) - at * 3_600_000).toISOString(),
    },
  }))
  await send('POST', '', { resourceType: 'Bundle', type: 'transaction', entry })
  t.same(await lastn(send, 'patient=p&category=laboratory'), ['o0', 'o449'])
})

t.test('only what the caller may see is grouped', async (t) => {
  const { send, as } = await openClient(t)
  await put(send, 'old', coded('a'), '2026-01-01')
  await put(send, 'new', coded('a'), '2026-01-02', {
    category: [{ coding: [{ system: 'urn:k', code: 'private' }] }, ...LAB],
  })
  const some = await as('system/Observation.rs?category=laboratory')
  t.same(await lastn(some, 'patient=p&code=a'), ['new'])
  await put(send, 'newer', coded('a'), '2026-01-03', {
    category: [{ coding: [{ system: 'urn:k', code: 'private' }] }],
  })
  t.same(await lastn(some, 'patient=p&code=a'), ['new'])
  t.same(await lastn(send, 'patient=p&code=a'), ['newer'])
  const none = await as('system/Patient.rs')
  t.equal((await none('GET', 'Observation/$lastn?patient=p&code=a')).status, 403)
})

t.test('POST takes the same parameters as primitives', async (t) => {
  const { send } = await openClient(t)
  await put(send, 'a1', coded('a'), '2026-01-01')
  const parameter = [
    { name: 'patient', valueString: 'p' },
    { name: 'code', valueString: 'a' },
    { name: 'max', valuePositiveInt: 3 },
  ]
  const { body } = await send('POST', 'Observation/$lastn', { resourceType: 'Parameters', parameter })
  t.same(refsOf(body), ['Observation/a1'])
  t.match(body, {
    type: 'searchset',
    total: 1,
    link: [{ relation: 'self', url: /\$lastn\?patient=p&code=a&max=3$/ }],
  })
})

t.test('a subject and a category or code are needed; what does not fit is refused by name', async (t) => {
  const { send } = await openClient(t)
  for (const [query, text] of [
    ['code=a', 'subject'],
    ['patient=p', 'category'],
    ['patient=p&date=2026', 'category'],
    ['patient=p&code=a&max=0', 'max'],
    ['patient=p&code=a&max=1&max=2', 'max'],
    ['patient=p&code=a&_sort=date', '_sort'],
    ['patient=p&code=a&_include=Observation:subject', '_include'],
    ['patient=p&code=a&nonsense=1', 'nonsense'],
  ] as const) {
    const { status, body } = await send('GET', `Observation/$lastn?${query}`)
    t.equal(status, 400, query)
    t.match(body.issue[0].diagnostics, text)
  }
  const { body } = await send('GET', 'Observation/$lastn?patient=p&code=a&_summary=count')
  t.match(body, { total: 0 })
})
