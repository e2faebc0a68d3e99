// What somebody has allowed a client: the one record that its codes, access tokens and refresh tokens hang on.
import type { TokenGrant } from '../access/principal.ts'
import type { Store } from '../store/store.ts'
import { findAccount } from './account.ts'
import { CLIENTS, type Client } from './client.ts'

/** Collections of `Records`. Keys of codes and refresh tokens are the SHA-256 of their text. */
export const AUTHORIZATIONS = 'authorization'
export const CODES = 'code'
export const REFRESH_TOKENS = 'refresh-token'

/** What is the same for every access token of an authorization. */
export type GrantBase = Omit<TokenGrant, 'expiresAt' | 'scope' | 'authorization' | 'audience'>

/** Launch context parameters of a token response, as they are sent. https://hl7.org/fhir/smart-app-launch/scopes-and-launch-context.html */
export interface LaunchContext {
  readonly patient?: string
  readonly encounter?: string
  readonly need_patient_banner?: boolean
  readonly intent?: string
  readonly smart_style_url?: string
  readonly tenant?: string
  readonly fhirContext?: readonly object[]
}

export interface Authorization {
  readonly id: string
  readonly client: string
  /** The local account that granted it. */
  readonly account: string
  readonly grant: GrantBase
  /** As granted, separated by spaces. */
  readonly scope: string
  /** What could have been granted when it was asked: of the same question the answer is known. */
  readonly asked: string
  readonly context: LaunchContext
  /** `Consent/7`: it ends with that. */
  readonly consent?: string
  /** Key of the browser session that `online_access` ends with. */
  readonly session?: string
  /** URL of the person or practitioner who logged in, below the FHIR base. */
  readonly fhirUser: string
  /** When the user logged in, in seconds; by what means. */
  readonly authTime: number
  readonly amr: readonly string[]
  /** Instants in ms. */
  readonly createdAt: number
  /** Set by the person on the consent screen: no token outlives it. */
  readonly until?: number
  readonly endedAt?: number
  readonly endedBy?: 'user' | 'client' | 'reuse' | 'operator' | 'superseded'
}

/** Returns the authorization, ended ones too; undefined where there is none. */
export async function findAuthorization(
  { records }: Pick<Store, 'records'>,
  id: string,
): Promise<Authorization | undefined> {
  return (await records.get(AUTHORIZATIONS, id))?.value as Authorization | undefined
}

/** Returns the row of an authorization; kept for a while after its end, so that what it allowed can still be told. */
export function toAuthorizationRow(authorization: Authorization) {
  return {
    collection: AUTHORIZATIONS,
    key: authorization.id,
    value: authorization,
    owner: authorization.account,
  }
}

/**
 * True where tokens of the authorization are accepted now: it has not ended, nor its time; its client is active and still
 * registered for the purpose (C1); the account that granted it is active, and the Consent it rests on. Doubt is no.
 */
export async function isInForce(
  { records, consents }: Pick<Store, 'records' | 'consents'>,
  authorization: Authorization,
  now = Date.now(),
): Promise<boolean> {
  const { endedAt, until, client: clientId, account, grant, consent } = authorization
  if (endedAt !== undefined || (until !== undefined && until <= now)) return false
  const client = (await records.get(CLIENTS, clientId))?.value as Client | undefined
  if (client?.status !== 'active' || !client.purposes.includes(grant.purpose)) return false
  if (!(await findAccount({ records }, account))) return false
  return consent === undefined || (await consents.current(consent))?.['status'] === 'active'
}
