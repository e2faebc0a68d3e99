// musubi policy: what the operator adds is in force at once, also for a server that runs, and each change is noted.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { run } from '../../src/commands/policy.ts'
import { loadConfig } from '../../src/config.ts'
import { CONFIGURATION } from '../../src/interactions/configuration.ts'
import { runHere } from '../support/command.ts'
import { openClient } from '../support/rest.ts'
import { openFolder, openServer } from '../support/server.ts'

type Tap = Parameters<typeof openServer>[0]

const DAY_MS = 86_400_000
// In Japan.
const daysAgo = (days: number) =>
  new Date(Date.now() + 9 * 3_600_000 - days * DAY_MS).toISOString().slice(0, 10)

async function open(t: Tap) {
  const server = await openServer(t)
  const config = loadConfig({ MUSUBI_STORE: server.config.store })
  const custodian = await openClient(server)
  await custodian('PUT', 'Patient/p', { resourceType: 'Patient', id: 'p' })
  const folder = openFolder(t)
  const policy = async (...args: readonly string[]) => (await runHere(t, run, args, config)).stdout
  const add = async (value: object) => {
    const file = join(folder, 'policy.json')
    writeFileSync(file, JSON.stringify(value))
    return policy('add', file)
  }
  return { server, config, custodian, policy, add }
}

t.test('a hard deny closes what was open until it is removed', async (t) => {
  const { custodian, policy, add } = await open(t)
  const read = async () => (await custodian('GET', 'Patient/p')).status
  t.equal(await read(), 200)
  const block = { kind: 'hard-deny', id: 'block', patient: 'Patient/p', actor: 'Organization/demo' }
  await add(block)
  t.equal(await read(), 404)
  t.equal(await policy('list'), `${JSON.stringify(block)}\n`)
  await policy('remove', 'block')
  t.equal(await read(), 200)
  t.equal(await policy('list'), '')
})

t.test('a statutory permit opens to its legal basis alone', async (t) => {
  const { server, add } = await open(t)
  const office = { organization: 'Organization/office', purpose: 'PUBHLTH' }
  const plain = await openClient(server, 'system/*.rs', office)
  const lawful = await openClient(server, 'system/*.rs', { ...office, legalBasis: 'law-12' })
  t.equal((await lawful('GET', 'Patient/p')).status, 404, 'before there is a policy')
  await add({ kind: 'statutory-permit', id: 'law', legalBasis: 'law-12', actor: 'Organization/office' })
  t.equal((await lawful('GET', 'Patient/p')).status, 200)
  t.equal((await plain('GET', 'Patient/p')).status, 404)
})

t.test('the opt-out channel opens when the notice is old enough', async (t) => {
  const { server, policy, add } = await open(t)
  const operator = await openClient(server, 'system/*.rs', {
    organization: 'Organization/operator',
    purpose: 'HRESCH',
  })
  const read = async () => (await operator('GET', 'Patient/p')).status
  await add({
    kind: 'optout-secondary',
    id: 'jisedai',
    purpose: 'HRESCH',
    operator: 'Organization/operator',
    provider: 'Organization/demo',
    days: 30,
  })
  t.equal(await read(), 404, 'nobody was told')
  await policy('notice', 'jisedai', 'Patient/p', daysAgo(29))
  t.equal(await read(), 404, 'told 29 days ago')
  await policy('notice', 'jisedai', 'Patient/p', daysAgo(30))
  t.equal(await read(), 200, 'told 30 days ago')
  await policy('remove', 'jisedai')
  t.equal(await read(), 404)
  t.strictSame(await server.store.records.list('consent-notice'), [])
})

t.test('what cannot be is refused with its reason, and every change is noted', async (t) => {
  const { server, config, policy, add } = await open(t)
  await add({ kind: 'hard-deny', id: 'block', patient: 'Patient/p' })
  await policy('remove', 'block')
  const notes = (await server.store.records.list(CONFIGURATION)).map(({ value }) => value)
  t.match(notes, [
    { collection: 'consent-settings', key: 'tenant', after: { timeZone: 'Asia/Tokyo' } },
    { collection: 'consent-policy', key: 'block', after: { id: 'block' } },
    { collection: 'consent-policy', key: 'block', before: { policy: { id: 'block' } } },
  ])
  await add({ kind: 'hard-deny', id: 'block', patient: 'Patient/p' })
  await t.rejects(add({ kind: 'hard-deny', id: 'block', patient: 'Patient/q' }), { message: /already/ })
  await t.rejects(add({ kind: 'wish', id: 'x' }), { message: /kind must be one of/ })
  const refusals: Readonly<Record<string, RegExp>> = {
    add: /policy takes/,
    'list all': /policy takes/,
    'add /none.json': /cannot be read/,
    'remove none': /no policy none/,
    'notice none Patient/p 2026-01-01': /no policy none/,
    'notice block Patient/p 2026-01-01': /needs no notice/,
    'list --all': /Unknown option/,
  }
  for (const [args, message] of Object.entries(refusals))
    await t.rejects(run(args.split(' '), config), { message }, args)
  await add({
    kind: 'optout-secondary',
    id: 'channel',
    purpose: 'HRESCH',
    operator: 'Organization/operator',
    provider: 'Organization/demo',
    days: 30,
  })
  for (const [patient, day, message] of [
    ['p', daysAgo(1), /Patient\/ID/],
    ['Patient/p', daysAgo(-1), /not in the future/],
    ['Patient/p', '2026-13-01', /YYYY-MM-DD/],
  ] as const)
    await t.rejects(run(['notice', 'channel', patient, day], config), { message })
})
