// The public keys of a client: those it has registered, or those at the address it has registered. https://hl7.org/fhir/smart-app-launch/client-confidential-asymmetric.html#registering-a-client-communicating-public-keys
import { keepNewest } from './bounded.ts'
import type { Client, ClientMetadata } from './client.ts'
import { FetchError, fetchJson } from './fetch-json.ts'
import { isJsonObject, type JsonObject } from './json.ts'

/** Whose keys they are, and where: a client's, or those of an issuer that the operator trusts. */
export type KeySource = Pick<Client, 'id'> & {
  readonly metadata: Pick<ClientMetadata, 'jwks' | 'jwks_uri'>
}

export interface ClientKeys {
  /**
   * Returns the keys of a client, fetched where none are kept; once more where none of those kept has that `kid`. Throws
   * FetchError where there are none to be had.
   */
  find(client: KeySource, kid: string): Promise<readonly JsonObject[]>
}

/** How long keys are kept whose answer says nothing of it. */
const DEFAULT_AGE_MS = 5 * 60_000
const MAX_AGE_MS = 24 * 60 * 60_000
/** How often an unknown `kid` has the keys of one client fetched again. */
const REFETCH_MS = 60_000
/** How soon an address that has failed is asked again. */
const FAILED_MS = 10_000
const MAX_CLIENTS = 1_000
const MAX_KEYS = 100

interface Kept {
  readonly keys: Promise<readonly JsonObject[]>
  /** When an unknown `kid` last had them fetched again. */
  readonly refetchedAt: number
  /** Instant (ms); while a fetch is under way it is shared, so it is infinite. */
  until: number
}

/** Returns the keys of clients, kept as long as each answer says (SMART 2.2: no longer, and for that long). */
export function openClientKeys(privateHosts: readonly string[]): ClientKeys {
  const kept = new Map<string, Kept>()

  function fetchKeys(id: string, uri: string, refetchedAt: number): Kept {
    const fetchedAt = Date.now()
    const entry: Kept = { keys: load(), refetchedAt, until: Number.POSITIVE_INFINITY }
    async function load(): Promise<readonly JsonObject[]> {
      try {
        const { value, maxAgeMs = DEFAULT_AGE_MS } = await fetchJson(uri, privateHosts)
        const keys = readKeys(value)
        entry.until = fetchedAt + Math.min(maxAgeMs, MAX_AGE_MS)
        return keys
      } catch (error) {
        entry.until = Date.now() + FAILED_MS
        throw error
      }
    }
    keepNewest(kept, id, entry, MAX_CLIENTS)
    return entry
  }

  async function findAt(client: KeySource, uri: string, kid: string): Promise<readonly JsonObject[]> {
    const id = JSON.stringify([client.id, uri])
    const known = kept.get(id)
    if (!known || known.until <= Date.now()) return fetchKeys(id, uri, known?.refetchedAt ?? 0).keys
    const keys = await known.keys
    if (keys.some((key) => key['kid'] === kid)) return keys
    // Another request may have had them fetched meanwhile.
    const newest = kept.get(id) ?? known
    if (newest !== known || Date.now() - known.refetchedAt < REFETCH_MS) return newest.keys
    return fetchKeys(id, uri, Date.now()).keys
  }

  return {
    async find(client, kid) {
      const { jwks, jwks_uri: uri } = client.metadata
      if (jwks) return readKeys(jwks)
      if (uri === undefined) throw new FetchError('The client has registered no keys')
      return findAt(client, uri, kid)
    },
  }
}

/** Returns the keys of a JWKS; throws FetchError where it is none. */
function readKeys(value: unknown): readonly JsonObject[] {
  const keys = isJsonObject(value) ? value['keys'] : undefined
  if (Array.isArray(keys) && keys.length <= MAX_KEYS && keys.every(isJsonObject)) return keys
  throw new FetchError('It is no JWKS')
}
