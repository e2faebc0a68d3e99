// The reader of client metadata: what may be registered, and what is wrong with the rest.
import { generateKeyPairSync } from 'node:crypto'
import fc from 'fast-check'
import t from 'tap'
import { createContext } from '../../../src/app.ts'
import { loadConfig } from '../../../src/config.ts'
import { nameOf } from '../../../src/smart/client.ts'
import { readClientMetadata } from '../../../src/smart/clients/metadata.ts'
import { OAuthError } from '../../../src/smart/oauth-error.ts'
import { openStore } from '../../../src/store/open.ts'
import { openFolder } from '../../support/server.ts'

const settings = loadConfig({
  MUSUBI_STORE: `sqlite:${openFolder(t)}`,
  MUSUBI_PRIVATE_HOSTS: 'localhost:9999',
})
const store = await openStore(settings.store)
t.teardown(() => store.close())
const context = { app: await createContext(settings, store), settings }

const read = (given: unknown) => readClientMetadata(context, given)
const app = (more: object = {}) => ({
  client_name: 'Heart',
  redirect_uris: ['https://heart.example/cb'],
  token_endpoint_auth_method: 'none',
  scope: 'openid fhirUser launch/patient patient/Observation.rs',
  ...more,
})

const rsa = (bits: number) =>
  generateKeyPairSync('rsa', { modulusLength: bits }).publicKey.export({ format: 'jwk' })
const ec = (curve: string) =>
  generateKeyPairSync('ec', { namedCurve: curve }).publicKey.export({ format: 'jwk' })
const RSA = { ...rsa(2048), kid: 'r', alg: 'RS384', use: 'sig' }
const EC = { ...ec('P-384'), kid: 'e' }
const backend = (more: object = {}) => ({
  client_name: 'Laboratory',
  grant_types: ['client_credentials'],
  token_endpoint_auth_method: 'private_key_jwt',
  scope: 'system/Observation.rs',
  jwks: { keys: [RSA, EC] },
  ...more,
})

/** Resolves to the code and the description of the refusal. */
async function refusal(given: unknown): Promise<readonly [string, string]> {
  try {
    await read(given)
  } catch (error) {
    if (error instanceof OAuthError) return [error.code, error.message]
    throw error
  }
  return ['none', 'it was accepted']
}

t.test('an app registers what it says, with the defaults of RFC 7591', async (t) => {
  const { metadata, purposes, organization } = await read({
    client_name: ' Heart ',
    redirect_uris: ['https://heart.example/cb', 'https://heart.example/cb'],
    scope: 'patient/Observation.rs  patient/Observation.rs launch/patient',
    unknown_member: { any: ['thing'] },
    contacts: null,
  })
  t.strictSame(metadata, {
    client_name: 'Heart',
    client_names: {},
    redirect_uris: ['https://heart.example/cb'],
    grant_types: ['authorization_code'],
    token_endpoint_auth_method: 'client_secret_basic',
    scope: 'patient/Observation.rs launch/patient',
  })
  t.strictSame(purposes, ['PATRQT', 'FAMRQT'])
  t.equal(organization, undefined)
})

t.test('names and links in other languages are kept under theirs', async (t) => {
  const { metadata } = await read(
    app({
      'client_name#ja-Jpan-JP': '心拍',
      'policy_uri#ja': 'https://heart.example/ja',
      policy_uri: 'https://heart.example/en',
    }),
  )
  const client = { id: 'a', status: 'active', purposes: [], registeredAt: 0, metadata } as const
  t.equal(nameOf(client, 'ja'), '心拍')
  t.equal(nameOf(client, 'en'), 'Heart')
  t.strictSame(metadata.localized_uris, { 'policy_uri#ja': 'https://heart.example/ja' })
  t.equal(
    (await read(app({ client_name: undefined, 'client_name#ja': '心拍' }))).metadata.client_name,
    '心拍',
  )
  t.match(await refusal(app({ 'client_name#': 'x' })), ['invalid_client_metadata', /^client_name /])
  t.match(await refusal(app({ 'client_name#<script>': 'x' })), ['invalid_client_metadata', /^client_name /])
  t.match(await refusal(app({ 'policy_uri#ja': 'javascript:alert(1)' })), [
    'invalid_client_metadata',
    /^policy_uri#ja /,
  ])
})

t.test('9: a redirect URI is https, http on a loopback host, or a private-use scheme', async (t) => {
  const accepted = [
    'https://heart.example/cb?tenant=1',
    'https://heart.example',
    'https://heart.example:8443/a/b',
    'http://localhost:3000/cb',
    'http://127.0.0.1:51004/',
    'http://[::1]:8080/cb',
    'org.example.heart:/cb',
    'org.example.heart://cb/done',
  ]
  for (const uri of accepted)
    t.strictSame((await read(app({ redirect_uris: [uri] }))).metadata.redirect_uris, [uri], uri)
})

t.test('9: no other redirect URI is registered', async (t) => {
  const refused = [
    'http://heart.example/cb',
    'http://localhost.evil.example/cb',
    'http://127.0.0.1.evil.example/',
    'http://0.0.0.0/cb',
    'https://heart.example/cb#part',
    'https://heart.example/cb#',
    'https://*.heart.example/cb',
    'https://heart.example/*',
    'https://user@heart.example/cb',
    'https://user:secret@heart.example/cb',
    'https://heart.example\\@evil.example/',
    'https:/heart.example/cb',
    'https:heart.example',
    'https://',
    'https://heart.example/a b',
    'https://heart.example/\n',
    'https://heart.example:99999/',
    'HTTPS:heart.example',
    '//heart.example/cb',
    '/cb',
    '',
    'javascript:alert(1)',
    'javascript://heart.example/%0aalert(1)',
    'data:text/html,x',
    'file:///etc/passwd',
    'vbscript:x',
    'blob:https://heart.example/1',
    'about:blank',
    'heart:/cb',
    'ftp://heart.example/cb',
    'urn:ietf:wg:oauth:2.0:oob',
    'org.example.heart:cb',
    'https://心拍.example/cb',
    `https://heart.example/${'a'.repeat(2_000)}`,
    7,
    null,
    ['https://heart.example/cb'],
  ]
  for (const uri of refused)
    t.match(
      await refusal(app({ redirect_uris: [uri] })),
      ['invalid_redirect_uri', /^redirect_uris /],
      String(uri),
    )
})

t.test('redirect URIs are needed to ask users, and there are at most 20', async (t) => {
  const many = (count: number) => [...Array(count).keys()].map((n) => `https://heart.example/${n}`)
  t.equal((await read(app({ redirect_uris: many(20) }))).metadata.redirect_uris.length, 20)
  t.match(await refusal(app({ redirect_uris: many(21) })), ['invalid_client_metadata', /^redirect_uris /])
  t.match(await refusal(app({ redirect_uris: [] })), ['invalid_client_metadata', /^redirect_uris /])
  t.match(await refusal(app({ redirect_uris: undefined })), ['invalid_client_metadata', /^redirect_uris /])
  t.match(await refusal(app({ redirect_uris: 'https://heart.example/cb' })), [
    'invalid_client_metadata',
    /^redirect_uris /,
  ])
})

t.test('25 to 28: every scope must be one of ours, in either spelling', async (t) => {
  for (const scope of [
    'patient/*.cruds',
    'patient/*.read patient/Observation.write',
    'openid profile fhirUser online_access launch launch/patient launch/encounter?role=x',
    'user/Patient.rs https://musubi.example/purpose/TREAT',
  ])
    t.equal((await read(app({ scope }))).metadata.scope, scope)
  for (const scope of [
    'patient/Observation.sr',
    'patient/Observation.reads',
    'patient/Nonsense.rs',
    'group/Observation.rs',
    'openid email',
    '',
    '   ',
    undefined,
    ['openid'],
    'https://musubi.example/purpose/NONSENSE',
    'openid '.repeat(2_000),
  ])
    t.match(await refusal(app({ scope })), ['invalid_client_metadata', /./], String(scope))
})

t.test(
  '31: a granular scope is registered where its type has the parameters, and refused elsewhere',
  async (t) => {
    for (const scope of [
      'patient/Observation.rs?category=http://terminology.hl7.org/CodeSystem/observation-category|vital-signs',
      'patient/Observation.rs?code=http://loinc.org|8867-4&status=final',
      'patient/*.rs?_tag=http://example.org|x',
    ])
      t.equal((await read(app({ scope }))).metadata.scope, scope)
    for (const scope of [
      'patient/Observation.rs?nonsense=1',
      'patient/Patient.rs?category=x',
      'patient/*.rs?category=x',
      'patient/Observation.rs?code:in=http://example.org/vs',
      'patient/Observation.rs?subject.name=x',
      'patient/Observation.rs?_count=1',
    ])
      t.match(await refusal(app({ scope })), ['invalid_client_metadata', /^scope names a parameter/], scope)
  },
)

t.test("32, 33: system scopes go with client_credentials, and users' scopes with a user", async (t) => {
  t.match(await refusal(app({ scope: 'system/Observation.rs' })), ['invalid_client_metadata', /^scope /])
  for (const scope of [
    'patient/Observation.rs',
    'user/Observation.rs',
    'system/*.rs openid',
    'system/*.rs launch',
  ])
    t.match(await refusal(backend({ scope })), ['invalid_client_metadata', /^scope /], scope)
  const both = {
    ...backend(),
    ...app(),
    token_endpoint_auth_method: 'private_key_jwt',
    grant_types: ['authorization_code', 'client_credentials'],
  }
  t.equal((await read({ ...both, scope: 'system/*.rs user/*.rs' })).metadata.grant_types.length, 2)
})

t.test('45: keys are registered by URL or inline, one of the two', async (t) => {
  const { metadata } = await read(backend({ jwks: { keys: [{ ...RSA, x5c: ['abc'] }, EC], more: 1 } }))
  t.strictSame(metadata.jwks, { keys: [RSA, EC] }, 'with what is looked at, and no more')
  const byUrl = { jwks: undefined, jwks_uri: 'https://lab.example/jwks.json' }
  t.equal((await read(backend(byUrl))).metadata.jwks_uri, 'https://lab.example/jwks.json')
  t.match(await refusal(backend({ jwks_uri: 'https://lab.example/jwks.json' })), [
    'invalid_client_metadata',
    /^jwks /,
  ])
  t.match(await refusal(backend({ jwks: undefined })), ['invalid_client_metadata', /^jwks_uri /])
})

t.test('45: an address of keys is https, but for hosts that the operator has named', async (t) => {
  const at = (jwks_uri: unknown) => backend({ jwks: undefined, jwks_uri })
  t.equal((await read(at('http://localhost:9999/jwks'))).metadata.jwks_uri, 'http://localhost:9999/jwks')
  for (const uri of [
    'http://lab.example/jwks.json',
    'http://localhost:9998/jwks',
    'http://localhost/jwks',
    'https://user@lab.example/jwks',
    'https://lab.example/jwks#x',
    'file:///jwks',
    'data:application/json,{}',
    7,
  ])
    t.match(await refusal(at(uri)), ['invalid_client_metadata', /^jwks_uri /], String(uri))
})

t.test('45: inline keys are public, strong and told apart', async (t) => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-384' })
  const refused: Readonly<Record<string, unknown>> = {
    'private key': [{ ...privateKey.export({ format: 'jwk' }), kid: 'p' }],
    ...Object.fromEntries(
      ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'].map((name) => [name, [{ ...RSA, [name]: '' }]]),
    ),
    symmetric: [{ kty: 'oct', kid: 'k', k: 'AAAA' }],
    'short RSA': [{ ...rsa(1024), kid: 'r' }],
    'RSA that says it is long': [{ ...RSA, n: `${'A'.repeat(400)}AQAB` }],
    'RSA with exponent 1': [{ ...RSA, e: 'AQ' }],
    'endless RSA': [{ ...RSA, n: 'x'.repeat(100_000) }],
    'P-256': [{ ...ec('P-256'), kid: 'e' }],
    'P-384 with short coordinates': [{ ...EC, x: 'AAAA' }],
    'other algorithm': [{ ...RSA, alg: 'RS256' }],
    'algorithm none': [{ ...RSA, alg: 'none' }],
    'other algorithm of its kind': [{ ...EC, alg: 'RS384' }],
    'for encryption': [{ ...RSA, use: 'enc' }],
    'without kid': [{ ...RSA, kid: undefined }],
    'with a number as kid': [{ ...RSA, kid: 7 }],
    'kid twice': [RSA, { ...RSA, e: 'AQAB' }],
    none: [],
    'no array': RSA,
    'too many': [...Array(21).keys()].map((n) => ({ ...RSA, kid: String(n) })),
    'no objects': ['x'],
  }
  for (const [what, keys] of Object.entries(refused))
    t.match(await refusal(backend({ jwks: { keys } })), ['invalid_client_metadata', /^jwks /], what)
  t.match(await refusal(backend({ jwks: [RSA] })), ['invalid_client_metadata', /^jwks /])
  t.equal(
    (await read(backend({ jwks: { keys: [RSA, { ...EC, kid: 'r' }] } }))).metadata.jwks?.keys.length,
    2,
    'a kid may name a key of each kind',
  )
})

t.test('50: symmetric secrets are not for Backend Services', async (t) => {
  for (const method of ['none', 'client_secret_basic', 'client_secret_post', undefined])
    t.match(
      await refusal(backend({ token_endpoint_auth_method: method })),
      ['invalid_client_metadata', /^token_endpoint_auth_method /],
      String(method),
    )
})

t.test('what contradicts itself is refused, naming the member', async (t) => {
  const refused: readonly (readonly [member: string, given: unknown])[] = [
    ['grant_types', app({ grant_types: ['refresh_token'] })],
    ['grant_types', app({ grant_types: ['implicit'] })],
    ['grant_types', app({ grant_types: ['password'] })],
    ['grant_types', app({ grant_types: 'authorization_code' })],
    ['grant_types', backend({ grant_types: ['client_credentials', 'refresh_token'] })],
    ['response_types', app({ response_types: ['token'] })],
    ['response_types', app({ response_types: ['code id_token'] })],
    ['token_endpoint_auth_method', app({ token_endpoint_auth_method: 'client_secret_jwt' })],
    [
      'token_endpoint_auth_method',
      app({ token_endpoint_auth_method: 'client_secret_post', redirect_uris: ['org.example.heart:/cb'] }),
    ],
    ['client_name', app({ client_name: undefined })],
    ['client_name', app({ client_name: '  ' })],
    ['client_name', app({ client_name: 'x'.repeat(101) })],
    ['client_name', app({ client_name: 'bank\u202egnirts' })],
    ['client_name', app({ client_name: 'a\u0000b' })],
    ['client_name', app({ client_name: { en: 'Heart' } })],
    ['logo_uri', app({ logo_uri: 'http://heart.example/logo.png' })],
    ['logo_uri', app({ logo_uri: 'data:image/png;base64,AAAA' })],
    ['client_uri', app({ client_uri: 'javascript:alert(1)' })],
    ['tos_uri', app({ tos_uri: 'http://localhost/tos' })],
    ['policy_uri', app({ policy_uri: '' })],
    ['contacts', app({ contacts: 'a@example.org' })],
    ['software_id', app({ software_id: 7 })],
    ['launch_uri', app({ launch_uri: 'http://heart.example/launch' })],
    ['allowed_origins', app({ allowed_origins: ['https://heart.example/'] })],
    ['allowed_origins', app({ allowed_origins: ['*'] })],
    ['allowed_origins', app({ allowed_origins: ['null'] })],
    ['purposes', app({ purposes: ['NONSENSE'] })],
    ['purposes', app({ purposes: ['PurposeOfUse'] })],
    ['purposes', app({ purposes: 'TREAT' })],
    ['scope', app({ purposes: ['PATRQT'], scope: 'openid https://musubi.example/purpose/HRESCH' })],
    ['organization', app({ organization: 'Patient/1' })],
    ['organization', app({ organization: { reference: 'Organization/1' } })],
  ]
  for (const [member, given] of refused) {
    const [code, description] = await refusal(given)
    t.equal(code, 'invalid_client_metadata', JSON.stringify(given))
    t.ok(description.startsWith(`${member} `), description)
  }
  for (const given of [undefined, null, 'x', 7, [], [app()]])
    t.match(await refusal(given), ['invalid_client_metadata', /^client metadata /])
})

t.test(
  'purposes are those asked for, or what the scopes are usually for; the first is the standard one',
  async (t) => {
    const purposesOf = async (given: unknown) => (await read(given)).purposes
    t.strictSame(await purposesOf(app({ scope: 'launch openid' })), ['PATRQT', 'FAMRQT'])
    t.strictSame(await purposesOf(app({ scope: 'user/*.rs' })), ['TREAT'])
    t.strictSame(await purposesOf(app({ scope: 'patient/*.rs user/*.rs' })), ['TREAT', 'PATRQT', 'FAMRQT'])
    t.strictSame(await purposesOf(backend()), ['TREAT'])
    t.strictSame(await purposesOf(backend({ purposes: ['HRESCH'] })), ['HRESCH'])
    t.strictSame(await purposesOf(app({ scope: 'openid https://musubi.example/purpose/HRESCH' })), [
      'PATRQT',
      'FAMRQT',
      'HRESCH',
    ])
  },
)

const MEMBERS = [
  ...Object.keys({ ...app(), ...backend() }),
  'jwks_uri',
  'client_uri',
  'client_name#ja',
  'purposes',
  'organization',
  'contacts',
  'response_types',
  'allowed_origins',
  'launch_uri',
  '__proto__',
  'constructor',
]

t.test('whatever is sent is client metadata or an OAuth error in ASCII, never another failure', async (t) => {
  const near = fc
    .tuple(
      fc.constantFrom(app(), backend()),
      fc.dictionary(fc.constantFrom(...MEMBERS), fc.oneof(fc.jsonValue(), fc.string(), fc.webUrl())),
    )
    .map(([base, more]) => ({ ...base, ...more }))
  const outcomes = new Set<string>()
  await fc.assert(
    fc.asyncProperty(fc.oneof(fc.jsonValue({ maxDepth: 4 }), near), async (given) => {
      const [code, description] = await refusal(given)
      outcomes.add(code)
      return /^[\x20-\x21\x23-\x5b\x5d-\x7e]*$/.test(description)
    }),
    { numRuns: 2_000 },
  )
  t.strictSame([...outcomes].sort(), ['invalid_client_metadata', 'invalid_redirect_uri', 'none'])
  const deep = JSON.parse(`${'['.repeat(100_000)}${']'.repeat(100_000)}`)
  for (const member of MEMBERS) await refusal({ ...app(), [member]: deep })
  await refusal(backend({ jwks: { keys: [{ ...RSA, x5c: deep }] } }))
})
