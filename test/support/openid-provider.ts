// A real OpenID provider (oidc-provider) on the loopback address, at which one person logs in without being asked.
import { createServer } from 'node:http'
// @ts-expect-error: it comes without types.
import oidc from 'oidc-provider'
import type { Test } from 'tap'

type Middleware = Parameters<typeof createServer>[1]

interface OpenIdProvider {
  readonly callback: () => NonNullable<Middleware>
  readonly interactionFinished: (...args: readonly unknown[]) => Promise<void>
}

const Provider = oidc as new (issuer: string, configuration: object) => OpenIdProvider

export interface TestProvider {
  readonly issuer: string
  readonly host: string
  /** Who logs in next; `undefined` refuses. */
  subject: string | undefined
  /** With which authentication context class. */
  acr: string | undefined
}

export const CLIENT = { client_id: 'musubi', client_secret: 'a secret of the test provider' } as const

/** Opens a provider that knows the client `CLIENT` with one redirect URI. */
export async function openProvider(t: Test, port: number, redirectUri: string): Promise<TestProvider> {
  const issuer = `http://127.0.0.1:${port}`
  const state: TestProvider = { issuer, host: `127.0.0.1:${port}`, subject: 'sub-1', acr: undefined }
  const provider = new Provider(issuer, {
    clients: [{ ...CLIENT, redirect_uris: [redirectUri], grant_types: ['authorization_code'] }],
    cookies: { keys: ['of the test'] },
    features: { devInteractions: { enabled: false } },
    acrValues: ['urn:high'],
    claims: { acr: null, auth_time: null, iss: null, sid: null, openid: ['sub'] },
    pkce: { required: () => true },
    findAccount: (_: unknown, accountId: string) => ({ accountId, claims: () => ({ sub: accountId }) }),
    interactions: { url: (_: unknown, { uid }: { uid: string }) => `/interaction/${uid}` },
    // Nobody is asked for consent.
    loadExistingGrant: async (ctx: GrantContext) => {
      const { client, session, provider: at } = ctx.oidc
      const grant = new at.Grant({ clientId: client.clientId, accountId: session.accountId })
      grant.addOIDCScope('openid')
      await grant.save()
      return grant
    },
  })
  const answer = provider.callback()
  const server = createServer((request, response) => {
    if (!request.url!.startsWith('/interaction/')) return answer(request, response)
    const { subject, acr } = state
    const result =
      subject === undefined
        ? { error: 'access_denied', error_description: 'The person does not want to' }
        : { login: { accountId: subject, remember: true, ...(acr && { acr }) } }
    void provider.interactionFinished(request, response, result, { mergeWithLastSubmission: false })
    return undefined
  })
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return state
}

interface GrantContext {
  readonly oidc: {
    readonly client: { readonly clientId: string }
    readonly session: { readonly accountId: string }
    readonly provider: {
      readonly Grant: new (of: object) => { addOIDCScope(scope: string): void; save(): Promise<string> }
    }
  }
}

/** Follows a login at the provider as a browser with its own cookies would; returns where it leads back to. */
export async function logInAtProvider(
  from: string,
  { host }: TestProvider,
  cookies = new Map<string, string>(),
): Promise<string> {
  let url = from
  while (new URL(url).host === host) {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const reply = await fetch(url, { redirect: 'manual', headers: { cookie } })
    for (const line of reply.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line)!
      cookies.set(name!, value!)
    }
    const location = reply.headers.get('location')
    if (location === null) throw new Error(`${reply.status} ${await reply.text()}`)
    url = new URL(location, url).href
  }
  return url
}
