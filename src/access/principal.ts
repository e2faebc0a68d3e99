// Who asks: made from a verified token only, never from a header.
import type { Identity } from '../consent/access-request.ts'
import type { Definitions } from '../fhir/definitions.ts'
import { parseScopes, type Scope } from './scopes.ts'

export interface Principal {
  /** `Practitioner/…`, `Patient/…` or `Client/…`. */
  readonly subject: string
  readonly identities: readonly Identity[]
  readonly client: string
  readonly scopes: readonly Scope[]
  /** Launch context: the Patient id that `patient/` scopes are bound to. */
  readonly launch?: { readonly patient?: string; readonly encounter?: string }
  /** One code below PurposeOfUse, or of a registered project. */
  readonly purpose: string
  /** `Patient/1`: the subject is this person. */
  readonly self?: string
  /** `Patient/1`: the subject acts for this person (P3). */
  readonly proxyFor?: string
  /** A break-glass session: for one person's record (B1). */
  readonly elevation?: Elevation
  /** A legal basis that was verified when the token was made (C3c). */
  readonly legalBasis?: string
  /** `PractitionerRole/1`: the role in which a practitioner acts, where the token was made for one. */
  readonly role?: string
  /** Instant (ms) after which the token is no longer accepted. */
  readonly expiresAt: number
}

export interface Elevation {
  /** Of the session: what is to be done once is done once for it. */
  readonly id?: string
  readonly reason: string
  /** `Patient/1` */
  readonly patient?: string
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
  /** The proxy (`RelatedPerson/…`) who acts for the subject. */
  readonly act?: string
  readonly elevation?: Elevation
  readonly legalBasis?: string
  readonly role?: string
  readonly purpose: string
  /** Key of what a person has allowed the client: the token ends with it. Absent where nobody was asked. */
  readonly authorization?: string
  /** The FHIR base that the token was made for. */
  readonly audience?: string
  /** Instant (ms) at which a client got it in its own name. */
  readonly issuedAt?: number
  readonly expiresAt: number
}

/** Returns the Principal a grant stands for; frozen, so that what was verified cannot change afterwards. */
export function toPrincipal(grant: TokenGrant, definitions: Definitions): Principal {
  const {
    subject,
    client,
    organization,
    patient,
    encounter,
    purpose,
    expiresAt,
    act,
    elevation,
    legalBasis,
    role,
  } = grant
  const user = act ?? subject
  const identities: Identity[] = [{ ref: `Client/${client}`, via: 'client' }]
  // A client that was registered is a Device on record: so a Consent names it (M4).
  if (grant.audience !== undefined) identities.push({ ref: `Device/${client}`, via: 'client' })
  if (user !== `Client/${client}`) identities.unshift({ ref: user, via: 'user' })
  if (organization) identities.push({ ref: organization, via: 'acting' })
  const represented = representedBy(grant)
  return Object.freeze({
    subject,
    identities,
    client,
    scopes: parseScopes(grant.scope, definitions.isResourceType).scopes,
    ...((patient || encounter) && { launch: { patient, encounter } }),
    purpose,
    ...(represented === undefined && subject.startsWith('Patient/') && { self: subject }),
    ...(represented !== undefined && { proxyFor: represented }),
    ...(elevation && { elevation }),
    ...(legalBasis !== undefined && { legalBasis }),
    ...(role !== undefined && { role }),
    expiresAt,
  })
}

// A proxy stands in `act` beside the person as subject, or is the subject itself with the person in context.
function representedBy({ subject, act, patient }: TokenGrant): string | undefined {
  if (act !== undefined) return subject.startsWith('Patient/') ? subject : undefined
  return subject.startsWith('RelatedPerson/') && patient !== undefined ? `Patient/${patient}` : undefined
}

/** True of a break-glass session: the server's own work has a reason, and no person it is for. */
export function isBreakGlass({ elevation }: Principal): boolean {
  return elevation?.patient !== undefined
}
