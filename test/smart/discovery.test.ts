// Discovery: items 1 to 7 and 41. https://hl7.org/fhir/smart-app-launch/conformance.html
import t from 'tap'
import { CAPABILITIES, SCOPES_SUPPORTED } from '../../src/smart/discovery.ts'
import { allow, exchange, openSmartServer } from '../support/authorization.ts'
import { type Grantable, grantBackend, grantUser } from '../support/granted.ts'
import { openStaff } from '../support/staff.ts'

const WELL_KNOWN = '/.well-known/smart-configuration'

t.test('1: the configuration is JSON whatever is accepted, also where the base has a path', async (t) => {
  for (const base of ['http://localhost:3000/fhir', 'https://example.org/a/b/fhir']) {
    const server = await openSmartServer(t, { MUSUBI_BASE_URL: base })
    for (const accept of [undefined, '*/*', 'application/fhir+xml', 'text/html']) {
      const reply = await server.app.inject({
        url: new URL(base).pathname + WELL_KNOWN,
        headers: accept === undefined ? {} : { accept },
      })
      t.equal(reply.statusCode, 200)
      t.match(reply.headers['content-type'], /^application\/json/)
      t.equal(reply.json().token_endpoint, `${base.slice(0, base.lastIndexOf('/'))}/auth/token`)
    }
  }
})

t.test('2 to 5: endpoints are absolute, and what a capability asks for is there', async (t) => {
  const { app } = await openSmartServer(t)
  const configuration = (await app.inject(`/fhir${WELL_KNOWN}`)).json()
  const urls = Object.entries(configuration).filter(([name]) => /_endpoint$|^issuer$|_uri$/.test(name))
  t.ok(urls.length >= 8)
  for (const [name, url] of urls) t.ok(URL.canParse(String(url)), `2: ${name} is ${url}`)
  t.match(configuration, {
    issuer: String,
    jwks_uri: String,
    authorization_endpoint: String,
    grant_types_supported: ['authorization_code', 'refresh_token', 'client_credentials'],
    code_challenge_methods_supported: ['S256'],
    response_types_supported: ['code'],
    management_endpoint: String,
    introspection_endpoint: String,
    revocation_endpoint: String,
  })
  t.notOk(configuration.code_challenge_methods_supported.includes('plain'), '3')
  t.ok(configuration.token_endpoint_auth_methods_supported.includes('private_key_jwt'), '4')
  t.strictSame(configuration.token_endpoint_auth_signing_alg_values_supported, ['RS384', 'ES384'], '4')
})

t.test('2: every endpoint that is named is served', async (t) => {
  const { app, config } = await openSmartServer(t)
  const configuration = (await app.inject(`/fhir${WELL_KNOWN}`)).json()
  const root = new URL(config.baseUrl).origin
  for (const [name, url] of Object.entries(configuration)) {
    if (!/_endpoint$|jwks_uri$|_bundle$/.test(name)) continue
    const method = /token|introspection|revocation|registration/.test(name) ? 'POST' : 'GET'
    const reply = await app.inject({ method, url: String(url).slice(root.length) })
    t.not(reply.statusCode, 404, `${name} at ${url}`)
    t.not(reply.headers['www-authenticate'], 'Bearer error="invalid_token"', name)
  }
})

t.test('5: every scope in scopes_supported is granted to a client that is registered for it', async (t) => {
  const server = await openSmartServer(t)
  const { scopes_supported: scopes } = (await server.app.inject(`/fhir${WELL_KNOWN}`)).json()
  t.strictSame(scopes, SCOPES_SUPPORTED)
  for (const scope of SCOPES_SUPPORTED) {
    if (scope.startsWith('launch')) continue
    const { body } = scope.startsWith('system/')
      ? await grantBackend(server, { scope, registered: scope })
      : await grantUser(server, toGrantable(scope))
    t.ok(body.scope.split(' ').includes(scope), `${scope} in ${body.scope}`)
  }
})

// What says nothing of a record goes with something that does.
function toGrantable(scope: string): Grantable {
  const isStaffs = /TREAT$|^user\//.test(scope)
  const data = isStaffs ? 'user/Observation.rs' : 'patient/Observation.rs'
  return {
    scope: `${scope} ${data}`,
    registered: `${scope} ${data}`,
    as: isStaffs ? 'Practitioner/d1' : 'Patient/p1',
  }
}

t.test('5: every scope of launch context is granted where there is such a context', async (t) => {
  const { client, visitor, server, launch } = await openStaff(t)
  const made = await launch({ client_id: client.id, patient: 'p1', encounter: 'e1' })
  const scope = `${SCOPES_SUPPORTED.filter((each) => each.startsWith('launch')).join(' ')} user/Observation.rs`
  const back = await allow(server, visitor, client, { scope, launch: made.body.launch })
  const { body } = await exchange(server, client, back)
  t.strictSame(new Set(body.scope.split(' ')), new Set(scope.split(' ')))
  t.match(body, { patient: 'p1', encounter: 'e1' })
})

t.test('5: a context that there is none of is not granted', async (t) => {
  const server = await openSmartServer(t)
  const scope = 'launch/patient launch/encounter patient/Observation.rs'
  const { body } = await grantUser(server, { scope })
  t.strictSame(new Set(body.scope.split(' ')), new Set(['launch/patient', 'patient/Observation.rs']))
  t.equal(body.encounter, undefined)
})

t.test('6: capabilities are those of the specification, each once', async (t) => {
  t.equal(new Set(CAPABILITIES).size, CAPABILITIES.length)
  const known =
    /^(launch-(ehr|standalone)|authorize-post|client-(public|confidential-(a?symmetric))|sso-openid-connect|context-(banner|style|(ehr|standalone)-(patient|encounter))|permission-(offline|online|patient|user|v1|v2)|smart-app-state)$/
  for (const capability of CAPABILITIES) t.match(capability, known)
})

t.test('7: what is optional is named where it is served, and not where it is not', async (t) => {
  for (const [registration, isServed] of [
    ['approval', true],
    ['closed', false],
  ] as const) {
    const { app, config } = await openSmartServer(t, { MUSUBI_REGISTRATION: registration })
    const configuration = (await app.inject(`/fhir${WELL_KNOWN}`)).json()
    t.equal(configuration.registration_endpoint !== undefined, isServed)
    t.match(configuration.associated_endpoints, [{ url: String, capabilities: ['smart-app-state'] }])
    const bundle = configuration.user_access_brand_bundle.slice(new URL(config.baseUrl).origin.length)
    t.equal((await app.inject(bundle)).statusCode, 200)
  }
})

t.test('41: the OpenID configuration is found at the issuer, which signs with RS256', async (t) => {
  const { app, config } = await openSmartServer(t)
  const { issuer } = (await app.inject(`/fhir${WELL_KNOWN}`)).json()
  const root = new URL(config.baseUrl).origin
  const openid = (await app.inject(`${issuer.slice(root.length)}/.well-known/openid-configuration`)).json()
  t.equal(openid.issuer, issuer)
  t.strictSame(openid.id_token_signing_alg_values_supported, ['RS256'])
  t.strictSame((await app.inject('/.well-known/oauth-authorization-server/auth')).json(), openid)
})
