// What every part of the authorization server works with; made once by the plugin.
import type { AppContext } from '../interactions/context.ts'
import type { Attempts } from './attempts.ts'
import type { Clients } from './client.ts'
import type { ClientKeys } from './client-keys.ts'
import type { Keys } from './keys/keys.ts'
import type { SmartUrls } from './urls.ts'
import type { Verifier } from './verifier.ts'

/** Settings that the authorization server reads; `config.ts` fills them. Times in milliseconds. */
export interface SmartSettings {
  readonly registration: 'closed' | 'approval' | 'open'
  /** Empty: a secret is made and kept in a file beside the store. */
  readonly secret: string
  /** `sqlite:` and the folder of the store: where that file is. */
  readonly store: string
  /** Hosts that keys may be fetched from although they are private. */
  readonly privateHosts: readonly string[]
  readonly assertionAudience: 'token' | 'issuer'
  readonly accessTokenTtl: number
  readonly backendTokenTtl: number
  readonly refreshTokenTtl: number
  readonly sessionTtl: number
  readonly attemptsPerMinute: number
  readonly requestsPerMinute: number
  readonly timeZone: string
  /** Years from which a person lets apps in alone (P8). */
  readonly consentAge: number
  /** `Organization/…`: the controller of consents given here, and whom staff without a role act for. */
  readonly organization: string
}

export interface SmartContext {
  readonly app: AppContext
  readonly urls: SmartUrls
  readonly settings: SmartSettings
  readonly clients: Clients
  /** Looks bearer tokens up: the same for every door. */
  readonly verifier: Verifier
  /** What signatures of clients are checked with. */
  readonly clientKeys: ClientKeys
  /** Wrong credentials of clients, counted in this process. */
  readonly clientAttempts: Attempts
  /** Requests of addresses and clients, counted in this process. */
  readonly requests: Attempts
  /** Registrations from addresses, at whatever door, counted in this process. */
  readonly registrations: Attempts
  /** Signing keys, and the sealing of what is kept secret in the store. */
  readonly keys: Keys
  /** 32 bytes that bind a form to a browser. */
  readonly csrfKey: Uint8Array
}
