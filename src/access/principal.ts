// Who asks: made from a verified token only, never from a header.
import type { Scope } from './scopes.ts'

/** One name the requester answers to, and how it came by it (`via` as in the consent rules: user, acting, affil …). */
export interface Identity {
  readonly ref: string
  readonly via: 'user' | 'acting' | 'affil' | 'group' | 'client'
}

export interface Principal {
  /** `Practitioner/…`, `Patient/…` or `Client/…`. */
  readonly subject: string
  readonly identities: readonly Identity[]
  readonly client: string
  readonly scopes: readonly Scope[]
  /** Launch context: the Patient id that `patient/` scopes are bound to. */
  readonly launch?: { readonly patient?: string; readonly encounter?: string }
  /** One v3-ActReason code. */
  readonly purpose: string
  readonly elevation?: { readonly reason: string }
  /** Instant (ms) after which the token is no longer accepted. */
  readonly expiresAt: number
}
