// A server with people and clients on record, and the whole way from an app's request to its tokens.
import { createHash, randomBytes, randomUUID } from 'node:crypto'
import type { Test } from 'tap'
import { ACCOUNTS, type Account, type Binding } from '../../src/smart/account.ts'
import type { Client, ClientMetadata } from '../../src/smart/client.ts'
import { SESSIONS, type Session } from '../../src/smart/session.ts'
import { hashToken } from '../../src/smart/token.ts'
import { putClient } from './registered.ts'
import { openClient } from './rest.ts'
import { openServer, type TestServer } from './server.ts'
import { openVisitor, type Visited, type Visitor } from './visitor.ts'

export const REDIRECT = 'https://app.example.org/callback'
export const VERIFIER = 'v'.repeat(43)
export const CHALLENGE = createHash('sha256').update(VERIFIER).digest('base64url')

export interface SmartServer extends TestServer {
  readonly base: string
  /** Puts a client on record and returns it; a public one that may ask for much where nothing else is said. */
  client(metadata?: Partial<ClientMetadata>, client?: Partial<Client>): Promise<Client>
  /** Puts an account on record for these resources. */
  account(bindings: readonly string[], account?: Partial<Account>): Promise<Account>
  /** A visitor who is logged in. */
  visitor(account?: Account, session?: Partial<Session>): Promise<Visitor>
  /** Sends a form to an endpoint and returns its JSON. */
  post(
    path: string,
    form: Readonly<Record<string, string>>,
    headers?: Readonly<Record<string, string>>,
  ): Promise<Answer>
}

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, unknown>>
  // biome-ignore lint/suspicious/noExplicitAny: tests look into whatever comes
  readonly body: any
}

export const SCOPES =
  'openid fhirUser launch launch/patient launch/encounter online_access offline_access patient/*.cruds user/*.cruds ' +
  'https://musubi.example/purpose/PATRQT https://musubi.example/purpose/TREAT https://musubi.example/purpose/BTG'

/** Opens a server with Patient/p1, Patient/p2, Practitioner/d1 and RelatedPerson/r1 (of p2), and the organisation. */
export async function openSmartServer(t: Test, environment: NodeJS.ProcessEnv = {}): Promise<SmartServer> {
  const server = await openServer(t, environment)
  const base = server.config.baseUrl
  const origin = new URL(base).origin
  const put = await openClient(server)
  for (const resource of RESIDENTS) {
    const { status, text } = await put('PUT', `/${resource.resourceType}/${resource.id}`, resource)
    if (status !== 201) throw new Error(text)
  }
  return {
    ...server,
    base,
    client(metadata = {}, client = {}) {
      const standard = { client_name: 'Growth', client_names: { ja: '成長曲線' }, scope: SCOPES }
      const purposes = ['PATRQT', 'FAMRQT', 'TREAT', 'BTG']
      const id = client.id ?? randomUUID()
      return putClient(server.store, id, { purposes, ...client }, { ...standard, ...metadata })
    },
    async account(refs, rest = {}) {
      const proofing = { level: 'IAL2', method: 'test', at: Date.now() } as const
      const bindings = refs.map((ref): Binding => ({ ref, proofing }))
      const id = randomUUID()
      const account: Account = {
        id,
        login: id,
        name: '山田 太郎',
        status: 'active',
        bindings,
        createdAt: Date.now(),
        ...rest,
      }
      await server.store.records.put({ collection: ACCOUNTS, key: account.id, value: account })
      return account
    },
    async visitor(account, session = {}) {
      const visitor = openVisitor(server.app, origin)
      if (account) await logIn(server, visitor, account, session)
      return visitor
    },
    async post(path, form, headers = {}) {
      const reply = await server.app.inject({
        method: 'POST',
        url: path,
        headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
        payload: new URLSearchParams(form).toString(),
      })
      const isJson = String(reply.headers['content-type']).startsWith('application/json')
      return { status: reply.statusCode, headers: reply.headers, body: isJson ? reply.json() : reply.body }
    },
  }
}

const RESIDENTS = [
  { resourceType: 'Organization', id: 'demo', name: '結び病院' },
  { resourceType: 'Patient', id: 'p1', name: [{ text: '山田 太郎' }], birthDate: '1980-05-11' },
  { resourceType: 'Patient', id: 'p2', name: [{ text: '山田 花子' }], birthDate: '2015-05-11' },
  { resourceType: 'Practitioner', id: 'd1', name: [{ text: '鈴木 医師' }] },
  {
    resourceType: 'RelatedPerson',
    id: 'r1',
    patient: { reference: 'Patient/p2' },
    name: [{ text: '山田 太郎' }],
  },
]

async function logIn(
  { store, config }: TestServer,
  visitor: Visitor,
  { id }: Account,
  session: Partial<Session>,
): Promise<void> {
  const cookie = randomBytes(32).toString('base64url')
  const expiresAt = Date.now() + config.sessionTtl
  const value: Session = {
    key: hashToken(cookie),
    account: id,
    authTime: Date.now(),
    amr: ['pwd'],
    expiresAt,
    ...session,
  }
  await store.records.put({ collection: SESSIONS, key: value.key, value, owner: id, expiresAt })
  visitor.cookies.set('musubi-session', cookie)
}

/** Returns the parameters of a good authorization request with these in their place; `undefined` leaves one out. */
export function toRequest(
  { base }: SmartServer,
  client: Client,
  changes: Readonly<Record<string, string | undefined>> = {},
): string {
  const all = {
    response_type: 'code',
    client_id: client.id,
    redirect_uri: REDIRECT,
    scope: 'openid fhirUser launch/patient offline_access patient/Observation.rs',
    state: 'the state',
    aud: base,
    code_challenge: CHALLENGE,
    code_challenge_method: 'S256',
    ...changes,
  }
  const given = Object.entries(all).filter(([, value]) => value !== undefined)
  return new URLSearchParams(given as [string, string][]).toString()
}

/** Asks, and goes as far as the first page that has a question, or the way back to the app. */
export async function ask(
  server: SmartServer,
  visitor: Visitor,
  client: Client,
  changes: Readonly<Record<string, string | undefined>> = {},
): Promise<Visited> {
  return visitor.follow(await visitor.get(`/auth/authorize?${toRequest(server, client, changes)}`))
}

/** Asks, allows with these fields changed, and returns the parameters that the app gets back. */
export async function allow(
  server: SmartServer,
  visitor: Visitor,
  client: Client,
  changes: Readonly<Record<string, string | undefined>> = {},
  fields: Readonly<Record<string, string | undefined>> = {},
): Promise<URLSearchParams> {
  const asked = await ask(server, visitor, client, changes)
  const answered =
    asked.location === undefined ? await visitor.submit(asked, { decision: 'allow', ...fields }) : asked
  if (answered.location === undefined) throw new Error(`not answered: ${answered.status} ${answered.text}`)
  return new URL(answered.location).searchParams
}

/** Exchanges the code of these parameters as a public client does. */
export function exchange(
  server: SmartServer,
  client: Client,
  back: URLSearchParams,
  changes: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  return server.post('/auth/token', {
    grant_type: 'authorization_code',
    code: back.get('code') ?? '',
    redirect_uri: REDIRECT,
    code_verifier: VERIFIER,
    client_id: client.id,
    ...changes,
  })
}
