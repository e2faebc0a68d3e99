// musubi issuer: what the operator trusts is checked, kept sealed where it is secret, noted, and in force at once.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { createContext } from '../../src/app.ts'
import { run } from '../../src/commands/issuer.ts'
import { loadConfig } from '../../src/config.ts'
import { CONFIGURATION } from '../../src/interactions/configuration.ts'
import { ISSUERS, type LoginIssuer } from '../../src/smart/issuers/login-issuer.ts'
import { readIssuer } from '../../src/smart/issuers/read-issuer.ts'
import { createSmartContext } from '../../src/smart/plugin.ts'
import { runHere } from '../support/command.ts'
import { createClientKey } from '../support/jwt.ts'
import { openFolder, openServer } from '../support/server.ts'

const LOGIN = {
  use: 'login',
  issuer: 'https://login.example',
  client_id: 'musubi',
  client_secret: 'very-secret-indeed',
  name: 'City login',
  'name#ja': '市のログイン',
  acr_values: ['urn:mynumber'],
  proofing: 'IAL3',
}
const { jwk } = createClientKey('RS384', 'a')
const BEARER = {
  use: 'bearer',
  issuer: 'https://hospital.example/auth',
  jwks: { keys: [jwk] },
  organization: 'Organization/h',
  purposes: ['TREAT', 'HOPERAT'],
  scope: 'user/*.rs patient/*.rs',
}
const SOFTWARE = {
  use: 'software-statement',
  issuer: 'https://registry.example',
  jwks_uri: 'https://registry.example/jwks',
}

async function open(t: Test) {
  const server = await openServer(t)
  const config = loadConfig({ MUSUBI_STORE: server.config.store })
  const folder = openFolder(t)
  const issuer = async (...args: readonly string[]) => (await runHere(t, run, args, config)).stdout
  const add = async (value: unknown) => {
    const file = join(folder, 'issuer.json')
    writeFileSync(file, typeof value === 'string' ? value : JSON.stringify(value))
    return issuer('add', file)
  }
  return { server, config, issuer, add }
}

t.test('each use is kept in its form, a secret sealed and never shown', async (t) => {
  const { server, config, issuer, add } = await open(t)
  for (const each of [LOGIN, BEARER, SOFTWARE]) t.equal(await add(each), '')
  const listed = (await issuer('list'))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  t.equal(listed.length, 3)
  t.match(
    listed.find(({ use }) => use === 'bearer'),
    { subject_claim: 'fhirUser', algs: ['RS256', 'RS384', 'ES256', 'ES384'] },
  )
  const rows = await server.store.records.list(ISSUERS)
  const notes = await server.store.records.list(CONFIGURATION)
  t.notMatch(JSON.stringify([rows, notes, listed]), /very-secret-indeed/)
  const login = rows.map(({ value }) => value as LoginIssuer).find(({ use }) => use === 'login')
  t.match(login, { names: { ja: '市のログイン' }, proofing: 'IAL3', acr_values: ['urn:mynumber'] })
  const { keys } = await createSmartContext(await createContext(config, server.store), config)
  t.equal(keys.open('issuer', login!.client_secret!), 'very-secret-indeed')
})

t.test('a change is noted and in the access log; remove ends every use', async (t) => {
  const { server, issuer, add } = await open(t)
  await add(LOGIN)
  await add({ ...SOFTWARE, issuer: LOGIN.issuer })
  await t.rejects(add(LOGIN), { message: /trusted for login already/ })
  await issuer('remove', LOGIN.issuer)
  t.strictSame(await server.store.records.list(ISSUERS), [])
  await t.rejects(issuer('remove', LOGIN.issuer), { message: /not trusted/ })
  const notes = (await server.store.records.list(CONFIGURATION)).map(({ value }) => value)
  t.match(notes.slice(1), [
    { collection: 'issuer', after: { use: 'login', client_secret: '(sealed)' } },
    { collection: 'issuer', after: { use: 'software-statement' } },
    { collection: 'issuer', before: {} },
    { collection: 'issuer', before: {} },
  ])
  await server.store.journal.flush()
  const { rows } = await server.store.journal.list({ limit: 10, subtype: 'config' })
  t.equal(rows.length, 3)
})

t.test('what cannot work is refused with its reason', async (t) => {
  const { add, config, server } = await open(t)
  const wrong: readonly (readonly [unknown, RegExp])[] = [
    [[], /one JSON object/],
    [{}, /use must be one of/],
    [{ ...LOGIN, use: 'both' }, /use must be one of/],
    [{ ...LOGIN, purposes: ['TREAT'] }, /purposes is no member/],
    [{ ...LOGIN, issuer: 'http://login.example' }, /https URL/],
    [{ ...LOGIN, issuer: 'https://login.example/?x=1' }, /https URL/],
    [{ ...LOGIN, issuer: 'https://u:p@login.example' }, /https URL/],
    [{ ...LOGIN, proofing: 'IAL4' }, /proofing/],
    [{ ...LOGIN, proofing: undefined }, /proofing/],
    [{ ...LOGIN, client_id: '' }, /client_id/],
    [{ ...LOGIN, name: 7 }, /name must be a text/],
    [{ ...LOGIN, acr_values: [] }, /acr_values/],
    [{ ...BEARER, jwks_uri: 'https://hospital.example/jwks' }, /one alone/],
    [{ ...BEARER, jwks: undefined }, /one alone/],
    [{ ...BEARER, jwks: { keys: [] } }, /JWK Set/],
    [{ ...BEARER, jwks: { keys: [{ ...jwk, d: 'x' }] } }, /private/],
    [{ ...BEARER, jwks: { keys: [{ ...jwk, kid: undefined }] } }, /kid/],
    [{ ...BEARER, algs: ['HS256'] }, /HS256/],
    [{ ...BEARER, algs: ['none'] }, /none/],
    [{ ...BEARER, organization: 'h' }, /organization/],
    [{ ...BEARER, purposes: [] }, /purposes/],
    [{ ...BEARER, purposes: ['NOSUCH'] }, /NOSUCH/],
    [{ ...BEARER, purposes: ['BTG'] }, /BTG/],
    [{ ...BEARER, scope: 'system/*.rs' }, /system/],
    [{ ...BEARER, scope: 'user/*.sr' }, /scope/],
    [{ ...BEARER, scope: 'openid user/*.rs' }, /openid/],
    [{ ...SOFTWARE, jwks_uri: 'http://10.0.0.1/jwks' }, /jwks_uri/],
  ]
  const { governance, definitions } = await createContext(config, server.store)
  const { purposes } = (await governance()).vocabulary
  const rules = {
    isPurpose: (code: string) => purposes.has(code),
    isResourceType: definitions.isResourceType,
    privateHosts: [],
    seal: (secret: string) => secret,
  }
  for (const [value, message] of wrong)
    t.throws(() => readIssuer(value, rules), { message }, JSON.stringify(value))
  for (const [value, message] of [
    ['{"client_secret": "very-secret', /it is not JSON$/],
    ...wrong.slice(-3),
  ] as const)
    await t.rejects(add(value), { message }, JSON.stringify(value))
  for (const args of ['', 'add', 'list all', 'remove', 'change x', 'add /none.json'])
    await t.rejects(run(args.split(' '), config), args)
  t.strictSame(await server.store.records.list(ISSUERS), [])
})
