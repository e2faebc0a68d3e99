// What a token may do with its scopes: every letter at every interaction, the whole way from grant to answer. https://hl7.org/fhir/smart-app-launch/scopes-and-launch-context.html#scopes-for-requesting-fhir-resources
import { randomUUID } from 'node:crypto'
import t from 'tap'
import { openSmartServer, type SmartServer } from '../support/authorization.ts'
import { type Granted, grantBackend, grantUser } from '../support/granted.ts'
import { type Call, openClient, type Reply } from '../support/rest.ts'

const SYSTEM = 'https://example.org/marks'

const observation = (changes: object = {}) => ({
  resourceType: 'Observation',
  status: 'final',
  code: { text: 'x' },
  subject: { reference: 'Patient/p1' },
  ...changes,
})
const marked = (value: string) => observation({ identifier: [{ system: SYSTEM, value }] })
const note = (text: string) => [{ op: 'add', path: '/note', value: [{ text }] }]
const JSON_PATCH = { 'content-type': 'application/json-patch+json' }
const FORM = { 'content-type': 'application/x-www-form-urlencoded' }
const where = (value: string) => `identifier=${SYSTEM}|${value}`
/** What stands when an interaction is tried: `o1` for all, `mark` of an Observation for this try alone. */
interface World {
  readonly call: Call
  readonly mark: string
  readonly id: string
  readonly version: string
}

interface Deed {
  /** The letters it needs, each of them. */
  readonly needs: string
  /** True where an Observation is made to be done away with. */
  readonly fresh?: boolean
  readonly run: (world: World) => Promise<Reply>
}

const DEEDS: Readonly<Record<string, Deed>> = {
  create: { needs: 'c', run: ({ call }) => call('POST', 'Observation', observation()) },
  read: { needs: 'r', run: ({ call }) => call('GET', 'Observation/o1') },
  head: { needs: 'r', run: ({ call }) => call('HEAD', 'Observation/o1') },
  vread: { needs: 'r', run: ({ call, version }) => call('GET', `Observation/o1/_history/${version}`) },
  'instance history': { needs: 'r', run: ({ call }) => call('GET', 'Observation/o1/_history') },
  update: {
    needs: 'u',
    run: ({ call, mark }) => call('PUT', 'Observation/o1', { ...marked(mark), id: 'o1' }),
  },
  patch: { needs: 'u', run: ({ call, mark }) => call('PATCH', 'Observation/o1', note(mark), JSON_PATCH) },
  delete: { needs: 'd', fresh: true, run: ({ call, id }) => call('DELETE', `Observation/${id}`) },
  search: { needs: 's', run: ({ call }) => call('GET', 'Observation?status=final') },
  'search by POST': {
    needs: 's',
    run: ({ call }) => call('POST', 'Observation/_search', 'status=final', FORM),
  },
  'search of a compartment': { needs: 's', run: ({ call }) => call('GET', 'Patient/p1/Observation') },
  'search of all types': { needs: 's', run: ({ call }) => call('GET', '?_type=Observation') },
  'search of all types by POST': {
    needs: 's',
    run: ({ call }) => call('POST', '_search', '_type=Observation', FORM),
  },
  'type history': { needs: 's', run: ({ call }) => call('GET', 'Observation/_history') },
  'history of all types': { needs: 's', run: ({ call }) => call('GET', '_history') },
  'conditional create': {
    needs: 'cs',
    run: ({ call, mark }) => call('POST', 'Observation', observation(), { 'if-none-exist': where(mark) }),
  },
  'conditional update': {
    needs: 'us',
    fresh: true,
    run: ({ call, mark }) =>
      call('PUT', `Observation?${where(mark)}`, { ...marked(mark), note: [{ text: 'x' }] }),
  },
  'conditional patch': {
    needs: 'us',
    fresh: true,
    run: ({ call, mark }) => call('PATCH', `Observation?${where(mark)}`, note('x'), JSON_PATCH),
  },
  'conditional delete': {
    needs: 'ds',
    fresh: true,
    run: ({ call, mark }) => call('DELETE', `Observation?${where(mark)}`),
  },
  $meta: { needs: 'r', run: ({ call }) => call('GET', 'Observation/o1/$meta') },
  '$meta of the type': { needs: 's', run: ({ call }) => call('GET', 'Observation/$meta') },
  '$meta-add': {
    needs: 'u',
    run: ({ call, mark }) =>
      call('POST', 'Observation/o1/$meta-add', {
        resourceType: 'Parameters',
        parameter: [{ name: 'meta', valueMeta: { tag: [{ code: mark }] } }],
      }),
  },
  $lastn: { needs: 's', run: ({ call }) => call('GET', 'Observation/$lastn?patient=p1&code=http://x|y') },
}

const SUBSETS = [...Array(31).keys()].map((n) => [...'cruds'].filter((_, i) => (n + 1) & (1 << i)).join(''))

// Those that have one letter alone, and those that lack one alone.
const isTelling = ({ length }: string) => length === 1 || length >= 4

type Grant = (server: SmartServer, scope: string) => Promise<Granted>

/** How a token of each level is come by. */
const LEVELS: Readonly<Record<string, Grant>> = {
  patient: (server, scope) => grantUser(server, { scope }),
  user: (server, scope) => grantUser(server, { scope, as: 'Practitioner/d1' }),
  system: (server, scope) => grantBackend(server, { scope }),
}

const server = await openSmartServer(t)

for (const [level, grant] of Object.entries(LEVELS))
  t.test(`26, 30: ${level}/ scopes allow what their letters say and nothing else`, async (t) => {
    const write = await openClient(server)
    const { body } = await write('PUT', 'Observation/o1', { ...observation(), id: 'o1' })
    for (const rights of level === 'system' ? SUBSETS : SUBSETS.filter(isTelling)) {
      const { call } = await grant(server, `${level}/Observation.${rights}`)
      for (const [name, { needs, fresh, run }] of Object.entries(DEEDS)) {
        const mark = randomUUID()
        const made = fresh && (await write('POST', 'Observation', marked(mark))).body
        const { status } = await run({ call, mark, id: made?.id, version: body.meta.versionId })
        const isAllowed = [...needs].every((letter) => rights.includes(letter))
        t.equal(isAllowed ? Math.floor(status / 100) : status, isAllowed ? 2 : 403, `${rights}: ${name}`)
      }
    }
  })

t.test('26: an update scope lets make what is not there yet, where ids may be chosen at all', async (t) => {
  const put = async (scope: string, id: string) => {
    const { call } = await LEVELS[scope.split('/')[0]!]!(server, scope)
    return (await call('PUT', `Observation/${id}`, { ...observation(), id })).status
  }
  t.equal(await put('system/Observation.u', 'a'), 201)
  t.equal(await put('user/Observation.u', 'b'), 201)
  t.equal(await put('system/Observation.crds', 'c'), 403)
  t.equal(await put('system/Observation.u?status=final', 'd'), 404, 'bounds hide what may be there')
  t.equal(await put('patient/Observation.cruds', 'e'), 404)
})

t.test(
  '30: a conditional update that matches nothing makes something: it needs c beside u and s',
  async (t) => {
    for (const [level, grant] of Object.entries(LEVELS))
      for (const [rights, status] of Object.entries({ us: 403, cu: 403, cs: 403, cus: 201 })) {
        const { call } = await grant(server, `${level}/Observation.${rights}`)
        const mark = randomUUID()
        const reply = await call('PUT', `Observation?${where(mark)}`, marked(mark))
        t.equal(reply.status, status, `${level} ${rights}`)
      }
  },
)

t.test('26: v1 scopes allow what their letters in v2 would', async (t) => {
  await (await openClient(server))('PUT', 'Observation/o1', { ...observation(), id: 'o1' })
  for (const [suffix, rights] of Object.entries({ read: 'rs', write: 'cud', '*': 'cruds' }))
    for (const [level, grant] of Object.entries(LEVELS)) {
      const { call } = await grant(server, `${level}/Observation.${suffix}`)
      for (const name of [
        'create',
        'read',
        'instance history',
        'update',
        'patch',
        'search',
        'type history',
      ]) {
        const { needs, run } = DEEDS[name]!
        const { status } = await run({ call, mark: randomUUID(), id: '', version: '' })
        t.equal(status < 300, rights.includes(needs), `${level} .${suffix}: ${name}`)
      }
      t.equal((await call('GET', 'Condition')).status, 403, 'another type')
    }
})

const bundleOf = (type: string) => ({
  resourceType: 'Bundle',
  type,
  entry: [
    { resource: observation(), request: { method: 'POST', url: 'Observation' } },
    { request: { method: 'GET', url: 'Observation/o1' } },
    { request: { method: 'GET', url: 'Observation?status=final' } },
    { resource: { ...observation(), id: 'o1' }, request: { method: 'PUT', url: 'Observation/o1' } },
    { request: { method: 'DELETE', url: 'Observation/o2' } },
    {
      resource: observation(),
      request: { method: 'POST', url: 'Observation', ifNoneExist: where('nobody') },
    },
    { request: { method: 'DELETE', url: `Observation?${where('nobody')}` } },
  ],
})
const ENTRY_NEEDS = ['c', 'r', 's', 'u', 'd', 'cs', 'ds']

t.test('30: each entry of a batch is allowed or refused on its own', async (t) => {
  await (await openClient(server))('PUT', 'Observation/o1', { ...observation(), id: 'o1' })
  for (const [level, grant] of Object.entries(LEVELS))
    for (const rights of ['c', 'r', 's', 'u', 'd', 'rs', 'cs', 'cud', 'cruds']) {
      const { call } = await grant(server, `${level}/Observation.${rights}`)
      const { status, body } = await call('POST', '', bundleOf('batch'))
      t.equal(status, 200)
      const allowed = body.entry.map(({ response }: { response: { status: string } }) =>
        response.status.startsWith('2'),
      )
      const expected = ENTRY_NEEDS.map((needs) => [...needs].every((letter) => rights.includes(letter)))
      t.strictSame(allowed, expected, `${level} ${rights}`)
    }
})

t.test(
  '30: a transaction is refused whole where one entry is not allowed, and nothing is done',
  async (t) => {
    const all = await openClient(server)
    await all('PUT', 'Observation/o1', { ...observation(), id: 'o1' })
    const count = async () => (await all('GET', 'Observation?_summary=count')).body.total
    const before = await count()
    for (const [level, grant] of Object.entries(LEVELS)) {
      for (const rights of ['c', 'cud', 'crud', 'cru', 'crus', 'ruds']) {
        const { call } = await grant(server, `${level}/Observation.${rights}`)
        const reply = await call('POST', '', bundleOf('transaction'))
        t.equal(reply.status, 403, `${level} ${rights}`)
        t.equal(await count(), before, 'nothing was done')
      }
      const mixed = await grant(server, `${level}/Observation.cruds`)
      const stranger = { request: { method: 'GET', url: 'Condition' } }
      const bundle = bundleOf('transaction')
      const reply = await mixed.call('POST', '', { ...bundle, entry: [...bundle.entry, stranger] })
      t.equal(reply.status, 403, 'a type without a scope')
      t.equal(await count(), before)
    }
    const { call } = await LEVELS['user']!(server, 'user/Observation.cruds')
    t.equal((await call('POST', '', bundleOf('transaction'))).status, 200)
  },
)
