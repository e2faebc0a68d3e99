// Every endpoint of the authorization server with a request that is right.
import { randomUUID } from 'node:crypto'
import type { Test } from 'tap'
import {
  allow,
  ask,
  CHALLENGE,
  exchange,
  openSmartServer,
  REDIRECT,
  type SmartServer,
  VERIFIER,
} from '../authorization.ts'
import { createClientKey, signJwt, toAssertionForm } from '../jwt.ts'
import { readForm, type Visited, type Visitor } from '../visitor.ts'
import type { Shot } from './mutations.ts'

export interface Endpoint {
  readonly name: string
  /** What a failure is told as. */
  readonly kind: 'json' | 'page' | 'fhir'
  readonly method: 'GET' | 'POST'
  readonly url: string
  readonly parameters: Readonly<Record<string, string>>
  readonly headers?: Readonly<Record<string, string>>
  /** False where nothing is read of the parameters. */
  readonly reads: boolean
}

/** A page of a request; it is asked for anew each time, since an answer ends it. */
interface Page {
  readonly name: string
  readonly fields: readonly string[]
  open(): Promise<Endpoint>
}

export interface Targets {
  readonly server: SmartServer
  readonly endpoints: readonly Endpoint[]
  readonly pages: readonly Page[]
}

/** An answer of an authenticator to nothing that was asked. */
const PASSKEY = JSON.stringify({
  id: 'x',
  rawId: 'x',
  type: 'public-key',
  response: { clientDataJSON: 'e30', authenticatorData: 'x', signature: 'x', attestationObject: 'x' },
})

const FORM = { 'content-type': 'application/x-www-form-urlencoded' }

/** Returns the request of an endpoint with nothing wrong in it. */
export function toShot({ method, parameters, headers = {} }: Endpoint): Shot {
  const pairs = Object.entries(parameters).map(
    ([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`,
  )
  return { method, pairs, headers: { ...(method === 'POST' && FORM), ...headers } }
}

const WIDE = { scope: 'openid fhirUser launch/patient offline_access patient/*.cruds' }

/** Opens a server with someone logged in, and lists what it serves. */
export async function openTargets(t: Test): Promise<Targets> {
  const server = await openSmartServer(t, {
    MUSUBI_ATTEMPTS_PER_MINUTE: '100000',
    MUSUBI_AUTH_REQUESTS_PER_MINUTE: '10000000',
    MUSUBI_LOG_LEVEL: 'trace',
    MUSUBI_REGISTRATION: 'approval',
    // There are passkeys where the address is a name.
    MUSUBI_BASE_URL: 'http://localhost:3000/fhir',
  })
  const encounter = {
    resourceType: 'Encounter',
    status: 'finished',
    class: { code: 'AMB' },
    subject: { reference: 'Patient/p1' },
  }
  const headers = { ...(await server.auth()), 'content-type': 'application/fhir+json' }
  await server.app.inject({
    method: 'PUT',
    url: '/fhir/Encounter/e1',
    headers,
    payload: { ...encounter, id: 'e1' },
  })
  const client = await server.client()
  const own = await server.account(['Patient/p1'])
  const visitor = await server.visitor(own)
  const token = (await exchange(server, client, await allow(server, visitor, client, WIDE))).body
  const back = await allow(server, visitor, client)
  const cookie = { cookie: toCookie(visitor) }
  const request = {
    response_type: 'code',
    client_id: client.id,
    redirect_uri: REDIRECT,
    scope: 'openid fhirUser launch/patient offline_access patient/Observation.rs',
    state: 'state',
    aud: server.base,
    code_challenge: CHALLENGE,
    code_challenge_method: 'S256',
    nonce: 'n',
    prompt: 'consent',
    max_age: '1000',
    ui_locales: 'ja',
    login_hint: 'x',
  }
  const post = (name: string, url: string, parameters: Endpoint['parameters'], headers = {}): Endpoint => ({
    name,
    kind: 'json',
    method: 'POST',
    url,
    parameters,
    headers,
    reads: !url.endsWith('/userinfo'),
  })
  const get = (
    name: string,
    url: string,
    kind: Endpoint['kind'],
    parameters = {},
    headers = {},
  ): Endpoint => ({
    name,
    kind,
    method: 'GET',
    url,
    parameters,
    headers,
    reads: url.endsWith('/authorize'),
  })
  const bearer = { authorization: `Bearer ${token.access_token}` }
  const endpoints: readonly Endpoint[] = [
    get('authorize', '/auth/authorize', 'page', request),
    { ...post('authorize by POST', '/auth/authorize', request), kind: 'page' },
    post('token for a code', '/auth/token', {
      grant_type: 'authorization_code',
      code: back.get('code')!,
      redirect_uri: REDIRECT,
      code_verifier: VERIFIER,
      client_id: client.id,
    }),
    post('token for a refresh token', '/auth/token', {
      grant_type: 'refresh_token',
      refresh_token: token.refresh_token,
      client_id: client.id,
      scope: 'patient/Observation.rs',
    }),
    await backendEndpoint(server),
    post('token with a secret', '/auth/token', {
      grant_type: 'authorization_code',
      client_id: client.id,
      client_secret: 'x',
      code: 'x'.repeat(43),
    }),
    post('revoke', '/auth/revoke', {
      token: 'x'.repeat(43),
      token_type_hint: 'access_token',
      client_id: client.id,
    }),
    post('introspect', '/auth/introspect', { token: 'x'.repeat(43), client_id: client.id }, bearer),
    post(
      'launch',
      '/auth/launch',
      {
        client_id: client.id,
        patient: 'p1',
        encounter: 'e1',
        intent: 'x',
        tenant: 'ward-7',
        need_patient_banner: 'true',
        fhir_context: '[{"reference":"Observation/1"}]',
      },
      bearer,
    ),
    get('userinfo', '/auth/userinfo', 'json', {}, bearer),
    post('userinfo by POST', '/auth/userinfo', { access_token: 'x' }, bearer),
    get('jwks', '/auth/jwks', 'json'),
    get('SMART discovery', '/fhir/.well-known/smart-configuration', 'json'),
    get('OpenID discovery', '/auth/.well-known/openid-configuration', 'json'),
    get('style', new URL(token.smart_style_url).pathname, 'json'),
    get('assets', '/auth/assets/page.css', 'page'),
    get('brands', '/auth/brands', 'fhir'),
    get('app state', '/app-state/Basic', 'fhir', { code: 'a|b', subject: 'Patient/p1' }, bearer),
    get('developers', '/developers', 'page', { language: 'ja' }, cookie),
    get('manage', '/auth/manage', 'page', { ended: randomUUID(), language: 'ja' }, cookie),
    get('history', '/auth/history', 'page', { after: 'x', language: 'ja' }, cookie),
    get('history of nobody', '/auth/history', 'page', { after: 'x' }),
    get('login', '/auth/login', 'page', { return: '/auth/manage', language: 'ja' }),
    get('reauthenticate', '/auth/reauthenticate', 'page', { return: '/auth/manage' }, cookie),
  ]
  return { server, endpoints, pages: await listPages(server, visitor) }
}

async function backendEndpoint(server: SmartServer): Promise<Endpoint> {
  const key = createClientKey('ES384')
  const { id } = await server.client(
    {
      grant_types: ['client_credentials'],
      token_endpoint_auth_method: 'private_key_jwt',
      redirect_uris: [],
      scope: 'system/*.rs',
      jwks: { keys: [key.jwk] },
    },
    { purposes: ['TREAT'], organization: 'Organization/demo' },
  )
  const exp = Math.floor(Date.now() / 1000) + 240
  const claims = {
    iss: id,
    sub: id,
    aud: `${new URL(server.base).origin}/auth/token`,
    exp,
    jti: randomUUID(),
  }
  return {
    name: 'token for a client itself',
    kind: 'json',
    method: 'POST',
    reads: true,
    url: '/auth/token',
    parameters: {
      grant_type: 'client_credentials',
      scope: 'system/*.rs',
      client_id: id,
      ...toAssertionForm(signJwt(key, claims)),
    },
  }
}

async function listPages(server: SmartServer, visitor: Visitor): Promise<readonly Page[]> {
  const client = await server.client()
  const several = await server.visitor(await server.account(['Patient/p1', 'RelatedPerson/r1']))
  const staff = await server.visitor(await server.account(['Practitioner/d1'], { breakGlass: true }))
  const TREAT = { scope: 'launch/patient patient/*.rs' }
  const BTG = { scope: 'launch/patient patient/*.rs https://musubi.example/purpose/BTG' }
  const fields = (page: Visited, more: Readonly<Record<string, string>>): Endpoint => {
    const { action, values } = readForm(page.text)
    return {
      name: '',
      kind: 'page',
      method: 'POST',
      reads: true,
      url: new URL(action, server.base).pathname,
      parameters: { ...values, ...more },
    }
  }
  const page = (
    name: string,
    who: Visitor,
    change: Readonly<Record<string, string>>,
    more: Readonly<Record<string, string>>,
    steps: readonly Readonly<Record<string, string>>[] = [],
  ): Page => ({
    name,
    fields: ['csrf', ...Object.keys(more)],
    async open() {
      let now = await ask(server, who, client, { prompt: 'consent', ...change })
      for (const step of steps) now = await who.follow(await who.submit(now, step))
      return { ...fields(now, more), name, headers: { cookie: toCookie(who) } }
    },
  })
  const plain = (name: string, url: string, fields: Readonly<Record<string, string>>): Page => ({
    name,
    fields: ['csrf', ...Object.keys(fields)],
    async open() {
      const { csrf = '' } = readForm((await visitor.get('/auth/manage')).text).values
      const headers = { cookie: toCookie(visitor) }
      return {
        name,
        kind: 'page',
        method: 'POST',
        url,
        parameters: { csrf, ...fields },
        headers,
        reads: true,
      }
    },
  })
  return [
    page('as whom', several, {}, { capacity: 'Patient/p1' }),
    page('whose record', staff, TREAT, { query: '山田', after: 'x', patient: 'p1' }),
    page('why', staff, BTG, { step: 'allow', reason: 'other', words: 'x' }, [{ patient: 'p1' }]),
    page(
      'the grant',
      visitor,
      { scope: 'patient/*.cruds offline_access' },
      {
        decision: 'preview',
        'scope-0-see': 'on',
        'scope-0-extent': 'some',
        'scope-0-Observation': 'on',
        until: 'date',
        'until-date': '2030-01-01',
        offline: 'on',
      },
    ),
    {
      name: 'the end of an app',
      fields: ['csrf', 'authorization'],
      async open() {
        const { values } = readForm(await visitor.get('/auth/manage').then(({ text }) => text))
        const parameters = { ...values, authorization: randomUUID() }
        const headers = { cookie: toCookie(visitor) }
        return {
          name: 'the end of an app',
          kind: 'page',
          method: 'POST',
          url: '/auth/manage/end',
          parameters,
          headers,
          reads: true,
        }
      },
    },
    plain('login form', '/auth/login', { login: 'x', password: 'y', return: '/auth/manage' }),
    plain('login by passkey', '/auth/login', { passkey: PASSKEY, return: '/auth/manage' }),
    plain('reauthenticate form', '/auth/reauthenticate', { password: 'y', return: '/auth/manage' }),
    plain('options of passkeys', '/auth/passkeys/options', { use: 'login' }),
    plain('a new passkey', '/auth/credentials/add-passkey', { passkey: PASSKEY, name: 'x' }),
    plain('a new password', '/auth/credentials/password', { password: 'x', again: 'x' }),
    plain('an OpenID provider', '/auth/federated/x', { use: 'login', return: '/auth/manage' }),
    plain('a registration by hand', '/developers/register', {
      client_name: 'x',
      redirect_uris: 'https://x.example/cb',
      scope: 'patient/*.rs',
    }),
  ]
}

function toCookie({ cookies }: Visitor): string {
  return [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
}
