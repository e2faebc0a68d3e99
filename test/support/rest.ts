// A client of a test server: one call, one reply with its JSON.
import type { TokenGrant } from '../../src/access/principal.ts'
import type { TestServer } from './server.ts'

export interface Reply {
  readonly status: number
  readonly headers: Readonly<Record<string, string | undefined>>
  /** The parsed body, or undefined where there is none. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into whatever comes
  readonly body: any
  readonly text: string
}

export type Call = (
  method: string,
  path: string,
  body?: unknown,
  headers?: Readonly<Record<string, string>>,
) => Promise<Reply>

/** Returns a client below the base with a token of this scope; bodies that are no text or bytes are sent as JSON. */
export async function openClient(
  server: TestServer,
  scope?: string,
  grant?: Partial<TokenGrant>,
): Promise<Call> {
  return toCall(server, await server.auth(scope, grant))
}

/** Returns a client below the base that sends these headers. */
export function toCall(server: TestServer, auth: Readonly<Record<string, string>>): Call {
  const base = new URL(server.config.baseUrl).pathname
  return async (method, path, body, headers = {}) => {
    const isRaw = typeof body === 'string' || Buffer.isBuffer(body)
    const reply = await server.app.inject({
      method: method as 'GET',
      url: path.startsWith('/') || path.startsWith('?') || path === '' ? `${base}${path}` : `${base}/${path}`,
      headers: {
        ...auth,
        ...(body !== undefined && { 'content-type': 'application/fhir+json' }),
        ...headers,
      },
      ...(body !== undefined && { payload: isRaw ? body : JSON.stringify(body) }),
    })
    const isJson = String(reply.headers['content-type']).includes('json') && reply.body !== ''
    return {
      status: reply.statusCode,
      headers: reply.headers as Reply['headers'],
      body: isJson ? JSON.parse(reply.body) : undefined,
      text: reply.body,
    }
  }
}

/** Returns the diagnostics of an OperationOutcome, one line. */
export function diagnosticsOf({ body }: Reply): string {
  return (body?.issue ?? []).map((issue: { diagnostics: string }) => issue.diagnostics).join('; ')
}
