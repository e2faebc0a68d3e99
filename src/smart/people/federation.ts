// Logging in at an OpenID provider, as a relying party: the only file that speaks to one. https://openid.net/specs/openid-connect-core-1_0.html#CodeFlowAuth
import {
  allowInsecureRequests,
  authorizationCodeGrant,
  buildAuthorizationUrl,
  ClientSecretBasic,
  type Configuration,
  calculatePKCECodeChallenge,
  customFetch,
  discovery,
  None,
  randomNonce,
  randomPKCECodeVerifier,
  randomState,
} from 'openid-client'
import type { SmartContext } from '../context.ts'
import { isListed } from '../fetch-json.ts'
import type { KnownIssuer } from '../issuers/login-issuer.ts'
import { createProviderFetch } from './provider-fetch.ts'

/** What has to be kept until the person comes back. */
export interface Departure {
  readonly state: string
  readonly nonce: string
  readonly verifier: string
  /** Where to send the browser. */
  readonly url: URL
}

export interface Arrival {
  readonly subject: string
  /** Instant (ms) at which the provider recognised the person. */
  readonly authTime: number
}

export interface Providers {
  /** Returns where to send the browser; `isFresh` asks the provider to recognise the person anew. */
  depart(issuer: KnownIssuer, isFresh: boolean): Promise<Departure>
  /** Returns who has come back at `url` with a code; throws where anything of it is not what was asked for. */
  arrive(issuer: KnownIssuer, url: URL, kept: Omit<Departure, 'url'>, isFresh: boolean): Promise<Arrival>
}

const TIMEOUT_S = 5
const KEPT_MS = 10 * 60_000
/** How long ago a fresh login may be: the person has typed, looked for a phone, come back. */
const FRESH_S = 300

interface Kept {
  readonly configuration: Promise<Configuration>
  readonly until: number
}

/** Returns the providers as this process knows them: their configurations are read again every ten minutes. */
export function openProviders({ settings, keys, urls }: SmartContext): Providers {
  const known = new Map<string, Kept>()
  const askProvider = createProviderFetch(settings.privateHosts)
  const maxAge = (isFresh: boolean) => (isFresh ? FRESH_S : Math.floor(settings.sessionTtl / 1000))

  function configure(issuer: KnownIssuer): Promise<Configuration> {
    const key = JSON.stringify(issuer)
    const kept = known.get(key)
    if (kept && kept.until > Date.now()) return kept.configuration
    const configuration = discover(issuer)
    known.set(key, { configuration, until: Date.now() + KEPT_MS })
    configuration.catch(() => known.delete(key))
    return configuration
  }

  async function discover({ issuer, client_id, client_secret }: KnownIssuer): Promise<Configuration> {
    const secret = client_secret === undefined ? undefined : keys.open('issuer', client_secret)
    const url = new URL(issuer)
    return discovery(url, client_id, {}, secret === undefined ? None() : ClientSecretBasic(secret), {
      timeout: TIMEOUT_S,
      [customFetch]: askProvider,
      // What speaks plain http is decided there.
      execute: isListed(url, settings.privateHosts) ? [allowInsecureRequests] : [],
    })
  }

  return {
    async depart(issuer, isFresh) {
      const configuration = await configure(issuer)
      const [state, nonce, verifier] = [randomState(), randomNonce(), randomPKCECodeVerifier()]
      const url = buildAuthorizationUrl(configuration, {
        redirect_uri: toCallback(urls.issuer),
        scope: 'openid',
        state,
        nonce,
        code_challenge: await calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
        // With it the provider must say when it recognised the person.
        max_age: String(maxAge(isFresh)),
        ...(isFresh && { prompt: 'login' }),
        ...(issuer.acr_values && { acr_values: issuer.acr_values.join(' ') }),
      })
      return { state, nonce, verifier, url }
    },
    async arrive(issuer, url, { state, nonce, verifier }, isFresh) {
      const tokens = await authorizationCodeGrant(await configure(issuer), url, {
        expectedState: state,
        expectedNonce: nonce,
        pkceCodeVerifier: verifier,
        maxAge: maxAge(isFresh),
        idTokenExpected: true,
      })
      const claims = tokens.claims()!
      if (issuer.acr_values && !issuer.acr_values.includes(String(claims['acr'])))
        throw new RangeError('The provider did not recognise the person as well as was asked')
      return { subject: claims.sub, authTime: claims.auth_time! * 1000 }
    },
  }
}

/** Returns the redirect URI that is registered at every provider. */
export function toCallback(issuer: string): string {
  return `${issuer}/federated/callback`
}
