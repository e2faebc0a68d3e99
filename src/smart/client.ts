// A registered client: what it said of itself, and what the operator has decided about it. https://www.rfc-editor.org/rfc/rfc7591#section-2
import type { Store } from '../store/store.ts'

/** The collection of `Records` that holds clients by their id. */
export const CLIENTS = 'client'

export type AuthMethod = 'none' | 'client_secret_basic' | 'client_secret_post' | 'private_key_jwt'
export type GrantType = 'authorization_code' | 'refresh_token' | 'client_credentials'

/** Client metadata by their registered names, checked once when they were taken in (`clients/metadata.ts`). */
export interface ClientMetadata {
  readonly client_name: string
  /** Names in other languages, by the language: `ja`. */
  readonly client_names: Readonly<Record<string, string>>
  /** Links in other languages, by their whole names: `policy_uri#ja`. */
  readonly localized_uris?: Readonly<Record<string, string>>
  readonly redirect_uris: readonly string[]
  readonly grant_types: readonly GrantType[]
  readonly token_endpoint_auth_method: AuthMethod
  /** SMART scopes, separated by spaces: what may be asked for at most. */
  readonly scope: string
  readonly jwks_uri?: string
  readonly jwks?: { readonly keys: readonly object[] }
  readonly client_uri?: string
  readonly logo_uri?: string
  readonly policy_uri?: string
  readonly tos_uri?: string
  readonly contacts?: readonly string[]
  readonly software_id?: string
  readonly software_version?: string
  /** Where an EHR launch begins. https://hl7.org/fhir/smart-app-launch/app-launch.html#launch-app-ehr-launch */
  readonly launch_uri?: string
  /** Browser origins beside those of the redirect URIs. */
  readonly allowed_origins?: readonly string[]
}

export interface Client {
  readonly id: string
  /** `pending` may do nothing until the operator approves it. */
  readonly status: 'pending' | 'active' | 'disabled'
  readonly metadata: ClientMetadata
  /** SHA-256 (hexadecimal) of a secret of 256 bits. */
  readonly secretHash?: string
  /** Purposes of use it may state (C1); the first is that of a token that names none. */
  readonly purposes: readonly string[]
  /** The organisation a Backend Services client acts for: `Organization/3`. */
  readonly organization?: string
  /** Instant (ms). */
  readonly registeredAt: number
  /** Instant (ms) at which it was last disabled: what it was given until then stays ended, whatever becomes of it. */
  readonly disabledAt?: number
  /** Goes up by one with each change, so that no two are made of the same state. */
  readonly revision?: number
}

export interface Clients {
  /** The client, whatever its status; undefined where there is none. */
  find(id: string): Promise<Client | undefined>
  /** Those that may ask for anything. */
  findActive(id: string): Promise<Client | undefined>
  /** Browser origins of all active clients: kept, and read again when a client was changed. */
  origins(): Promise<ReadonlySet<string>>
}

/** Returns the client of that id, whatever its status; undefined where there is none. */
export async function findClient(
  { records }: Pick<Store, 'records'>,
  id: string,
): Promise<Client | undefined> {
  return (await records.get(CLIENTS, id))?.value as Client | undefined
}

/** True of a client that is active and was not disabled since an instant (ms). */
export function isActiveSince({ status, disabledAt = -1 }: Client, instant: number): boolean {
  return status === 'active' && instant > disabledAt
}

/** Returns the clients of a store. */
export function openClients({ records, epoch }: Pick<Store, 'records' | 'epoch'>): Clients {
  let known: { readonly at: number; readonly origins: Promise<ReadonlySet<string>> } | undefined

  const find = (id: string) => findClient({ records }, id)

  async function readOrigins(): Promise<ReadonlySet<string>> {
    const clients = (await records.list(CLIENTS)).map(({ value }) => value as Client)
    return new Set(clients.filter(({ status }) => status === 'active').flatMap(originsOf))
  }

  return {
    find,
    async findActive(id) {
      const client = await find(id)
      return client?.status === 'active' ? client : undefined
    },
    origins() {
      const at = epoch()
      if (known?.at !== at) known = { at, origins: readOrigins() }
      return known.origins
    },
  }
}

/** Returns the browser origins of a client: those of its web redirect URIs and those it has named. */
export function originsOf({ metadata }: Client): readonly string[] {
  const web = metadata.redirect_uris.filter((uri) => /^https?:/.test(uri))
  return [...web.map((uri) => new URL(uri).origin), ...(metadata.allowed_origins ?? [])]
}

/** Returns the name of a client in a language, or its only one. */
export function nameOf({ metadata }: Client, language: string): string {
  const { client_names: names, client_name } = metadata
  const tag = Object.keys(names).find((each) => each === language || each.startsWith(`${language}-`))
  return tag === undefined ? client_name : names[tag]!
}
