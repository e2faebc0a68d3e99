// musubi user: who logs in, whom they stand for; what is wrong is said, and no secret is printed.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import t, { type Test } from 'tap'
import { readSecret } from '../../src/commands/user/read-secret.ts'
import { run } from '../../src/commands/user.ts'
import { loadConfig } from '../../src/config.ts'
import { FhirError } from '../../src/fhir/outcome.ts'
import { findByLogin } from '../../src/smart/people/accounts.ts'
import { LINKS } from '../../src/smart/people/federated-account.ts'
import { verifyPassword } from '../../src/smart/people/password.ts'
import { runHere } from '../support/command.ts'
import { PASSWORD } from '../support/people.ts'
import { openClient } from '../support/rest.ts'
import { openServer } from '../support/server.ts'

const server = await openServer(t)
const call = await openClient(server)
const patient = { resourceType: 'Patient', id: 'hanako' }
await call('PUT', 'Patient/hanako', patient)
await call('PUT', 'Practitioner/dr', { resourceType: 'Practitioner', id: 'dr' })
await call('PUT', 'RelatedPerson/mother', {
  resourceType: 'RelatedPerson',
  id: 'mother',
  patient: { reference: 'Patient/hanako' },
})
const issuer = {
  use: 'login',
  issuer: 'https://id.example.org',
  client_id: 'musubi',
  name: 'ID',
  proofing: 'IAL3',
}
await server.store.records.put({ collection: 'issuer', key: 'id', value: issuer })

const main = join(import.meta.dirname, '../../src/main.ts')

const config = loadConfig({ MUSUBI_STORE: server.config.store })

/** As an operator types it. */
function spawnUser(args: readonly string[], input = `${PASSWORD}\nnot read\n`) {
  const env = { ...process.env, MUSUBI_STORE: server.config.store, MUSUBI_LOG_LEVEL: 'silent' }
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, 'user', ...args], {
    env,
    input,
    encoding: 'utf8',
  })
  return { status, stdout, stderr }
}

/** The same in this process. */
function user(t: Test, args: readonly string[], input = `${PASSWORD}\n`) {
  const stdin = t.intercept(process, 'stdin', { value: Readable.from(input === '' ? [] : [input]) })
  return runHere(t, run, args, config).finally(() => stdin.restore())
}

t.test('user add makes an account with its bindings; the password is the first line', async (t) => {
  const { status, stdout, stderr } = spawnUser([
    'add',
    ...['--login', 'Hanako', '--name', '山田 花子', '--patient', 'hanako', '--practitioner', 'dr'],
    ...['--related-person', 'mother', '--proofing', 'IAL2', '--method', 'mynumber-card'],
    ...['--break-glass', '--language', 'ja'],
  ])
  t.equal(stderr, '')
  t.equal(status, 0)
  const account = (await findByLogin(server.store, 'ＨＡＮＡＫＯ'))!
  t.equal(stdout, `${account.id}\n`, 'nothing else is printed')
  t.match(account, { login: 'hanako', name: '山田 花子', status: 'active', breakGlass: true, language: 'ja' })
  t.same(
    account.bindings.map(({ ref }) => ref),
    ['Patient/hanako', 'Practitioner/dr', 'RelatedPerson/mother'],
  )
  t.match(account.bindings[0]!.proofing, { level: 'IAL2', method: 'mynumber-card' })
  t.ok((await verifyPassword(PASSWORD, account.password)).isRight)
})

t.test('user list tells who there is and no hash', async (t) => {
  const { stdout } = await user(t, ['list'])
  t.match(JSON.parse(stdout), { login: 'hanako', hasPassword: true })
  t.notMatch(stdout, /argon2/)
})

t.test('user add with --openid reads no password; the proofing is that of the provider', async (t) => {
  const link = ['--openid', 'https://id.example.org', 'sub-1']
  t.equal((await user(t, ['add', '--login', 'taro', '--patient', 'hanako', ...link], '')).code, 0)
  const account = (await findByLogin(server.store, 'taro'))!
  t.equal(account.password, undefined)
  t.match(account.bindings[0]!.proofing, { level: 'IAL3', method: 'openid' })
  t.match((await server.store.records.list(LINKS, account.id))[0]?.value, { subject: 'sub-1' })
  const taken = user(t, ['add', '--login', 'jiro', '--patient', 'hanako', ...link], '')
  await t.rejects(taken, { code: 'conflict' }, 'one subject is one account')
  t.equal(await findByLogin(server.store, 'jiro'), undefined, 'all of it or nothing')
})

t.test('every fault is named, and nothing is made', async (t) => {
  const faults: readonly (readonly [args: string, says: RegExp, input?: string])[] = [
    ['', /takes add, list/],
    ['nonsense', /takes add, list/],
    ['toString', /takes add, list/],
    ['list more', /nothing else/],
    ['add --patient hanako', /--login/],
    ['add --login new', /--patient, --practitioner or --related-person/],
    ['add --login new --patient nobody', /no Patient\/nobody/],
    ['add --login new --practitioner hanako', /no Practitioner\/hanako/],
    ['add --login new --patient hanako --proofing IAL9', /--proofing/],
    ['add --login new --patient hanako --language fr', /--language/],
    ['add --login new --patient hanako --colour red', /colour/],
    ['add --login new --patient hanako alone', /--openid/],
    ['add --login new --patient hanako --openid https://id.example.org', /--openid/],
    ['add --login new --patient hanako --openid https://other.example sub', /no such provider/],
    ['add --login HANAKO --patient hanako', /taken/],
    ['add --login new --patient hanako', /at least 12/, 'short\n'],
    ['add --login new --patient hanako', /needed on standard input/, ''],
    ['disable nobody', /nobody with this login name/],
    ['password', /one LOGIN/],
  ]
  for (const [args, says, input] of faults) {
    const error = await user(t, args === '' ? [] : args.split(' '), input).catch((error: Error) => error)
    t.ok(error instanceof RangeError || error instanceof FhirError, args)
    t.match(error, { message: says }, args)
  }
  const { status, stdout, stderr } = spawnUser(['add', '--login', 'new', '--patient', 'nobody'])
  t.strictSame([status, stdout], [2, ''], 'what was wrong is 2 and one line')
  t.match(stderr, /^musubi: .*no Patient\/nobody.*\n$/)
  t.equal(await findByLogin(server.store, 'new'), undefined)
})

t.test('user password and user disable change the account at once', async (t) => {
  t.equal((await user(t, ['password', 'hanako'], 'another sentence of words\r\n')).code, 0)
  const changed = (await findByLogin(server.store, 'hanako'))!
  t.ok((await verifyPassword('another sentence of words', changed.password)).isRight)
  t.equal((await user(t, ['disable', 'hanako'])).code, 0)
  t.equal((await findByLogin(server.store, 'hanako'))!.status, 'disabled')
})

t.test('every change is in the access log, with neither name nor password', async (t) => {
  const rows = (await server.store.journal.list({ limit: 50, subtype: 'config' })).rows
  const told = rows.map(({ row }) => row.query?.replace(/[0-9a-f-]{36}/, 'ID')).sort()
  t.same(told, ['user add ID', 'user add ID', 'user disable ID', 'user password ID'])
  t.notMatch(JSON.stringify(rows), /hanako@|ferries|山田/)
})

t.test('a password typed at a terminal is not echoed, can be mended, and given up', async (t) => {
  const type = async (text: string) => {
    const raw: boolean[] = []
    const input = Object.assign(new PassThrough(), {
      isTTY: true,
      setRawMode: (on: boolean) => raw.push(on),
    })
    const output = new PassThrough({ encoding: 'utf8' })
    const shown: string[] = []
    output.on('data', (text: string) => shown.push(text))
    input.end(text)
    const read = await readSecret('Password: ', input as never, output).catch((error: Error) => error)
    t.same(raw, [true, false])
    return { read, shown: shown.join('') }
  }
  t.same(await type('secrex\u007ft\r'), { read: 'secret', shown: 'Password: \n' })
  t.match((await type('sec\u0003')).read, { message: 'given up' })
})
