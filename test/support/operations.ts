// Requests to a test server with JSON in and out.
import type { Test } from 'tap'
import type { TokenGrant } from '../../src/access/principal.ts'
import { openServer, type TestServer } from './server.ts'

export interface Reply {
  readonly status: number
  // biome-ignore lint/suspicious/noExplicitAny: what a test looks at is checked by the test.
  readonly body: any
  readonly headers: Readonly<Record<string, unknown>>
}

/** Sends one request; `body` is posted as FHIR JSON. */
export type Send = (method: 'GET' | 'POST' | 'PUT' | 'DELETE', url: string, body?: object) => Promise<Reply>

export interface Client extends TestServer {
  readonly send: Send
  /** Returns what sends under other scopes. */
  as(scope: string, grant?: Partial<TokenGrant>): Promise<Send>
}

/** Opens a server that lives as long as the test, and a client of it that may do everything. */
export async function openClient(t: Test, environment: NodeJS.ProcessEnv = {}): Promise<Client> {
  const server = await openServer(t, environment)
  const { app, config } = server
  const as: Client['as'] = async (scope, grant) => {
    const headers = { ...(await server.auth(scope, grant)), 'content-type': 'application/fhir+json' }
    return async (method, url, body) => {
      const path = url.startsWith('http') ? url : `${config.baseUrl}/${url}`
      const payload = body && JSON.stringify(body)
      const reply = await app.inject({ method, url: path, headers, ...(payload && { payload }) })
      return {
        status: reply.statusCode,
        body: reply.body === '' ? undefined : JSON.parse(reply.body),
        headers: reply.headers,
      }
    }
  }
  return { ...server, as, send: await as('system/*.cruds') }
}

/** Returns `Type/id` of the entries of a Bundle, in order; those of one search mode where it is given. */
export function refsOf(bundle: Reply['body'], mode?: string): readonly string[] {
  const entries: Reply['body'][] = bundle.entry ?? []
  return entries
    .filter((entry) => mode === undefined || entry.search.mode === mode)
    .map(({ resource }) => `${resource.resourceType}/${resource.id}`)
}
