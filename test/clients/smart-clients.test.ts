// Real clients from npm go the way from discovery to data, over HTTP: what they send is what the server must take.
import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { MedplumClient } from '@medplum/core'
import { Client as KitClient } from 'fhir-kit-client'
import FHIR from 'fhirclient'
import t from 'tap'
import { allow, exchange, type SmartServer } from '../support/authorization.ts'
import { createClientKey, createSecret, signJwt } from '../support/jwt.ts'
import { HEART_RATE, openMeasuredServer } from '../support/live.ts'
import { openWeb } from '../support/web.ts'

t.test('fhirclient in Node is authorized, reads, and refreshes by default without client_id', async (t) => {
  const server = await openMeasuredServer(t)
  const kept = new Map<string, unknown>()
  const storage = {
    get: async (key: string) => kept.get(key),
    set: async (key: string, value: unknown) => void kept.set(key, value),
    unset: async (key: string) => kept.delete(key),
  }
  const smart = (request: IncomingMessage, response: ServerResponse) =>
    FHIR(request as never, response as never, storage as never)
  let id = ''
  const app = await openWeb(t, (request, response) => {
    const answer = async () => {
      if (request.url!.startsWith('/launch'))
        return smart(request, response).authorize({
          clientId: id,
          iss: server.base,
          scope: 'openid fhirUser launch/patient offline_access patient/*.rs',
          redirectUri: '/app',
        })
      const client = await smart(request, response).ready()
      const before = client.state.tokenResponse!.access_token
      const patient = await client.patient.read()
      // As if an hour had passed: the next request renews the token by itself.
      client.state.expiresAt = 0
      const path = `Observation?patient=${client.patient.id}`
      const observations = await client.request(path, { pageLimit: 0, flat: true })
      const after = client.state.tokenResponse!.access_token
      const user = client.user.fhirUser
      response.end(JSON.stringify({ patient, observations, before, after, user }))
    }
    answer().catch((error) => response.writeHead(500).end(String(error)))
  })
  const redirectUri = `${app.url}/app`
  id = (await server.client({ redirect_uris: [redirectUri] })).id
  const visitor = await server.visitor(await server.account(['Patient/p1']))
  const launched = await fetch(`${app.url}/launch`, { redirect: 'manual' })
  const asked = await visitor.follow(await visitor.get(launched.headers.get('location')!))
  const answered = await visitor.submit(asked, { decision: 'allow' })
  t.ok(answered.location?.startsWith(redirectUri), answered.text)
  const reply = await fetch(answered.location!)
  const text = await reply.text()
  t.equal(reply.status, 200, text)
  const told = JSON.parse(text)
  t.equal(told.patient.id, 'p1')
  t.equal(told.observations.length, 2)
  t.equal(told.user, 'Patient/p1', 'as its library shortens it')
  t.match(told.after, /^[\w-]{43}$/)
  t.not(told.after, told.before, 'a new access token')
})

t.test('fhir-kit-client finds the endpoints and reads with what they gave', async (t) => {
  const server = await openMeasuredServer(t)
  const kit = new KitClient({ baseUrl: server.base })
  const found = await kit.smartAuthMetadata()
  const { origin } = new URL(server.base)
  t.equal(String(found.authorizeUrl), `${origin}/auth/authorize`)
  t.equal(String(found.tokenUrl), `${origin}/auth/token`)
  const client = await server.client()
  const visitor = await server.visitor(await server.account(['Patient/p1']))
  const scope = 'launch/patient patient/Observation.rs'
  const back = await allow(server, visitor, client, { scope })
  const { body } = await exchange(server, client, back)
  kit.bearerToken = body.access_token
  const searchParams = { patient: body.patient, code: HEART_RATE }
  const found_ = await kit.search({ resourceType: 'Observation', searchParams })
  t.equal((found_ as unknown as { entry: unknown[] }).entry.length, 1)
  await t.rejects(kit.read({ resourceType: 'Patient', id: 'p1' }), { response: { status: 403 } } as never)
})

/** Returns Medplum's client at this server. */
function openMedplum({ base }: SmartServer, clientId: string, addScope?: string): MedplumClient {
  const root = base.slice(0, -'fhir'.length)
  return new MedplumClient({
    baseUrl: root,
    fhirUrlPath: 'fhir',
    tokenUrl: `${root}auth/token`,
    clientId,
    cacheTime: 0,
    ...(addScope !== undefined && {
      fetch: (url: string, { body, ...options }: RequestInit) =>
        fetch(url, {
          ...options,
          body: url.endsWith('/auth/token') ? `${body}&${new URLSearchParams({ scope: addScope })}` : body!,
        }),
    }),
  })
}

t.test("Medplum's client credentials without scope are told so; with one they work", async (t) => {
  const server = await openMeasuredServer(t)
  const key = createClientKey('ES384')
  const backend = await server.client(
    {
      grant_types: ['client_credentials'],
      token_endpoint_auth_method: 'private_key_jwt',
      redirect_uris: [],
      scope: 'system/Observation.rs',
      jwks: { keys: [key.jwk] },
    },
    { purposes: ['TREAT'], organization: 'Organization/demo' },
  )
  const assertion = () =>
    signJwt(key, {
      iss: backend.id,
      sub: backend.id,
      aud: new URL('/auth/token', server.base).href,
      exp: Math.floor(Date.now() / 1000) + 60,
      jti: randomUUID(),
    })
  const plain = openMedplum(server, backend.id)
  const refusal = await plain.startJwtAssertionLogin(assertion()).catch((error) => error)
  t.match(JSON.stringify(refusal.outcome), /scope must name a system\/ scope/)
  const login = await openMedplum(server, backend.id)
    .startJwtBearerLogin(backend.id, 'x', 'system/*.rs')
    .catch((error) => error)
  t.match(JSON.stringify(login.outcome), /grant type is none that this server knows/)
  const scoped = openMedplum(server, backend.id, 'system/Observation.rs')
  await scoped.startJwtAssertionLogin(assertion())
  t.equal((await scoped.searchResources('Observation', { code: HEART_RATE })).length, 1)
  const byHand = openMedplum(server, backend.id)
  byHand.setAccessToken(await server.token('system/Patient.r'))
  t.equal((await byHand.readResource('Patient', 'p1')).id, 'p1')
})

t.test("Medplum's login with a secret is no Backend Service", async (t) => {
  const server = await openMeasuredServer(t)
  const { secret, secretHash } = createSecret()
  const client = await server.client({ token_endpoint_auth_method: 'client_secret_post' }, { secretHash })
  const login = (given: string) =>
    openMedplum(server, client.id)
      .startClientLogin(client.id, given)
      .catch((error) => error)
  t.match(JSON.stringify((await login(secret)).outcome), /not registered for this grant type/)
  const wrong = await login(createSecret().secret)
  t.equal(wrong.name, 'OperationOutcomeError')
})
