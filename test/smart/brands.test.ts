// User-access brands: what the server tells apps of who is behind it.
import t, { type Test } from 'tap'
import { openServer, type TestServer } from '../support/server.ts'

interface Entry {
  readonly fullUrl: string
  readonly resource: {
    readonly resourceType: string
    readonly identifier: readonly { readonly system: string; readonly value: string }[]
    readonly endpoint: readonly { readonly reference: string }[]
    readonly [name: string]: unknown
  }
}

const get = async ({ app }: TestServer, headers: Record<string, string> = {}) =>
  app.inject({ url: '/auth/brands', headers })

async function read(server: TestServer) {
  const { timestamp, type, entry } = (await get(server)).json<{
    timestamp: string
    type: string
    entry: readonly Entry[]
  }>()
  const of = (name: string) => entry.filter(({ resource }) => resource.resourceType === name)
  return { timestamp, type, brands: of('Organization'), endpoints: of('Endpoint') }
}

async function discovery({ app, config }: TestServer) {
  const { pathname } = new URL(config.baseUrl)
  return (await app.inject(`${pathname}/.well-known/smart-configuration`)).json()
}

async function putOrganization(server: TestServer, organization: object) {
  const reply = await server.app.inject({
    method: 'PUT',
    url: '/fhir/Organization/demo',
    headers: { ...(await server.auth()), 'content-type': 'application/fhir+json' },
    payload: JSON.stringify({ resourceType: 'Organization', id: 'demo', ...organization }),
  })
  if (reply.statusCode >= 300) throw new Error(reply.body)
}

const EXTENSION = 'http://hl7.org/fhir/StructureDefinition'
const absent = (valueCode: string) => ({
  extension: [{ url: `${EXTENSION}/data-absent-reason`, valueCode }],
})

t.test('56: the bundle has a timestamp, one brand and the endpoint, without a token', async (t: Test) => {
  const server = await openServer(t)
  const reply = await get(server)
  t.equal(reply.statusCode, 200)
  t.match(reply.headers['content-type'], /^application\/fhir\+json/)
  const { timestamp, type, brands, endpoints } = await read(server)
  t.equal(type, 'collection')
  t.match(timestamp, /^\d{4}-\d\d-\d\dT[\d:.]+Z$/)
  t.equal(brands.length, 1)
  t.match(endpoints, [
    {
      fullUrl: `${server.config.baseUrl}/Endpoint/fhir-base`,
      resource: {
        status: 'active',
        address: server.config.baseUrl,
        connectionType: { code: 'hl7-fhir-rest' },
        extension: [{ url: `${EXTENSION}/endpoint-fhir-version`, valueCode: '4.0.1' }],
        contact: [{ system: 'url', value: /\/developers$/ }],
      },
    },
  ])
  t.strictSame(brands[0]!.resource.endpoint, [{ reference: 'Endpoint/fhir-base' }])
})

t.test(
  '56: the identifier of smart-configuration is that of exactly one brand, on record or not',
  async (t: Test) => {
    const server = await openServer(t, { MUSUBI_BASE_URL: 'https://www.hospital.example/r4/fhir' })
    const { user_access_brand_bundle, user_access_brand_identifier } = await discovery(server)
    t.equal(user_access_brand_bundle, 'https://www.hospital.example/r4/auth/brands')
    t.strictSame(user_access_brand_identifier, {
      system: 'urn:ietf:rfc:3986',
      value: 'https://hospital.example',
    })
    const reply = await server.app.inject('/r4/auth/brands')
    const [brand] = reply.json<{ entry: readonly Entry[] }>().entry
    t.strictSame(brand!.resource.identifier, [user_access_brand_identifier])
    const named = await openServer(t)
    const own = { system: 'urn:ietf:rfc:3986', value: 'https://clinic.example' }
    await putOrganization(named, {
      name: 'Clinic',
      identifier: [{ system: 'urn:oid:1.2.392.100495.20.3.23', value: '1319999999' }, own, own],
    })
    const primary = (await discovery(named)).user_access_brand_identifier
    t.strictSame(primary, own)
    const { brands } = await read(named)
    const matching = brands.flatMap(({ resource }) =>
      resource.identifier.filter(({ system, value }) => system === own.system && value === own.value),
    )
    t.equal(matching.length, 1)
    t.equal(brands[0]!.resource.identifier.length, 2, 'identifiers of its own are kept')
  },
)

t.test('56: any origin may read it, and only what has changed is sent again', async (t: Test) => {
  const server = await openServer(t)
  const first = await get(server, { origin: 'https://anywhere.example' })
  t.equal(first.headers['access-control-allow-origin'], '*')
  const etag = String(first.headers['etag'])
  t.match(etag, /^W\/"/, 'a weak one')
  t.equal((await get(server)).headers['etag'], etag)
  for (const tag of [etag, `"other", ${etag}`, etag.slice(2), '*']) {
    const again = await get(server, { 'if-none-match': tag })
    t.equal(again.statusCode, 304, tag)
    t.equal(again.body, '')
  }
  const before = await read(server)
  await putOrganization(server, { name: 'みどり病院' })
  const changed = await get(server, { 'if-none-match': etag })
  t.equal(changed.statusCode, 200)
  const after = await read(server)
  t.equal(after.brands[0]!.resource['name'], 'みどり病院')
  t.ok(Date.parse(after.timestamp) >= Date.parse(before.timestamp))
  t.match(after.brands[0]!.resource['meta'], { lastUpdated: /^\d{4}/ })
})

t.test(
  '56: of the Organization only what is for everybody is told, logos from here alone, two reasons for absence',
  async (t: Test) => {
    const server = await openServer(t)
    const { origin } = new URL(server.config.baseUrl)
    await putOrganization(server, {
      name: 'Hospital',
      telecom: [
        { system: 'phone', value: '03-SECRET' },
        { system: 'url', value: 'https://hospital.example' },
      ],
      contact: [{ name: { text: 'SECRET' } }],
      alias: ['病院'],
      _alias: [absent('masked')],
      address: [{ city: 'Tokyo', _state: absent('unknown'), _postalCode: absent('asked-declined') }],
      extension: [
        {
          url: `${EXTENSION}/organization-brand`,
          extension: [
            { url: 'brandLogo', valueUrl: 'https://elsewhere.example/logo.svg' },
            { url: 'brandLogo', valueUrl: `${origin}/auth/assets/musubi.svg` },
          ],
        },
        {
          url: `${EXTENSION}/organization-portal`,
          extension: [
            { url: 'portalName', valueString: 'My Hospital' },
            { url: 'portalLogo', valueUrl: 'https://elsewhere.example/logo.svg' },
          ],
        },
        { url: 'https://hospital.example/internal', valueString: 'SECRET' },
      ],
    })
    const { body } = await get(server)
    t.notMatch(body, /SECRET|elsewhere|masked|"unknown"/)
    t.match(body, /asked-declined/)
    const { resource } = (await read(server)).brands[0]!
    t.match(resource, {
      name: 'Hospital',
      telecom: [{ value: 'https://hospital.example' }],
      address: [{ city: 'Tokyo' }],
      extension: [
        { extension: [{ url: 'brandLogo', valueUrl: `${origin}/auth/assets/musubi.svg` }] },
        {
          extension: [
            { url: 'portalName', valueString: 'My Hospital' },
            { url: 'portalEndpoint', valueReference: resource.endpoint[0]! },
          ],
        },
      ],
    })
  },
)
