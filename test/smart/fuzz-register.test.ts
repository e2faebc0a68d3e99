// Registration takes JSON from anybody: whatever that holds, an error of RFC 7591 or a client that is as it says.
import fc from 'fast-check'
import t, { type Test } from 'tap'
import { CLIENTS } from '../../src/smart/client.ts'
import { openServer, type TestServer } from '../support/server.ts'

const MARK = 'zq7Marker'
const MEGABYTE = 1024 * 1024
const ERRORS =
  /^(invalid_client_metadata|invalid_redirect_uri|invalid_software_statement|unapproved_software_statement|invalid_request)$/

const GOOD: Readonly<Record<string, unknown>> = {
  client_name: 'Heart',
  'client_name#ja': '心拍',
  redirect_uris: ['https://heart.example/cb'],
  grant_types: ['authorization_code', 'refresh_token'],
  response_types: ['code'],
  token_endpoint_auth_method: 'client_secret_basic',
  scope: 'openid launch/patient patient/Observation.rs',
  client_uri: 'https://heart.example',
  logo_uri: 'https://heart.example/logo.png',
  policy_uri: 'https://heart.example/policy',
  tos_uri: 'https://heart.example/tos',
  contacts: ['a@heart.example'],
  software_id: 'x',
  software_version: '1',
  launch_uri: 'https://heart.example/launch',
  allowed_origins: ['https://heart.example'],
  purposes: ['PATRQT'],
  organization: 'Organization/demo',
  jwks: undefined,
  jwks_uri: undefined,
  software_statement: undefined,
}

const deep = (levels: number, open: string, close: string) => `${open.repeat(levels)}1${close.repeat(levels)}`

/** JSON text of a value in place of the right one. */
const VALUES: Readonly<Record<string, string>> = {
  null: 'null',
  number: '1e400',
  'a negative number': '-0.5',
  boolean: 'true',
  'empty text': '""',
  blanks: '"   "',
  'an empty array': '[]',
  'an array of arrays': '[[["x"]]]',
  'an array of null': '[null]',
  'an object': `{"${MARK}":1}`,
  'a deep array': deep(60_000, '[', ']'),
  'a deep object': deep(30_000, '{"a":', '}'),
  'a deep member': `[${deep(20_000, '{"keys":', '}')}]`,
  '200 kB': JSON.stringify(MARK + 'a'.repeat(200_000)),
  'one megabyte': JSON.stringify(MARK + 'a'.repeat(MEGABYTE)),
  'many values': JSON.stringify(Array.from({ length: 10_000 }, (_, i) => `https://${MARK}.example/${i}`)),
  'many scopes': JSON.stringify(Array.from({ length: 8_000 }, () => 'patient/Observation.rs').join(' ')),
  'a surrogate': `"\\ud800${MARK}"`,
  NUL: `"${MARK}\\u0000"`,
  'line breaks': `"${MARK}\\r\\nset-cookie: a=b"`,
  'right-to-left': `"\\u202e${MARK}"`,
  script: JSON.stringify(`"'><script>${MARK}</script>`),
  'a script address': JSON.stringify(`javascript:alert('${MARK}')`),
  'a list of script addresses': JSON.stringify([
    `javascript:alert('${MARK}')`,
    'data:text/html,x',
    '//evil.example',
  ]),
  'an address of a policy': JSON.stringify([`https://evil.example;script-src/${MARK}`]),
  'a prototype': '{"__proto__":{"status":"active"}}',
  'a constructor': '"constructor"',
  'a symbol': `{"toString":1,"valueOf":2,"toJSON":3}`,
}

function toBody(change: Readonly<Record<string, string>>): string {
  const members = Object.entries(GOOD).filter(
    ([name, value]) => value !== undefined && !Object.hasOwn(change, name),
  )
  const texts = [
    ...members.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`),
    ...Object.entries(change).map(([name, value]) => `${JSON.stringify(name)}:${value}`),
  ]
  return `{${texts.filter((each) => !each.endsWith(':')).join(',')}}`
}

async function open(t: Test): Promise<TestServer> {
  return openServer(t, {
    MUSUBI_ATTEMPTS_PER_MINUTE: '100000',
    MUSUBI_REGISTRATION: 'approval',
    MUSUBI_LOG_LEVEL: 'trace',
  })
}

async function faultsOf(
  { app, store }: TestServer,
  payload: string | Buffer,
  headers: Readonly<Record<string, string>> = { 'content-type': 'application/json' },
): Promise<readonly string[]> {
  const reply = await app.inject({ method: 'POST', url: '/auth/register', headers: { ...headers }, payload })
  const { statusCode: status, headers: answered } = reply
  if (answered['cache-control'] !== 'no-store') return ['it may be cached']
  if (!String(answered['content-type']).startsWith('application/json'))
    return [String(answered['content-type'])]
  const body = reply.json()
  if (status === 201) {
    const client = (await store.records.get(CLIENTS, body.client_id))?.value as
      | { status?: string }
      | undefined
    return client?.status === 'pending' ? [] : ['a client that may act']
  }
  if (![400, 413].includes(status)) return [`status ${status}`]
  const isPlain = /^[\x20-\x21\x23-\x5b\x5d-\x7e]*$/.test(body.error_description)
  return ERRORS.test(body.error) && isPlain ? [] : [`${body.error}: ${body.error_description}`]
}

function assertSilent(t: Test, { log }: TestServer) {
  t.notOk(
    log.some((line) => line.includes(MARK)),
    'the log has nothing that was sent',
  )
}

t.test('every member of client metadata, damaged in every way', async (t) => {
  const server = await open(t)
  t.strictSame(await faultsOf(server, toBody({})), [])
  for (const name of [
    ...Object.keys(GOOD),
    '__proto__',
    'constructor',
    'client_id',
    'client_secret',
    'client_name#',
  ])
    for (const [told, value] of Object.entries({ absent: '', ...VALUES })) {
      const faults = await faultsOf(server, toBody({ [name]: value }))
      if (faults.length > 0) t.fail(`${name}: ${told}: ${faults.join('; ')}`)
    }
  assertSilent(t, server)
})

t.test('a body that is no JSON object, or says it is something else', async (t) => {
  const server = await open(t)
  const good = toBody({})
  const bodies: Readonly<Record<string, string | Buffer>> = {
    empty: '',
    truncated: good.slice(0, -20),
    'an array': `[${good}]`,
    text: '"x"',
    null: 'null',
    'deep arrays': deep(100_000, '[', ']'),
    'half of deep objects': '{"a":'.repeat(40_000),
    'a byte order mark twice': `\ufeff\ufeff${good}`,
    'UTF-16': Buffer.from(good, 'utf16le'),
    'invalid UTF-8': Buffer.concat([
      Buffer.from('{"client_name":"'),
      Buffer.from([0xff, 0xc0]),
      Buffer.from('"}'),
    ]),
    'an encoded surrogate': Buffer.concat([
      Buffer.from('{"client_name":"'),
      Buffer.from([0xed, 0xa0, 0x80]),
      Buffer.from('"}'),
    ]),
    'many members': `{${Array.from({ length: 20_000 }, (_, i) => `"m${i}":1`).join(',')}}`,
    'many languages': `{${Array.from({ length: 2_000 }, (_, i) => `"client_name#x${i}":"${MARK}"`).join(',')}}`,
    'one megabyte': `${good.slice(0, -1)},"x":"${'a'.repeat(MEGABYTE)}"}`,
  }
  for (const [told, body] of Object.entries(bodies)) t.strictSame(await faultsOf(server, body), [], told)
  const types = [
    '',
    'text/plain',
    'application/x-www-form-urlencoded',
    'application/jsonx',
    ';;',
    `multipart/form-data; boundary=${MARK}`,
  ]
  for (const type of types) t.strictSame(await faultsOf(server, good, { 'content-type': type }), [], type)
  t.strictSame(await faultsOf(server, good, {}), [], 'no content type')
  const twice = `{"redirect_uris":["javascript:x"],${good.slice(1)}`
  t.strictSame(
    await faultsOf(server, twice),
    [],
    'a member twice: the last is the one that is checked and kept',
  )
  assertSilent(t, server)
})

t.test('metadata of any shape', async (t) => {
  const server = await open(t)
  const member = fc.tuple(
    fc.constantFrom(...Object.keys(GOOD)),
    fc.oneof(fc.constantFrom(...Object.values(VALUES).filter((value) => value.length < 100_000)), fc.json()),
  )
  await fc.assert(
    fc.asyncProperty(fc.array(member, { maxLength: 4 }), async (members) => {
      const faults = await faultsOf(server, toBody(Object.fromEntries(members)))
      if (faults.length > 0) throw new Error(faults.join('; '))
    }),
    { numRuns: 200 },
  )
  t.pass('none was too much')
  assertSilent(t, server)
})
