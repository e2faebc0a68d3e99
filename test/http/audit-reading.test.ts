// Who may read which rows of the access log, and how they are found. Spec: a person sees accesses to the own record, others only their own.
import t, { type Test } from 'tap'
import { observed, openRecording, type Recording } from '../support/provide.ts'
import { type Call, openClient, type Reply } from '../support/rest.ts'
import { openServer, type TestServer } from '../support/server.ts'

const A = { organization: 'Organization/a' }

interface World extends Recording {
  readonly server: TestServer
  readonly resident: Call
  readonly other: Call
}

/** Practitioner/7 has looked at Patient/1 and at both, Practitioner/8 at Patient/2. */
async function openWorld(t: Test): Promise<World> {
  const server = await openServer(t)
  const recording = await openRecording(server)
  await recording.record(A, [observed('1', 'Organization/a', 'Patient/1')])
  await recording.record(A, [
    observed('1', 'Organization/a', 'Patient/1'),
    observed('2', 'Organization/a', 'Patient/2'),
  ])
  await recording.record({ ...A, subject: 'Practitioner/8' }, [observed('2', 'Organization/a', 'Patient/2')])
  const resident = await openClient(server, 'patient/*.rs', { subject: 'Patient/1', patient: '1' })
  const other = await openClient(server, 'patient/*.rs', { subject: 'Patient/2', patient: '2' })
  return { server, ...recording, resident, other }
}

const whoIn = ({ body }: Reply) =>
  (body.entry ?? []).map(
    // biome-ignore lint/suspicious/noExplicitAny: tests look into whatever comes
    ({ resource }: any) => resource.agent.find((each: any) => each.requestor).who.reference ?? 'client',
  )

t.test('a person finds the accesses to their own record, newest first', async (t) => {
  const { resident, other } = await openWorld(t)
  t.same(whoIn(await resident('GET', 'AuditEvent')), ['Practitioner/7', 'Practitioner/7'])
  t.same(whoIn(await other('GET', 'AuditEvent')), ['Practitioner/8', 'Practitioner/7'])
  t.same(whoIn(await other('GET', 'AuditEvent')).slice(0, 1), ['Patient/2'], 'their own search too')
})

t.test('a person sees nothing of another in an access to both', async (t) => {
  const { resident } = await openWorld(t)
  const { text } = await resident('GET', 'AuditEvent?_count=100')
  t.match(text, 'Observation/1/_history/1')
  for (const hidden of ['Patient/2', 'Observation/2', '"query"']) t.notMatch(text, hidden)
  t.same(whoIn(await resident('GET', 'AuditEvent?entity=Observation/2')), [], 'nor by searching for it')
  t.same(whoIn(await resident('GET', 'AuditEvent?patient=Patient/2')), [])
})

t.test('each parameter of the search works on rows', async (t) => {
  const { resident } = await openWorld(t)
  const both = ['Practitioner/7', 'Practitioner/7']
  const cases: readonly [string, readonly string[]][] = [
    ['patient=Patient/1&agent=Practitioner/7', both],
    ['agent=Practitioner/8', []],
    ['entity=Observation/1&agent=Practitioner/7', both],
    ['agent=Practitioner/7&action=E', both],
    ['agent=Practitioner/7&action=R', []],
    ['agent=Practitioner/7&type=rest', both],
    ['agent=Practitioner/7&subtype=search-type', both],
    ['agent=Practitioner/7&subtype=http://hl7.org/fhir/restful-interaction|search-type', both],
    ['agent=Practitioner/7&subtype=read', []],
    ['agent=Practitioner/7&outcome=0', both],
    ['agent=Practitioner/7&outcome=4', []],
    ['agent=Practitioner/7&date=ge2026', both],
    ['agent=Practitioner/7&date=lt2026', []],
    ['agent=Practitioner/7&_lastUpdated=ge2026&_sort=-date', both],
  ]
  for (const [query, expected] of cases)
    t.same(whoIn(await resident('GET', `AuditEvent?${query}`)), expected, query)
  t.same(
    whoIn(await resident('GET', 'Patient/1/AuditEvent?agent=Practitioner/7')),
    both,
    'in the compartment',
  )
  for (const query of [
    '_sort=date',
    '_revinclude=Provenance:target',
    '_include:iterate=AuditEvent:entity',
    'agent:Practitioner.name=x',
    '_has:Provenance:target:agent=x',
  ])
    t.equal((await resident('GET', `AuditEvent?${query}`)).status, 400, query)
  t.equal((await resident('GET', 'AuditEvent?nonsense=1')).status, 400)
})

t.test('what an event refers to comes along, where one may see it', async (t) => {
  const { server, resident } = await openWorld(t)
  const call = await openClient(server)
  await call('PUT', 'Patient/1', { resourceType: 'Patient', id: '1' })
  await call('PUT', 'Patient/2', { resourceType: 'Patient', id: '2' })
  await call('PUT', 'Practitioner/7', { resourceType: 'Practitioner', id: '7' })
  const { body } = await resident(
    'GET',
    'AuditEvent?agent=Practitioner/7&_include=AuditEvent:patient&_include=AuditEvent:agent',
  )
  t.same(
    body.entry.map(
      ({ resource, search }: { resource: { resourceType: string; id: string }; search: { mode: string } }) =>
        search.mode === 'match' ? 'match' : `${resource.resourceType}/${resource.id}`,
    ),
    ['match', 'match', 'Patient/1', 'Practitioner/7'],
  )
})

t.test('pages lead through all rows once, with one total', async (t) => {
  const { server } = await openWorld(t)
  const { policy } = await openRecording(server)
  t.ok(policy)
  const call = await openClient(server, 'system/*.cruds', { subject: 'Client/x', client: 'x' })
  for (let i = 0; i < 5; i++) await call('GET', `Basic/${i}`)
  for (let i = 0; i < 3; i++)
    await call('POST', 'AuditEvent', {
      resourceType: 'AuditEvent',
      type: { code: 'rest' },
      recorded: '2020-01-01T00:00:00Z',
      agent: [{ requestor: true, who: { reference: `Practitioner/${i}` } }],
      source: { observer: { display: 'elsewhere' } },
    })
  const seen: string[] = []
  const totals: number[] = []
  const sizes: number[] = []
  for (let url: string | undefined = 'AuditEvent?_count=3&_total=accurate'; url; ) {
    const { body, status }: Reply = await call('GET', url)
    t.equal(status, 200)
    totals.push(body.total)
    sizes.push(body.entry.length)
    for (const { resource } of body.entry) seen.push(resource.id)
    const next = body.link.find(({ relation }: { relation: string }) => relation === 'next')?.url
    url = next?.slice(next.indexOf('AuditEvent'))
  }
  // Five reads, three creates, and the three that were stored; not the searches themselves.
  t.same(sizes, [3, 3, 3, 2])
  t.same(totals, [11, 11, 11, 11])
  t.equal(new Set(seen).size, 11)
})

t.test('stored events begin on a page of their own where rows fill the one before', async (t) => {
  const server = await openServer(t)
  const call = await openClient(server)
  await call('POST', 'AuditEvent', {
    resourceType: 'AuditEvent',
    type: { code: 'rest' },
    recorded: '2020-01-01T00:00:00Z',
    agent: [{ requestor: true }],
    source: { observer: { display: 'elsewhere' } },
  })
  const first = await call('GET', 'AuditEvent?_count=1')
  const next = first.body.link[1].url
  const second = await call('GET', next.slice(next.indexOf('AuditEvent')))
  t.equal(second.body.entry[0].resource.recorded, '2020-01-01T00:00:00Z')
  t.equal(second.body.link.length, 1)
})

t.test('the number alone, and a part of each event', async (t) => {
  const { resident } = await openWorld(t)
  const counted = await resident('GET', 'AuditEvent?agent=Practitioner/7&_summary=count')
  t.match(counted.body, { total: 2, entry: undefined })
  const { body } = await resident('GET', 'AuditEvent?agent=Practitioner/7&_elements=outcome')
  t.match(body.entry[0].resource, { outcome: '0', action: undefined })
})

t.test('an event is read by those who may find it, and is not there for others', async (t) => {
  const { resident, other, server } = await openWorld(t)
  const [event] = (await resident('GET', 'AuditEvent?agent=Practitioner/7')).body.entry.slice(-1)
  const path = `AuditEvent/${event.resource.id}`
  const own = await resident('GET', path)
  t.equal(own.status, 200)
  t.same(own.body, event.resource)
  t.equal(own.headers['etag'], 'W/"1"')
  t.same(whoIn(await resident('GET', `AuditEvent?_id=${event.resource.id}`)), ['Practitioner/7'])
  t.same(whoIn(await resident('GET', `AuditEvent?_id=${event.resource.id}&action=R`)), [])
  t.same(whoIn(await other('GET', `AuditEvent?_id=${event.resource.id}`)), [])
  t.equal((await resident('GET', path, undefined, { 'if-none-match': 'W/"1"' })).status, 304)
  const absent = await other('GET', 'AuditEvent/00000000-0000-4000-8000-000000000000')
  const hidden = await other('GET', path)
  t.equal(hidden.status, 404)
  t.same(hidden.body, absent.body)
  const client = await openClient(server)
  t.equal((await client('GET', path)).status, 404, 'also for a client that may do everything else')
})

t.test('a client sees its own events, or those of its organisation', async (t) => {
  const { server } = await openWorld(t)
  const alone = await openClient(server)
  await alone('GET', 'Basic/1')
  t.same(whoIn(await alone('GET', 'AuditEvent')), ['client'])
  const hospital = await openClient(server, 'system/*.rs', { subject: 'Client/ehr', client: 'ehr', ...A })
  t.same(whoIn(await hospital('GET', 'AuditEvent')), ['Practitioner/8', 'Practitioner/7', 'Practitioner/7'])
  const elsewhere = await openClient(server, 'system/*.rs', {
    subject: 'Client/ehr',
    client: 'ehr',
    organization: 'Organization/b',
  })
  t.same(whoIn(await elsewhere('GET', 'AuditEvent')), [])
})

t.test('a proxy and a practitioner do not see what others did', async (t) => {
  const { server } = await openWorld(t)
  const proxy = await openClient(server, 'patient/*.rs', { subject: 'RelatedPerson/3', patient: '1' })
  t.same(whoIn(await proxy('GET', 'AuditEvent')), [])
  t.same(whoIn(await proxy('GET', 'AuditEvent')), ['RelatedPerson/3'])
  const practitioner = await openClient(server, 'user/*.rs', { subject: 'Practitioner/7' })
  t.equal((await practitioner('GET', 'AuditEvent')).status, 403)
})

t.test('a scope that leaves events out leaves rows out', async (t) => {
  const { server } = await openWorld(t)
  const grant = { subject: 'Patient/1', patient: '1' }
  const some = await openClient(server, 'patient/AuditEvent.rs?action=R', grant)
  t.same(whoIn(await some('GET', 'AuditEvent')), [])
  const none = await openClient(server, 'patient/Observation.rs', grant)
  t.equal((await none('GET', 'AuditEvent')).status, 403)
})
