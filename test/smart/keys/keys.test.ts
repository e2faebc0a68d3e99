// The server's own keys: sealed, the same for every process on the store, rotated with overlap.
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { run } from '../../../src/commands/keys.ts'
import { loadConfig } from '../../../src/config.ts'
import { CONFIGURATION } from '../../../src/interactions/configuration.ts'
import { verifyJwt } from '../../../src/smart/jose.ts'
import { openKeys } from '../../../src/smart/keys/open-keys.ts'
import { prepareSecretFile } from '../../../src/smart/keys/secret-file.ts'
import { SIGNING_KEYS, type SigningKey } from '../../../src/smart/keys/signing-keys.ts'
import { openStore } from '../../../src/store/open.ts'
import { runHere } from '../../support/command.ts'
import { openFolder, openServer } from '../../support/server.ts'

type Tap = Parameters<typeof openServer>[0]

const SECRET = 'a secret that is long enough for this test'

async function open(t: Tap, environment: NodeJS.ProcessEnv = {}) {
  const folder = openFolder(t)
  const config = loadConfig({ MUSUBI_STORE: `sqlite:${folder}`, ...environment })
  const store = await openStore(config.store)
  t.teardown(() => store.close())
  return { folder, config, store, keys: () => openKeys(store, config) }
}

async function command(t: Tap, store: string, args: readonly string[], environment: NodeJS.ProcessEnv = {}) {
  return (await runHere(t, run, args, loadConfig({ MUSUBI_STORE: store, ...environment }))).stdout
}

const kidOf = (jwt: string) =>
  (JSON.parse(Buffer.from(jwt.split('.')[0]!, 'base64url').toString()) as { kid: string }).kid

t.test('the secret is a file that the owner alone may read, made once', async (t) => {
  const { folder, keys } = await open(t)
  const first = await keys()
  const file = join(folder, 'secret.key')
  t.equal(statSync(file).mode & 0o777, 0o600)
  const text = readFileSync(file, 'utf8')
  t.match(text, /^[\w-]{43}\n$/)
  const second = await keys()
  t.equal(readFileSync(file, 'utf8'), text)
  t.equal(second.open('x', first.seal('x', '値')), '値')
  t.strictSame(second.derive('csrf'), first.derive('csrf'))
  t.notSame(second.derive('csrf'), first.derive('other'))
  t.strictSame(
    readdirSync(folder).filter((name) => name.startsWith('secret')),
    ['secret.key'],
    'no draft is left',
  )
})

t.test('with MUSUBI_SECRET there is no file', async (t) => {
  const { folder, keys } = await open(t, { MUSUBI_SECRET: SECRET })
  await keys()
  t.notOk(existsSync(join(folder, 'secret.key')))
})

t.test('processes that open a new store at the same time get the same keys', async (t) => {
  const { config } = await open(t)
  const stores = await Promise.all([1, 2, 3, 4].map(() => openStore(config.store)))
  t.teardown(() => Promise.all(stores.map((store) => store.close())))
  const all = await Promise.all(stores.map((store) => openKeys(store, config)))
  const sealed = all[0]!.seal('x', 'text')
  for (const keys of all) t.equal(keys.open('x', sealed), 'text')
  const kids = await Promise.all(all.map((keys) => keys.publicKeys().then(([key]) => key?.['kid'])))
  t.equal(new Set(kids).size, 1, 'one signing key')
})

t.test('what is sealed is bound to its purpose, differs each time, and cannot be changed', async (t) => {
  const keys = await (await open(t)).keys()
  const sealed = keys.seal('issuer 1', 'secret')
  t.not(keys.seal('issuer 1', 'secret'), sealed)
  t.notMatch(sealed, /secret/)
  t.equal(keys.open('issuer 1', sealed), 'secret')
  t.throws(() => keys.open('issuer 2', sealed))
  const [version, id, bytes = ''] = sealed.split('.')
  const flipped = bytes.slice(0, 20) + (bytes[20] === 'A' ? 'B' : 'A') + bytes.slice(21)
  for (const bad of [
    '',
    'x',
    `${version}.${id}.`,
    `${version}.${id}.${flipped}`,
    `2.${id}.${bytes}`,
    `1.other.${bytes}`,
  ])
    t.throws(() => keys.open('issuer 1', bad), bad)
})

t.test('45: no secret and no private key stands in the store as it is', async (t) => {
  const { folder, store, keys } = await open(t)
  const opened = await keys()
  await opened.sign({})
  const rows = [...(await store.records.list('key')), ...(await store.records.list(SIGNING_KEYS))]
  const text = JSON.stringify(rows)
  t.equal(rows.length, 2)
  t.notMatch(text, /"(d|p|q|dp|dq|qi)":/)
  t.notOk(text.includes(readFileSync(join(folder, 'secret.key'), 'utf8').trim()))
})

t.test('a wrong or missing secret is told, and nothing is made anew', async (t) => {
  const { folder, store, config, keys } = await open(t)
  const sealed = (await keys()).seal('x', 'text')
  const other = { ...config, secret: SECRET }
  await t.rejects(openKeys(store, other), { name: 'RangeError', message: /^MUSUBI_SECRET is not the one/ })
  const file = join(folder, 'secret.key')
  const right = readFileSync(file, 'utf8')
  writeFileSync(file, 'something else')
  await t.rejects(keys(), { name: 'RangeError', message: /^The secret in secret.key is not the one/ })
  renameSync(file, `${file}.away`)
  await t.rejects(keys(), { name: 'RangeError', message: /put its secret.key/ })
  t.notOk(existsSync(file))
  writeFileSync(file, right)
  t.equal((await keys()).open('x', sealed), 'text')
})

t.test(
  '41: the JWKS holds bare public RS256 keys, and what is signed can be checked with them',
  async (t) => {
    const { app, store, config } = await openServer(t)
    const reply = await app.inject('/auth/jwks')
    t.equal(reply.statusCode, 200)
    t.match(reply.headers['content-type'], /^application\/json/)
    t.equal(reply.headers['cache-control'], 'public, max-age=300')
    const { keys } = reply.json()
    t.equal(keys.length, 1)
    t.strictSame(Object.keys(keys[0]).sort(), ['alg', 'e', 'kid', 'kty', 'n', 'use'])
    t.match(keys[0], { kty: 'RSA', alg: 'RS256', use: 'sig' })
    const jwt = await (await openKeys(store, config)).sign({ sub: 'x', nonce: 'n' })
    const { header, payload } = await verifyJwt(jwt, keys, ['RS256'])
    t.strictSame(header, { alg: 'RS256', typ: 'JWT', kid: keys[0].kid })
    t.strictSame(payload, { sub: 'x', nonce: 'n' })
  },
)

t.test('41: a rotation publishes the new key first, and the old one for a day after', async (t) => {
  const { app, store, config } = await openServer(t)
  const keys = await openKeys(store, config)
  const kids = async () => (await app.inject('/auth/jwks')).json().keys.map((key: { kid: string }) => key.kid)
  const [old] = await kids()
  const before = await keys.sign({})
  const next = (await command(t, config.store, ['rotate'])).trim()
  t.strictSame(await kids(), [next, old], 'a server that runs publishes both at once')
  t.equal(kidOf(await keys.sign({})), old, 'and signs with the old one while copies may lack the new')
  t.match(
    await command(t, config.store, ['list']),
    new RegExp(`^${old}\tin use.*published until.*\n${next}\tnext`),
  )
  const [first, second] = await store.records.list(SIGNING_KEYS)
  const { usedFrom } = second!.value as SigningKey
  t.ok(Math.abs(usedFrom - Date.now() - 300_000) < 20_000)
  t.equal(first!.expiresAt, usedFrom + 86_400_000)
  await store.records.put({ ...second!, value: { ...(second!.value as SigningKey), usedFrom: Date.now() } })
  t.equal(kidOf(await keys.sign({})), next, 'after five minutes it signs with the new one')
  t.ok(await verifyJwt(before, (await app.inject('/auth/jwks')).json().keys, ['RS256']))
  await store.records.put({ ...first!, expiresAt: Date.now() + 50 })
  await new Promise((resolve) => setTimeout(resolve, 60))
  t.strictSame(await kids(), [next])
  await t.rejects(verifyJwt(before, (await app.inject('/auth/jwks')).json().keys, ['RS256']))
})

t.test('41: after rotate --compromised only the new key is there, and used', async (t) => {
  const { app, store, config } = await openServer(t)
  const keys = await openKeys(store, config)
  await keys.sign({})
  const next = (await command(t, config.store, ['rotate', '--compromised'])).trim()
  t.strictSame(
    (await app.inject('/auth/jwks')).json().keys.map((key: { kid: string }) => key.kid),
    [next],
  )
  t.equal(kidOf(await keys.sign({})), next)
})

t.test(
  'rotate --secret file: what was sealed is read with the new secret, and not with the old',
  async (t) => {
    const { folder, config, keys } = await open(t)
    const sealed = (await keys()).seal('issuer', 'text')
    const jwt = await (await keys()).sign({})
    const file = join(folder, 'secret.key')
    const old = readFileSync(file, 'utf8')
    await command(t, config.store, ['rotate', '--secret', 'file'])
    t.not(readFileSync(file, 'utf8'), old)
    t.equal(statSync(file).mode & 0o777, 0o600)
    t.notOk(existsSync(`${file}.next`))
    const after = await keys()
    t.equal(after.open('issuer', sealed), 'text')
    t.ok(await verifyJwt(jwt, await after.publicKeys(), ['RS256']))
    t.equal(kidOf(await after.sign({})), kidOf(jwt))
    writeFileSync(file, old)
    await t.rejects(keys(), /not the one/)
  },
)

t.test('a rotation of the file that was broken off is ended at the next start, or begun anew', async (t) => {
  const { folder, config, keys } = await open(t)
  const sealed = (await keys()).seal('x', 'text')
  const file = join(folder, 'secret.key')
  const old = readFileSync(file, 'utf8')
  await command(t, config.store, ['rotate', '--secret', 'file'])
  renameSync(file, `${file}.next`)
  writeFileSync(file, old)
  t.equal((await keys()).open('x', sealed), 'text', 'broken off after its commit')
  t.notOk(existsSync(`${file}.next`))
  prepareSecretFile(folder)
  t.equal((await keys()).open('x', sealed), 'text', 'broken off before it')
  await t.rejects(command(t, config.store, ['rotate', '--secret', 'file']), /Another rotation is under way/)
})

t.test(
  'a rotation is noted as a change of configuration and in the access log, without a secret',
  async (t) => {
    const { config, store, folder } = await open(t)
    await command(t, config.store, ['rotate', '--secret', 'file'])
    const notes = await store.records.list(CONFIGURATION)
    t.equal(notes.length, 2)
    const { rows } = await store.journal.list({ limit: 10 })
    t.equal(rows.at(0)?.row.query, 'keys rotate --secret file')
    const text = JSON.stringify([notes, rows])
    t.notOk(text.includes(readFileSync(join(folder, 'secret.key'), 'utf8').trim()))
  },
)

t.test('from MUSUBI_SECRET to a file', async (t) => {
  const { config, store, folder, keys } = await open(t, { MUSUBI_SECRET: SECRET })
  const sealed = (await keys()).seal('x', 'text')
  await command(t, config.store, ['rotate', '--secret', 'file'], { MUSUBI_SECRET: SECRET })
  t.ok(existsSync(join(folder, 'secret.key')))
  await t.rejects(keys(), /MUSUBI_SECRET is not the one/)
  t.equal((await openKeys(store, { ...config, secret: '' })).open('x', sealed), 'text')
})

t.test('from a file to a secret that is read from standard input', async (t) => {
  const { config, store, folder, keys } = await open(t)
  const sealed = (await keys()).seal('x', 'text')
  const rotate = (input: string) =>
    spawnSync(process.execPath, ['src/main.ts', 'keys', 'rotate', '--secret', 'stdin'], {
      input,
      encoding: 'utf8',
      env: { ...process.env, MUSUBI_STORE: config.store },
    })
  const refused = rotate('short\n')
  t.equal(refused.status, 2)
  t.notMatch(refused.stderr, /short\b/)
  t.ok(existsSync(join(folder, 'secret.key')), 'nothing has changed')
  t.equal((await keys()).open('x', sealed), 'text')
  const done = rotate(`${SECRET}\n`)
  t.equal(done.status, 0, done.stderr)
  t.notOk(existsSync(join(folder, 'secret.key')))
  await t.rejects(keys(), /put its secret.key/)
  t.equal((await openKeys(store, { ...config, secret: SECRET })).open('x', sealed), 'text')
})

t.test('keys refuses other arguments', async (t) => {
  for (const args of [
    [],
    ['list', 'x'],
    ['list', '--compromised'],
    ['rotate', '--secret', 'x'],
    ['rotate', '--x'],
  ])
    await t.rejects(run(args, loadConfig({})), { name: 'RangeError' }, args.join(' '))
})
