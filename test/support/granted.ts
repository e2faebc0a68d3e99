// The whole way to a token, and requests with it: an app that a person lets in, and a client in its own name.
import { randomUUID } from 'node:crypto'
import type { Account } from '../../src/smart/account.ts'
import type { Client } from '../../src/smart/client.ts'
import { type Answer, ask, exchange, type SmartServer } from './authorization.ts'
import { createClientKey, signJwt, toAssertionForm } from './jwt.ts'
import { type Call, toCall } from './rest.ts'

export interface Grantable {
  readonly scope: string
  /** What the client is registered for; much where nothing is said. */
  readonly registered?: string
  /** Whom the account is for. */
  readonly as?: string
  /** Whom staff pick. */
  readonly patient?: string
  /** Of the consent screen. */
  readonly fields?: Readonly<Record<string, string | undefined>>
}

/** A token, and what it goes back to. */
export interface Granted {
  readonly client: Client
  /** Whose it is; absent for a client in its own name. */
  readonly account?: Account
  /** The token response. */
  readonly body: Answer['body']
  readonly token: string
  readonly call: Call
}

/** Returns what an app comes back with when somebody lets it in: a code, or an error. */
export async function askUser(
  server: SmartServer,
  { scope, registered, as = 'Patient/p1', patient, fields }: Grantable,
): Promise<{ readonly back: URLSearchParams; readonly client: Client; readonly account: Account }> {
  const client = await server.client(registered === undefined ? {} : { scope: registered })
  const account = await server.account([as])
  const visitor = await server.visitor(account)
  let page = await ask(server, visitor, client, { scope })
  if (patient !== undefined) page = await visitor.follow(await visitor.submit(page, { patient }))
  const { location } =
    page.location === undefined ? await visitor.submit(page, { decision: 'allow', ...fields }) : page
  if (location === undefined) throw new Error(`not answered: ${page.text}`)
  return { back: new URL(location).searchParams, client, account }
}

/** Returns what an app has that somebody lets in: the whole way, through `/auth/authorize` and `/auth/token`. */
export async function grantUser(server: SmartServer, asked: Grantable): Promise<Granted> {
  const { back, client, account } = await askUser(server, asked)
  if (back.get('code') === null) throw new Error(`refused: ${back}`)
  return { account, ...toGranted(server, client, await exchange(server, client, back)) }
}

const KEY = createClientKey('ES384')

/** Asks for a token in the name of a client that is registered for these scopes. */
export async function askBackend(
  server: SmartServer,
  { scope, registered = 'system/*.cruds' }: Pick<Grantable, 'scope' | 'registered'>,
): Promise<{ readonly client: Client; readonly answer: Answer }> {
  const metadata = {
    redirect_uris: [],
    grant_types: ['client_credentials'],
    token_endpoint_auth_method: 'private_key_jwt',
    scope: registered,
    jwks: { keys: [KEY.jwk] },
  } as const
  const client = await server.client(metadata, { organization: 'Organization/demo', purposes: ['TREAT'] })
  const claims = { iss: client.id, sub: client.id, aud: `${new URL(server.base).origin}/auth/token` }
  const assertion = signJwt(KEY, { ...claims, exp: Date.now() / 1000 + 60, jti: randomUUID() })
  const form = { grant_type: 'client_credentials', scope, ...toAssertionForm(assertion) }
  return { client, answer: await server.post('/auth/token', form) }
}

/** Returns what a client has in its own name, by Backend Services. */
export async function grantBackend(
  server: SmartServer,
  asked: Pick<Grantable, 'scope' | 'registered'>,
): Promise<Granted> {
  const { client, answer } = await askBackend(server, asked)
  return toGranted(server, client, answer)
}

function toGranted(server: SmartServer, client: Client, { status, body }: Answer): Omit<Granted, 'account'> {
  if (status !== 200) throw new Error(JSON.stringify(body))
  const token: string = body.access_token
  return { client, body, token, call: toCall(server, { authorization: `Bearer ${token}` }) }
}
