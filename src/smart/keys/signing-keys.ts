// The RSA keys that sign id_tokens: published before they are used, and for a day after. https://openid.net/specs/openid-connect-core-1_0.html#RotateSigKeys
import { FhirError } from '../../fhir/outcome.ts'
import type { RecordChange, RecordRow, Store } from '../../store/store.ts'
import { createSigningKey, openSigner, type PrivateJwk, type Signer } from '../jose.ts'
import { toPublicJwk } from '../jwk.ts'
import type { PublicJwk } from './keys.ts'
import { openWith, type SealingKey, sealWith } from './seal.ts'

/** The collection of `Records` that holds them, by a number that grows. */
export const SIGNING_KEYS = 'signing-key'

/** How long others may keep the JWKS; a new key is used once every copy has it. */
export const JWKS_MAX_AGE_MS = 5 * 60_000
/** How long a key stays published once the next is used. */
const OVERLAP_MS = 24 * 60 * 60_000

export interface SigningKey {
  readonly kid: string
  /** Instant (ms) from which it signs. */
  readonly usedFrom: number
  readonly public: PublicJwk
  readonly sealed: string
}

/** Returns the keys of a store with what else their rows say, oldest first; expired ones are gone. */
export async function listSigningKeys({ records }: Pick<Store, 'records'>): Promise<readonly RecordRow[]> {
  return records.list(SIGNING_KEYS)
}

export interface SigningKeys {
  sign(claims: Readonly<Record<string, unknown>>): Promise<string>
  publicKeys(): Promise<readonly PublicJwk[]>
}

/** Returns what signs for a store; its first key is made when one is first asked for. A rotation elsewhere is seen at once. */
export function openSigningKeys(store: Pick<Store, 'records' | 'epoch'>, dataKey: SealingKey): SigningKeys {
  const signers = new Map<string, Promise<Signer>>()
  let known: { readonly epoch: number; readonly rows: Promise<readonly RecordRow[]> } | undefined

  async function keys(): Promise<readonly SigningKey[]> {
    const epoch = store.epoch()
    if (known?.epoch !== epoch) {
      const rows = ensureSigningKey(store, dataKey)
      known = { epoch, rows }
      // What failed is asked again.
      rows.catch(() => {
        known = undefined
      })
    }
    const rows = await known.rows
    return rows
      .filter(({ expiresAt = Number.POSITIVE_INFINITY }) => expiresAt > Date.now())
      .map(({ value }) => value as SigningKey)
  }

  function signerOf(key: SigningKey): Promise<Signer> {
    const signer = signers.get(key.kid) ?? openSigner(openKey(dataKey, key))
    signers.set(key.kid, signer)
    return signer
  }

  return {
    async sign(claims) {
      return (await signerOf(inUse(await keys()))).sign(claims)
    },
    async publicKeys() {
      return (await keys()).map((key) => key.public).reverse()
    },
  }
}

/**
 * Returns the changes that bring a new key, and its `kid`. Others may have copies of the JWKS: it is used once those are old,
 * and the key before it stays published for a day after. With `compromised` it is used at once, and older ones are gone.
 */
export async function planSigningKey(
  store: Pick<Store, 'records'>,
  dataKey: SealingKey,
  compromised: boolean,
): Promise<{ readonly kid: string; readonly records: readonly RecordChange[] }> {
  const rows = await listSigningKeys(store)
  const usedFrom = Date.now() + (compromised || rows.length === 0 ? 0 : JWKS_MAX_AGE_MS)
  const row = await makeRow(dataKey, Number(rows.at(-1)?.key ?? 0) + 1, usedFrom)
  const older = rows.map((each): RecordChange => {
    if (compromised) return { kind: 'delete', collection: SIGNING_KEYS, key: each.key }
    return { kind: 'put', row: { ...each, expiresAt: each.expiresAt ?? usedFrom + OVERLAP_MS } }
  })
  // Of two rotations at the same time one conflicts.
  return { kid: row.value.kid, records: [{ kind: 'add', row }, ...older] }
}

/** Returns the key that signs now: the newest whose time has come. */
export function inUse(keys: readonly SigningKey[], now = Date.now()): SigningKey {
  return keys.findLast(({ usedFrom }) => usedFrom <= now) ?? keys[0]!
}

async function ensureSigningKey(
  store: Pick<Store, 'records'>,
  dataKey: SealingKey,
): Promise<readonly RecordRow[]> {
  const rows = await listSigningKeys(store)
  if (rows.length > 0) return rows
  try {
    await store.records.add(await makeRow(dataKey, 1, Date.now()))
  } catch (error) {
    // Another process made it in the meantime.
    if (!(error instanceof FhirError) || error.code !== 'conflict') throw error
  }
  return listSigningKeys(store)
}

async function makeRow(dataKey: SealingKey, number: number, usedFrom: number) {
  const jwk = await createSigningKey()
  const kid = jwk['kid']!
  const sealed = sealWith(dataKey, toPurpose(kid), JSON.stringify(jwk))
  const value: SigningKey = { kid, usedFrom, public: toPublicJwk(jwk), sealed }
  return { collection: SIGNING_KEYS, key: String(number).padStart(6, '0'), value }
}

function openKey(dataKey: SealingKey, { kid, sealed }: SigningKey): PrivateJwk {
  const text = openWith(dataKey, toPurpose(kid), sealed)
  if (text === undefined) throw new Error(`The signing key ${kid} cannot be opened`)
  return JSON.parse(text) as PrivateJwk
}

function toPurpose(kid: string): string {
  return `signing key ${kid}`
}
