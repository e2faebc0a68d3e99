// $everything over HTTP. https://hl7.org/fhir/R4/patient-operation-everything.html
import t from 'tap'
import { type Client, openClient, type Reply, refsOf, type Send } from '../support/operations.ts'

const code = { coding: [{ system: 'urn:c', code: 'a' }] }
const to = (reference: string) => ({ reference })

async function fill({ send }: Client): Promise<void> {
  const put = async (resource: { resourceType: string; id: string } & Record<string, unknown>) => {
    const { status, body } = await send('PUT', `${resource.resourceType}/${resource.id}`, resource)
    if (status >= 300) throw new Error(JSON.stringify(body))
  }
  await put({ resourceType: 'Organization', id: 'clinic', name: 'Clinic' })
  await put({ resourceType: 'Organization', id: 'other', name: 'Other' })
  await put({ resourceType: 'Practitioner', id: 'doctor' })
  await put({
    resourceType: 'PractitionerRole',
    id: 'role',
    practitioner: to('Practitioner/doctor'),
    organization: to('Organization/clinic'),
  })
  await put({ resourceType: 'Patient', id: 'q' })
  await put({ resourceType: 'Patient', id: 'p', link: [{ other: to('Patient/q'), type: 'seealso' }] })
  for (const [id, day] of [
    ['old', '2020-01-01'],
    ['new', '2026-01-01'],
  ] as const)
    await put({
      resourceType: 'Encounter',
      id,
      status: 'finished',
      class: { code: 'AMB' },
      subject: to('Patient/p'),
      participant: [{ individual: to('PractitionerRole/role') }],
      period: { start: day, end: day },
    })
  const observation = { resourceType: 'Observation', status: 'final', code }
  await put({
    ...observation,
    id: 'own',
    subject: to('Patient/p'),
    encounter: to('Encounter/new'),
    effectiveDateTime: '2026-01-01',
    performer: [to('Organization/clinic')],
  })
  await put({
    ...observation,
    id: 'focus',
    subject: to('Patient/q'),
    focus: [to('Patient/p'), to('Encounter/new')],
  })
  await put({
    resourceType: 'Coverage',
    id: 'cover',
    status: 'active',
    beneficiary: to('Patient/p'),
    payor: [to('Organization/clinic')],
  })
}

async function walk(send: Send, url: string): Promise<Reply['body'][]> {
  const pages: Reply['body'][] = []
  for (let next: string | undefined = url; next; ) {
    const { status, body }: Reply = await send('GET', next)
    if (status !== 200) throw new Error(`${status} ${JSON.stringify(body)}`)
    pages.push(body)
    next = body.link.find(({ relation }: { relation: string }) => relation === 'next')?.url
  }
  return pages
}

t.test('a record is the compartment as matches and what it refers to as includes, each once', async (t) => {
  const client = await openClient(t)
  await fill(client)
  const { status, body } = await client.send('GET', 'Patient/p/$everything')
  t.equal(status, 200)
  t.match(body, { resourceType: 'Bundle', type: 'searchset' })
  t.same([...refsOf(body, 'match')].sort(), [
    'Coverage/cover',
    'Encounter/new',
    'Encounter/old',
    'Observation/own',
    'Patient/p',
  ])
  t.same([...refsOf(body, 'include')].sort(), [
    'Organization/clinic',
    'Practitioner/doctor',
    'PractitionerRole/role',
  ])
  t.same((await client.send('POST', 'Patient/p/$everything')).body.entry, body.entry, 'by POST the same')
})

t.test('start and end choose by the date of care, _since by when it was written', async (t) => {
  const client = await openClient(t)
  await fill(client)
  const matches = async (query: string) =>
    [...refsOf((await client.send('GET', `Patient/p/$everything?${query}`)).body, 'match')].sort()
  t.same(await matches('start=2025'), ['Coverage/cover', 'Encounter/new', 'Observation/own', 'Patient/p'])
  t.same(await matches('end=2020-01-01'), ['Coverage/cover', 'Encounter/old', 'Patient/p'])
  t.same(await matches('_type=Encounter,Practitioner'), ['Encounter/new', 'Encounter/old'])
  t.same(await matches('_type=Encounter&_type=Coverage&start=2025'), ['Coverage/cover', 'Encounter/new'])
  t.same(await matches('_since=2099-01-01T00:00:00Z'), [])
  const { lastUpdated } = (await client.send('GET', 'Coverage/cover')).body.meta
  t.ok((await matches(`_since=${lastUpdated}`)).includes('Coverage/cover'))
})

t.test('pages together hold every match once', async (t) => {
  const client = await openClient(t)
  await fill(client)
  const pages = await walk(client.send, 'Patient/p/$everything?_count=2')
  t.equal(pages.length, 3)
  const matches = pages.flatMap((page) => refsOf(page, 'match'))
  t.equal(matches.length, 5)
  t.equal(new Set(matches).size, 5)
  for (const page of pages) t.equal(new Set(refsOf(page)).size, refsOf(page).length)
  const next = pages[0].link.find(({ relation }: { relation: string }) => relation === 'next').url
  const other = await client.as('system/*.cruds', { client: 'other', subject: 'Client/other' })
  t.equal((await other('GET', next)).status, 400, 'a link is for the one who walks')
  t.equal((await client.send('GET', next.replace('/p/', '/q/'))).status, 400)
  t.equal((await client.send('GET', `${next}&_count=1`)).status, 400)
})

t.test('a hidden Patient answers as an absent one does', async (t) => {
  const client = await openClient(t)
  await fill(client)
  const own = await client.as('patient/*.rs', { subject: 'Patient/p', patient: 'p' })
  const [hidden, absent] = [
    await own('GET', 'Patient/q/$everything'),
    await own('GET', 'Patient/none/$everything'),
  ]
  t.equal(hidden.status, 404)
  t.same(hidden.body, absent.body)
  const { body } = await own('GET', 'Patient/p/$everything')
  t.ok(refsOf(body, 'match').includes('Observation/own'))
  t.notOk(refsOf(body).some((ref) => ref === 'Patient/q' || ref === 'Observation/focus'))
  await client.send('DELETE', 'Patient/q')
  t.equal((await client.send('GET', 'Patient/q/$everything')).status, 410)
})

t.test('only types within the scopes are in the answer', async (t) => {
  const client = await openClient(t)
  await fill(client)
  const narrow = await client.as('system/Patient.rs system/Observation.rs')
  t.same([...refsOf((await narrow('GET', 'Patient/p/$everything')).body)].sort(), [
    'Observation/own',
    'Patient/p',
  ])
  const none = await client.as('system/Observation.rs')
  t.equal((await none('GET', 'Patient/p/$everything')).status, 403)
  t.equal((await none('GET', 'Patient/$everything')).status, 403)
})

t.test('without an id the records of every Patient that the caller may see', async (t) => {
  const client = await openClient(t)
  await fill(client)
  const all = (await walk(client.send, 'Patient/$everything?_count=3')).flatMap((page) =>
    refsOf(page, 'match'),
  )
  t.same([...all].sort(), [
    'Coverage/cover',
    'Encounter/new',
    'Encounter/old',
    'Observation/focus',
    'Observation/own',
    'Patient/p',
    'Patient/q',
  ])
  const own = await client.as('patient/*.rs', { subject: 'Patient/q', patient: 'q' })
  t.same([...refsOf((await own('GET', 'Patient/$everything')).body, 'match')].sort(), [
    'Observation/focus',
    'Patient/q',
  ])
})

t.test('an Encounter holds what belongs to it, and the Patient it is of as an include', async (t) => {
  const client = await openClient(t)
  await fill(client)
  const { body } = await client.send('GET', 'Encounter/new/$everything')
  t.same([...refsOf(body, 'match')].sort(), ['Encounter/new', 'Observation/own'])
  t.same([...refsOf(body, 'include')].sort(), [
    'Organization/clinic',
    'Patient/p',
    'Practitioner/doctor',
    'PractitionerRole/role',
  ])
  t.equal((await client.send('GET', 'Encounter/none/$everything')).status, 404)
  t.equal((await client.send('GET', 'Encounter/$everything')).status, 404)
  t.equal((await client.send('GET', 'Encounter/new/$everything?start=2020')).status, 400)
})

t.test('what is not understood is refused by name', async (t) => {
  const client = await openClient(t)
  await fill(client)
  for (const [query, text] of [
    ['_type=Organization', 'at least one type'],
    ['_type=Patient,Questionnaire2', 'Questionnaire2'],
    ['start=soon', 'start'],
    ['start=2020&start=2021', 'start'],
    ['_count=0', '_count'],
    ['_count=-1', '_count'],
    ['name=x', 'name'],
    ['_page=abc', 'page link'],
  ] as const) {
    const { status, body } = await client.send('GET', `Patient/p/$everything?${query}`)
    t.equal(status, 400, query)
    t.ok(JSON.stringify(body).includes(text), `${query}: ${JSON.stringify(body)}`)
  }
})
