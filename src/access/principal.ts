// Who asks: made from a verified token only, never from a header.
import type { Definitions } from '../fhir/definitions.ts'
import { parseScopes, type Scope } from './scopes.ts'

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

/** What is kept of a token beside its hash: plain JSON, enough to make the Principal again. */
export interface TokenGrant {
  readonly subject: string
  readonly client: string
  /** Space-separated, as granted. */
  readonly scope: string
  readonly patient?: string
  readonly encounter?: string
  readonly organization?: string
  readonly purpose: string
  readonly expiresAt: number
}

/** Returns the Principal a grant stands for; frozen, so that what was verified cannot change afterwards. */
export function toPrincipal(grant: TokenGrant, definitions: Definitions): Principal {
  const { subject, client, organization, patient, encounter, purpose, expiresAt } = grant
  const identities: Identity[] = [{ ref: `Client/${client}`, via: 'client' }]
  if (subject !== `Client/${client}`) identities.unshift({ ref: subject, via: 'user' })
  if (organization) identities.push({ ref: organization, via: 'acting' })
  return Object.freeze({
    subject,
    identities,
    client,
    scopes: parseScopes(grant.scope, definitions.isResourceType).scopes,
    ...((patient || encounter) && { launch: { patient, encounter } }),
    purpose,
    expiresAt,
  })
}
