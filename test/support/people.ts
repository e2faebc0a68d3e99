// People of tests: an account on record, and a browser without scripts that keeps cookies and fills in forms.
import type { FastifyInstance, LightMyRequestResponse } from 'fastify'
import type { Account, Binding } from '../../src/smart/account.ts'
import { addAccount, buildAccount } from '../../src/smart/people/accounts.ts'
import { hashPassword } from '../../src/smart/people/password.ts'
import { openCookieJar } from './cookie-jar.ts'
import type { TestServer } from './server.ts'

export const PASSWORD = 'three ferries at dawn'

type Given = Partial<Account> & { readonly ref?: string }

/** Puts an account with `PASSWORD` on record. */
export async function addPerson({ store }: TestServer, login: string, given: Given = {}): Promise<Account> {
  const { ref = 'Patient/1', ...rest } = given
  const binding: Binding = { ref, proofing: { level: 'IAL2', method: 'in-person', at: Date.now() } }
  const password = await hashPassword(PASSWORD)
  const account = buildAccount({ login, name: login, bindings: [binding], password, ...rest })
  await addAccount(store, account)
  return account
}

/** A browser without scripts. */
export interface Visit {
  readonly cookies: Map<string, string>
  get(url: string, headers?: Record<string, string>): Promise<LightMyRequestResponse>
  /** Sends a form; without `csrf` in it that of the page last seen. */
  post(
    url: string,
    fields: Readonly<Record<string, string>>,
    headers?: Record<string, string>,
  ): Promise<LightMyRequestResponse>
  /** The value of `csrf` on the page last seen. */
  csrf(): string
}

/** Opens a browser of its own for the app; nothing is followed, cookies are kept. */
export function openVisit(app: FastifyInstance, remoteAddress = '192.0.2.1'): Visit {
  const jar = openCookieJar()
  let csrf = ''

  function keep(reply: LightMyRequestResponse): LightMyRequestResponse {
    jar.keep(reply)
    csrf = /name="csrf" value="([^"]+)"/.exec(reply.body)?.[1] ?? csrf
    return reply
  }

  return {
    cookies: jar.cookies,
    csrf: () => csrf,
    get: async (url, headers = {}) =>
      keep(await app.inject({ url, headers: { ...jar.toHeaders(), ...headers }, remoteAddress })),
    post: async (url, fields, headers = {}) =>
      keep(
        await app.inject({
          method: 'POST',
          url,
          remoteAddress,
          headers: {
            ...jar.toHeaders(),
            'content-type': 'application/x-www-form-urlencoded',
            ...headers,
          },
          payload: new URLSearchParams({ csrf, ...fields }).toString(),
        }),
      ),
  }
}

/** Logs in with `PASSWORD`, to go on to `back`. */
export async function logIn(
  visit: Visit,
  login: string,
  back = '/auth/credentials',
): Promise<LightMyRequestResponse> {
  await visit.get(`/auth/login?return=${encodeURIComponent(back)}`)
  return visit.post('/auth/login', { login, password: PASSWORD, return: back })
}
