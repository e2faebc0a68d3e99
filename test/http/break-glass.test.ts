// Break-glass over HTTP: one record, read only, by the token alone; told to the person and reviewed, once for a session (2.10).
import t from 'tap'
import type { TokenGrant } from '../../src/access/principal.ts'
import { readOwn } from '../support/consents.ts'
import { type Call, openClient } from '../support/rest.ts'
import { openServer, type TestServer } from '../support/server.ts'

type Tap = Parameters<typeof openServer>[0]

const ELEVATED: Partial<TokenGrant> = {
  subject: 'Practitioner/er',
  organization: 'Organization/er',
  purpose: 'BTG',
  elevation: { id: 'session-1', reason: '意識不明の搬送', patient: 'Patient/resident' },
}
const observation = (id: string, patient: string) => ({
  resourceType: 'Observation',
  id,
  status: 'final',
  code: { text: 'x' },
  subject: { reference: `Patient/${patient}` },
})

async function open(t: Tap): Promise<{ server: TestServer; custodian: Call }> {
  const server = await openServer(t, { MUSUBI_BREAK_GLASS_REVIEW_DAYS: '3' })
  const custodian = await openClient(server)
  for (const resource of [
    { resourceType: 'Patient', id: 'resident', birthDate: '1980-05-01' },
    { resourceType: 'Patient', id: 'other' },
    { resourceType: 'RelatedPerson', id: 'son', patient: { reference: 'Patient/resident' } },
    observation('o1', 'resident'),
    observation('o2', 'other'),
  ]) {
    const { status, text } = await custodian('PUT', `${resource.resourceType}/${resource.id}`, resource)
    if (status > 201) throw new Error(text)
  }
  return { server, custodian }
}

const idsOf = (bundle: { entry?: { resource: { id: string } }[] }) =>
  (bundle.entry ?? []).map(({ resource }) => resource.id)

t.test('what consents leave closed an elevated session opens for its person alone', async (t) => {
  const { server } = await open(t)
  const normal = await openClient(server, 'user/*.cruds', {
    ...ELEVATED,
    purpose: 'TREAT',
    elevation: undefined,
  })
  t.equal((await normal('GET', 'Observation/o1')).status, 404)
  const elevated = await openClient(server, 'user/*.cruds', ELEVATED)
  t.equal((await elevated('GET', 'Observation/o1')).status, 200)
  t.equal((await elevated('GET', 'Observation/o2')).status, 404)
  t.strictSame(idsOf((await elevated('GET', 'Observation')).body), ['o1'])
  t.strictSame(idsOf((await elevated('GET', 'Patient')).body), ['resident'])
  t.equal((await elevated('GET', 'Observation/o1/_history')).status, 200)
  t.equal((await elevated('GET', 'Patient/resident/$everything')).status, 200)
  t.equal((await elevated('GET', 'Patient/other/$everything')).status, 404)
})

const batch = {
  resourceType: 'Bundle',
  type: 'batch',
  entry: [{ request: { method: 'GET', url: 'Patient' } }],
}
const CLOSED: readonly (readonly [method: string, path: string, body?: unknown])[] = [
  ['POST', 'Observation', observation('x', 'resident')],
  ['PUT', 'Observation/o1', { ...observation('o1', 'resident'), status: 'amended' }],
  ['PUT', 'Observation/none', observation('none', 'resident')],
  ['DELETE', 'Observation/o1'],
  ['DELETE', 'Observation/none'],
  ['DELETE', 'Observation?code=x'],
  ['POST', '', batch],
  ['POST', '', { ...batch, type: 'transaction' }],
  ['GET', 'Observation/$lastn?patient=resident&category=x'],
  ['GET', 'Observation/o1/$meta'],
]

t.test('a session writes nothing and calls nothing else, whatever is there', async (t) => {
  const { server, custodian } = await open(t)
  const elevated = await openClient(server, 'user/*.cruds', ELEVATED)
  for (const [method, path, body] of CLOSED)
    t.equal((await elevated(method, path, body)).status, 403, `${method} ${path}`)
  t.equal((await custodian('GET', 'Observation/o1')).body.status, 'final')
  t.equal((await custodian('GET', 'Task?_summary=count')).body.total, 0, 'and nothing is told of it')
})

const REFUSED: Readonly<Record<string, Partial<TokenGrant>>> = {
  'BTG without a session': { ...ELEVATED, elevation: undefined },
  'a session of no person': { ...ELEVATED, elevation: { reason: 'x' } },
  'a session with another purpose': { ...ELEVATED, purpose: 'TREAT' },
}

t.test('a session and BTG go together, and somebody is there', async (t) => {
  const { server } = await open(t)
  for (const [name, grant] of Object.entries(REFUSED)) {
    const call = await openClient(server, 'user/*.cruds', grant)
    t.equal((await call('GET', 'Observation/o1')).status, 403, name)
    t.equal((await call('GET', 'Observation')).status, 403, name)
  }
  const unattended = await openClient(server, 'system/*.cruds', { ...ELEVATED, subject: 'Client/test' })
  t.equal((await unattended('GET', 'Observation/o1')).status, 403, 'a client alone')
})

t.test('the person is told and a review is due, once for a session that disclosed something', async (t) => {
  const { server } = await open(t)
  const elevated = await openClient(server, 'user/*.rs', ELEVATED)
  const person = await openClient(server, 'patient/*.rs', {
    subject: 'Patient/resident',
    patient: 'resident',
    purpose: 'PATRQT',
  })
  const reviewer = await openClient(server, 'system/*.rs', { organization: 'Organization/er' })
  const counts = async () => [
    (await person('GET', 'Communication?_summary=count')).body.total,
    (await reviewer('GET', 'Task?_summary=count')).body.total,
  ]
  await elevated('GET', 'Condition')
  await elevated('GET', 'Observation/o2')
  await elevated('GET', 'Practitioner')
  t.strictSame(await counts(), [0, 0], 'nothing was found')
  await Promise.all([1, 2, 3].map(() => elevated('GET', 'Observation/o1')))
  await elevated('GET', 'Observation')
  t.strictSame(await counts(), [1, 1])
  const notice = (await person('GET', 'Communication')).body.entry[0].resource
  t.equal(
    (await reviewer('GET', `Communication/${notice.id}`)).status,
    404,
    'it is not the organisation\u2019s',
  )
  t.match(notice, {
    status: 'completed',
    subject: { reference: 'Patient/resident' },
    sender: { reference: 'Organization/er' },
    reasonCode: [{ coding: [{ code: 'BTG' }] }],
    payload: [{ contentString: /緊急閲覧/ }, { contentString: /^Emergency access/ }],
  })
  const task = (await reviewer('GET', 'Task?status=requested')).body.entry[0].resource
  t.match(task, {
    code: { coding: [{ code: 'break-glass-review' }] },
    focus: { reference: `Communication/${notice.id}` },
    for: { reference: 'Patient/resident' },
    requester: { reference: 'Practitioner/er' },
    owner: { reference: 'Organization/er' },
  })
  const { start, end } = task.restriction.period
  t.equal(Date.parse(end) - Date.parse(start), 3 * 86_400_000)
  const again = await openClient(server, 'user/*.rs', {
    ...ELEVATED,
    elevation: { ...ELEVATED.elevation!, id: 'session-2' },
  })
  t.equal((await again('GET', 'Observation?_summary=count')).body.total, 1)
  t.strictSame(await counts(), [2, 2], 'a count discloses as well')
})

t.test('a proxy whose delegation has ended is not told', async (t) => {
  const { server, custodian } = await open(t)
  const voluntary = readOwn('examples/musubi-delegation-voluntary.json')
  const provision = { ...(voluntary['provision'] as object), provision: undefined, period: undefined }
  const consent = { ...voluntary, id: 'd', provision }
  const son = await openClient(server, 'patient/*.rs', {
    subject: 'RelatedPerson/son',
    patient: 'resident',
    purpose: 'FAMRQT',
  })
  t.equal((await custodian('PUT', 'Consent/d', consent)).status, 201)
  await (await openClient(server, 'user/*.rs', ELEVATED))('GET', 'Observation/o1')
  t.equal((await son('GET', 'Communication?_summary=count')).body.total, 1)
  await custodian('PUT', 'Consent/d', { ...consent, status: 'inactive' })
  t.equal((await son('GET', 'Communication?_summary=count')).body.total, 0)
})
