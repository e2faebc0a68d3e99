// Who asks, for what purpose, to do what, when: the question a consent answers. The rules are in README.md of this folder.

/** One name the requester answers to, and how it came by it. Made from the token and the directory, never from a header. */
export interface Identity {
  /** `Organization/3`, `Practitioner/7` … */
  readonly ref: string
  /** `acting`: the organisation acted for; `affil`: another organisation of the same user. */
  readonly via: 'user' | 'acting' | 'affil' | 'group' | 'client'
}

/** R4's consent actions that the engine decides. http://terminology.hl7.org/CodeSystem/consentaction */
export type Action = 'access' | 'disclose' | 'correct' | 'collect' | 'use'

export interface AccessRequest {
  readonly identities: readonly Identity[]
  /** One code below PurposeOfUse or of a registered project; undefined where none was given. */
  readonly purpose?: string
  readonly action: Action
  /** Instant in ms: one for the whole request. */
  readonly time: number
  /** True within a break-glass session. */
  readonly elevated?: boolean
  /** True where the interaction reaches beyond one person's record. */
  readonly multiPatient?: boolean
  /** `Patient/1`: the person asks for their own record. */
  readonly self?: string
  /** `Patient/1`: a proxy asks for this person. */
  readonly proxyFor?: string
  /** A legal basis that was verified. */
  readonly legalBasis?: string
  readonly suspended?: boolean
}

/** Returns the organisations acted for. */
export function actingFor({ identities }: AccessRequest): readonly string[] {
  return identities.filter(({ via }) => via === 'acting').map(({ ref }) => ref)
}

/** Returns the names by which a consent itself may speak of the requester: not those of other organisations of the same user. */
export function ownNames({ identities }: Pick<AccessRequest, 'identities'>): readonly string[] {
  return identities.filter(({ via }) => via !== 'affil').map(({ ref }) => ref)
}
