// A store with people who have let an app into their records, and with clients that ask in their own name.
import { randomBytes, randomUUID } from 'node:crypto'
import { createSystemPolicy } from '../../src/access/system.ts'
import { createContext } from '../../src/app.ts'
import { loadConfig } from '../../src/config.ts'
import type { Resource } from '../../src/fhir/resource.ts'
import { buildPut } from '../../src/interactions/write.ts'
import { type Account, toLoginKey } from '../../src/smart/account.ts'
import { AUTHORIZATIONS, type Authorization, toAuthorizationRow } from '../../src/smart/authorization.ts'
import { capacitiesOf } from '../../src/smart/authorize/capacity.ts'
import { decide } from '../../src/smart/authorize/decided.ts'
import { startPending } from '../../src/smart/authorize/pending.ts'
import { readRequest } from '../../src/smart/authorize/request.ts'
import { CLIENTS, type Client, type ClientMetadata } from '../../src/smart/client.ts'
import type { SmartContext } from '../../src/smart/context.ts'
import { addAccount } from '../../src/smart/people/accounts.ts'
import { hashPassword } from '../../src/smart/people/password.ts'
import { createSmartContext } from '../../src/smart/plugin.ts'
import { SESSIONS, type Session } from '../../src/smart/session.ts'
import { hashToken } from '../../src/smart/token.ts'
import { toChallenge } from '../../src/smart/token-endpoint/authorization-code.ts'
import { openStore } from '../../src/store/open.ts'
import { type ClientKey, createClientKey } from '../../test/support/jwt.ts'
import { buildResident } from '../demo/residents.ts'

/** Limits are for strangers: here one machine plays everybody. */
export const SETTINGS = {
  MUSUBI_BASE_URL: 'http://127.0.0.1:3000/fhir',
  MUSUBI_AUTH_REQUESTS_PER_MINUTE: '10000000',
  MUSUBI_ATTEMPTS_PER_MINUTE: '100000',
  MUSUBI_TRUSTED_PROXIES: '127.0.0.1',
  MUSUBI_LOG_LEVEL: 'warn',
}

export const PASSWORD = 'correct horse battery staple'
export const REDIRECT = 'https://app.example.org/callback'
export const SCOPE = 'openid fhirUser launch/patient offline_access patient/*.rs'

/** Somebody with a browser that is logged in, and an app that was let in once. */
export interface Person {
  readonly account: string
  readonly login: string
  readonly cookie: string
  /** References of their own record. */
  readonly refs: readonly string[]
  /** Of the code, which may still be exchanged. */
  readonly code: string
  readonly verifier: string
}

export interface AuthStore {
  readonly address: string
  readonly app: string
  readonly people: readonly Person[]
  readonly backends: readonly { readonly id: string; readonly key: ClientKey }[]
}

function toClient(id: string, metadata: Partial<ClientMetadata>): Client {
  return {
    id,
    status: 'active',
    metadata: {
      client_name: id,
      client_names: {},
      redirect_uris: [],
      grant_types: ['client_credentials'],
      token_endpoint_auth_method: 'private_key_jwt',
      scope: 'system/*.rs',
      ...metadata,
    },
    purposes: ['TREAT', 'PATRQT'],
    organization: 'Organization/demo',
    registeredAt: Date.now(),
  }
}

async function putResources({ app }: SmartContext, resources: readonly Resource[]): Promise<void> {
  const policy = await createSystemPolicy('bench', app, 'Organization/demo')
  const put = (resource: Resource) =>
    buildPut(
      { context: app, policy, reader: app.store },
      resource as Resource & { readonly id: string },
      'PUT',
      { version: null },
    ).change
  await app.store.commit(resources.map(put))
}

async function putClient({ app }: SmartContext, client: Client): Promise<Client> {
  await app.store.records.put({ collection: CLIENTS, key: client.id, value: client })
  return client
}

async function putPerson(
  smart: SmartContext,
  client: Client,
  index: number,
  password: string,
): Promise<Person> {
  const { store } = smart.app
  const record = buildResident(1, index) as readonly (Resource & { readonly id: string })[]
  await putResources(smart, record)
  const ref = `Patient/${record[0]!.id}`
  const account: Account = {
    id: `person-${index}`,
    login: toLoginKey(`person-${index}`),
    name: 'Somebody',
    status: 'active',
    bindings: [{ ref, proofing: { level: 'IAL2', method: 'bench', at: Date.now() } }],
    password,
    createdAt: Date.now(),
  }
  await addAccount(store, account)
  const cookie = randomBytes(32).toString('base64url')
  const expiresAt = Date.now() + smart.settings.sessionTtl
  const session: Session = {
    key: hashToken(cookie),
    account: account.id,
    authTime: Date.now(),
    amr: ['pwd'],
    expiresAt,
  }
  await store.records.put({
    collection: SESSIONS,
    key: session.key,
    value: session,
    owner: account.id,
    expiresAt,
  })
  const verifier = randomBytes(32).toString('base64url')
  return {
    account: account.id,
    login: account.login,
    cookie,
    refs: record.map(({ resourceType, id }) => `${resourceType}/${id}`),
    code: await grant(smart, client, { account, session, verifier }),
    verifier,
  }
}

/** Says yes for somebody as their consent page does; returns the code. */
async function grant(
  smart: SmartContext,
  client: Client,
  {
    account,
    session,
    verifier,
  }: { readonly account: Account; readonly session: Session; readonly verifier: string },
): Promise<string> {
  const request = readRequest(
    smart,
    { client, redirectUri: REDIRECT },
    {
      response_type: 'code',
      scope: SCOPE,
      aud: smart.urls.base,
      code_challenge: toChallenge(verifier),
      code_challenge_method: 'S256',
    },
  )
  const [capacity] = await capacitiesOf(smart, account)
  return decide(smart, {
    pending: await startPending(smart, request, undefined),
    client,
    session,
    capacity: capacity!,
    purpose: 'PATRQT',
    scope: SCOPE,
    asked: SCOPE.split(' ').sort().join(' '),
  })
}

/** Puts `count` more authorizations like the one of `account` on record: as if the app had been opened as often before. */
async function putPast({ app: { store } }: SmartContext, account: string, count: number): Promise<void> {
  const [row] = await store.records.list(AUTHORIZATIONS, account)
  const authorization = row!.value as Authorization
  const past = Array.from({ length: count }, () =>
    toAuthorizationRow({ ...authorization, id: randomUUID() }, Date.now()),
  )
  await store.commit([], { records: past.map((each) => ({ kind: 'add', quiet: true, row: each })) })
}

/** Fills a new store in `folder` with `count` people, each with a record, a session and a grant, and with two backends; the first of them has `past` more grants. */
export async function fillAuthStore(folder: string, count: number, past: number): Promise<AuthStore> {
  const config = loadConfig({ ...SETTINGS, MUSUBI_STORE: `sqlite:${folder}` })
  const store = await openStore(config.store)
  try {
    const smart = await createSmartContext(await createContext(config, store), config)
    await putResources(smart, [{ resourceType: 'Organization', id: 'demo', name: 'Demo' } as Resource])
    const app = await putClient(
      smart,
      toClient('app', {
        redirect_uris: [REDIRECT],
        grant_types: ['authorization_code', 'refresh_token'],
        token_endpoint_auth_method: 'none',
        scope: SCOPE,
      }),
    )
    const backends = []
    for (const alg of ['RS384', 'ES384'] as const) {
      const key = createClientKey(alg)
      const { id } = await putClient(smart, toClient(alg, { jwks: { keys: [key.jwk] } }))
      backends.push({ id, key })
    }
    const password = await hashPassword(PASSWORD)
    const people = []
    for (let index = 0; index < count; index++) people.push(await putPerson(smart, app, index, password))
    await putPast(smart, people[0]!.account, past)
    return { address: config.store, app: app.id, people, backends }
  } finally {
    await store.close()
  }
}
