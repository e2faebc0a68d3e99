// musubi client: what the operator decides about clients, in force at once also for a server that runs.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { createContext } from '../../src/app.ts'
import { run } from '../../src/commands/client.ts'
import { loadConfig } from '../../src/config.ts'
import { CONFIGURATION } from '../../src/interactions/configuration.ts'
import { ACCOUNTS, type Account } from '../../src/smart/account.ts'
import { type Authorization, isInForce } from '../../src/smart/authorization.ts'
import { CLIENTS, type Client, openClients } from '../../src/smart/client.ts'
import { approveClient, disableClient, renewSecret } from '../../src/smart/clients/change-client.ts'
import { hashToken } from '../../src/smart/token.ts'
import { runHere } from '../support/command.ts'
import { openFolder, openServer } from '../support/server.ts'

type Tap = Parameters<typeof openServer>[0]

const APP = {
  client_name: 'Heart',
  redirect_uris: ['https://heart.example/cb'],
  scope: 'launch/patient patient/Observation.rs user/Observation.rs',
}

async function open(t: Tap) {
  const server = await openServer(t)
  const config = loadConfig({ MUSUBI_STORE: server.config.store })
  const folder = openFolder(t)
  const client = (...args: readonly string[]) => runHere(t, run, args, config)
  const file = (metadata: unknown) => {
    const path = join(folder, 'metadata.json')
    writeFileSync(path, typeof metadata === 'string' ? metadata : JSON.stringify(metadata))
    return path
  }
  const add = async (more: object = {}) =>
    (await client('add', file({ ...APP, ...more }))).stdout.trim().split('\n')
  const register = async (more: object = {}) => {
    const reply = await server.app.inject({
      method: 'POST',
      url: '/auth/register',
      headers: { 'content-type': 'application/json' },
      payload: JSON.stringify({ ...APP, ...more }),
    })
    return String(reply.json().client_id)
  }
  const find = async (id: string) => (await server.store.records.get(CLIENTS, id))?.value as Client
  const device = async (id: string) =>
    (await server.app.inject({ url: `/fhir/Device/${id}`, headers: await server.auth() })).json()
  const rows = async () =>
    (await server.store.journal.list({ subtype: 'config', limit: 20 })).rows.map(({ row }) => row)
  const account: Account = {
    id: 'x',
    login: 'x',
    name: 'x',
    status: 'active',
    bindings: [{ ref: 'Practitioner/1', proofing: { level: 'IAL2', method: 'test', at: 0 } }],
    createdAt: 0,
  }
  await server.store.records.put({ collection: ACCOUNTS, key: account.id, value: account })
  return { server, client, file, add, register, find, device, rows }
}

const authorizationOf = (client: string): Authorization => ({
  id: 'a',
  client,
  account: 'x',
  grant: { subject: 'Practitioner/1', client, purpose: 'TREAT' },
  scope: 'user/Observation.rs',
  asked: 'user/Observation.rs',
  context: {},
  fhirUser: 'Practitioner/1',
  authTime: 0,
  amr: [],
  createdAt: 0,
})

t.test('add prints the id, and on a second line the secret, which is not kept', async (t) => {
  const { add, find, device, rows, server } = await open(t)
  const [id, secret, ...more] = await add()
  t.strictSame(more, [])
  t.match(secret, /^[A-Za-z0-9_-]{43}$/)
  const client = await find(id!)
  t.match(client, {
    id,
    status: 'active',
    purposes: ['TREAT', 'PATRQT', 'FAMRQT'],
    secretHash: hashToken(secret!),
  })
  t.match(await device(id!), { status: 'active', deviceName: [{ name: 'Heart' }] })
  t.match(await rows(), [{ subtype: 'config', query: `client add ${id}`, elevation: 'command line' }])
  t.equal((await server.store.journal.list({ subtype: 'register', limit: 9 })).rows.length, 1)
  t.equal((await add({ token_endpoint_auth_method: 'none' })).length, 1, 'a public client has none')
})

t.test('what is wrong with a file of metadata is told, and nothing is stored', async (t) => {
  const { client, file, server } = await open(t)
  t.match(await client('add', file({ ...APP, redirect_uris: ['http://evil.example/'] })), {
    code: 1,
    stdout: '',
    stderr: /^redirect_uris must be https/,
  })
  t.match(await client('add', file([])), { code: 1, stderr: /must be a JSON object/ })
  await t.rejects(client('add', file('{')), RangeError)
  await t.rejects(client('add', '/nowhere/at/all.json'), RangeError)
  t.strictSame(await server.store.records.list(CLIENTS), [])
})

t.test('wrong arguments are a RangeError', async (t) => {
  const { client } = await open(t)
  for (const args of [
    [],
    ['remove', 'x'],
    ['add'],
    ['list', 'x'],
    ['show'],
    ['approve', 'x', 'y'],
    ['disable', 'x', '--purpose', 'TREAT'],
    ['approve', 'x', '--nonsense'],
  ])
    await t.rejects(client(...args), RangeError, args.join(' '))
  for (const verb of ['show', 'approve', 'disable', 'secret'])
    t.match(await client(verb, 'nobody'), { code: 1, stderr: /^There is no client nobody/ })
})

t.test(
  'a client that registered itself is approved as it asked, or with what is decided instead',
  async (t) => {
    const { client, register, find, device, rows } = await open(t)
    const id = await register({ purposes: ['TREAT', 'HRESCH'], organization: 'Organization/far' })
    t.match(
      (await client('list')).stdout,
      new RegExp(`^${id}\tpending\tHeart\tTREAT HRESCH\tOrganization/far\t`),
    )
    const shown = JSON.parse((await client('show', id)).stdout)
    t.match(shown, { client_id: id, client_status: 'pending', organization: 'Organization/far' })
    t.notOk(JSON.stringify(shown).includes((await find(id)).secretHash!))

    t.equal((await client('approve', id)).code, 0)
    t.match(await find(id), {
      status: 'active',
      purposes: ['TREAT', 'HRESCH'],
      organization: 'Organization/far',
    })
    t.match(await device(id), { status: 'active', owner: { reference: 'Organization/far' } })

    const scope = 'user/Observation.rs?category=vital-signs'
    const decided = [
      '--purpose',
      'TREAT',
      '--purpose',
      'ETREAT',
      '--organization',
      'Organization/near',
      '--scope',
      scope,
    ]
    const { secretHash, registeredAt } = await find(id)
    t.match(
      (await client('approve', id, ...decided)).stdout,
      /\tactive\tHeart\tTREAT ETREAT\tOrganization\/near\tuser/,
    )
    t.match(await find(id), {
      status: 'active',
      purposes: ['TREAT', 'ETREAT'],
      organization: 'Organization/near',
      secretHash,
      registeredAt,
    })
    t.equal((await find(id)).metadata.scope, scope)
    t.match(await device(id), { owner: { reference: 'Organization/near' } })
    t.match(await rows(), [
      { query: `client approve ${id}`, basis: { scopes: [scope] } },
      { query: `client approve ${id}` },
    ])
  },
)

t.test('an approval is checked as a registration is', async (t) => {
  const { client, register, find } = await open(t)
  const id = await register()
  for (const [flag, value] of [
    ['--purpose', 'NONSENSE'],
    ['--scope', 'system/*.cruds'],
    ['--scope', 'patient/Observation.rs?nonsense=1'],
    ['--organization', 'Patient/1'],
  ] as const)
    t.match(await client('approve', id, flag, value), { code: 1, stderr: /must|names/ }, value)
  t.equal((await find(id)).status, 'pending')
})

t.test(
  'a client that is disabled is refused from the next request, also by a server that runs',
  async (t) => {
    const { server, client, add, device } = await open(t)
    const [id = ''] = await add()
    const { store } = server
    const clients = openClients(store)
    const isOpen = async () => [
      await isInForce(store, authorizationOf(id)),
      (await clients.findActive(id)) !== undefined,
      (await clients.origins()).has('https://heart.example'),
    ]
    t.strictSame(await isOpen(), [true, true, true])
    t.match(await client('disable', id), { code: 0, stdout: /\tdisabled\t/ })
    t.strictSame(await isOpen(), [false, false, false])
    t.match(await device(id), { status: 'inactive' })
    t.equal((await client('disable', id)).code, 0, 'once more changes nothing')
    t.equal((await client('approve', id)).code, 0)
    t.strictSame(await isOpen(), [false, true, true], 'what was granted before stays ended')
    t.match(await device(id), { status: 'active' })
  },
)

t.test('a purpose that is taken from a client ends what was granted for it', async (t) => {
  const { server, client, add } = await open(t)
  const [id = ''] = await add()
  t.ok(await isInForce(server.store, authorizationOf(id)))
  await client('approve', id, '--purpose', 'PATRQT')
  t.notOk(await isInForce(server.store, authorizationOf(id)))
})

t.test('a new secret takes the place of the old one; who has none gets none', async (t) => {
  const { client, add, find, rows } = await open(t)
  const [id = '', old] = await add()
  const [same, secret] = (await client('secret', id)).stdout.trim().split('\n')
  t.equal(same, id)
  t.not(secret, old)
  t.equal((await find(id)).secretHash, hashToken(secret!))
  t.match((await rows())[0], { query: `client secret ${id}` })
  t.notOk(JSON.stringify(await rows()).includes(secret!))
  const [bare = ''] = await add({ token_endpoint_auth_method: 'none' })
  t.match(await client('secret', bare), { code: 1, stderr: /without a secret/ })
})

t.test('every change is noted with what stood before', async (t) => {
  const { server, client, register } = await open(t)
  const id = await register()
  await client('approve', id)
  await client('disable', id)
  const notes = (await server.store.records.list(CONFIGURATION))
    .map(({ value }) => value as { collection: string; before?: Client; after?: Client })
    .filter(({ collection }) => collection === CLIENTS)
  t.strictSame(
    notes.map(({ before, after }) => [before?.status, after?.status]),
    [
      [undefined, 'pending'],
      ['pending', 'active'],
      ['active', 'disabled'],
    ],
  )
})

t.test('of changes made at the same time none is lost', async (t) => {
  const { server, register, find } = await open(t)
  const context = { app: await createContext(server.config, server.store), settings: server.config }
  const id = await register()
  const [, , { secret }] = await Promise.all([
    approveClient(context, id, { purposes: ['TREAT'] }),
    approveClient(context, id, {}),
    renewSecret(context, id),
  ])
  t.match(await find(id), { status: 'active', revision: 4, secretHash: hashToken(secret!) })
  await Promise.all([disableClient(context, id), renewSecret(context, id), renewSecret(context, id)])
  t.match(
    await find(id),
    { status: 'disabled', revision: 7 },
    'a client is not woken by what came in between',
  )
})
