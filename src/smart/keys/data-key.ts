// The one key that seals what is secret in a store; itself in the store, wrapped by the operator's secret.
import { randomBytes } from 'node:crypto'
import { FhirError } from '../../fhir/outcome.ts'
import type { RecordChange, RecordRow, Store } from '../../store/store.ts'
import type { SmartSettings } from '../context.ts'
import { deriveKey, openWith, type SealingKey, sealWith } from './seal.ts'
import { adoptSecretFile, ensureSecretFile, readNextSecret, readSecretFile } from './secret-file.ts'

/** The record of the wrapped key. */
export const DATA_KEY = { collection: 'key', key: 'data' } as const

const PURPOSE = 'data key'

interface WrappedKey {
  readonly id: string
  readonly wrapped: string
}

/** What tells where the secret is. */
export type SecretSettings = Pick<SmartSettings, 'secret' | 'store'>

/**
 * Returns the key of a store, made where it has none; several processes get the same. Throws RangeError where the secret is
 * missing or does not open what is there.
 */
export async function loadDataKey(
  { records }: Pick<Store, 'records'>,
  settings: SecretSettings,
): Promise<SealingKey> {
  const row = await records.get(DATA_KEY.collection, DATA_KEY.key)
  if (row) return unwrap(row, settings)
  const key = { id: randomBytes(4).toString('hex'), bytes: randomBytes(32) }
  const secret = settings.secret || ensureSecretFile(toFolder(settings))
  try {
    await records.add(toWrappedRow(key, secret))
    return key
  } catch (error) {
    // Another process made it in the meantime.
    if (error instanceof FhirError && error.code === 'conflict') return loadDataKey({ records }, settings)
    throw error
  }
}

/** Returns the change that wraps the key with another secret. */
export function rewrapDataKey(key: SealingKey, secret: string): RecordChange {
  return { kind: 'put', row: toWrappedRow(key, secret) }
}

/** Returns the folder of a store's address. */
export function toFolder({ store }: Pick<SecretSettings, 'store'>): string {
  return store.replace(/^sqlite:/, '')
}

function toWrappedRow({ id, bytes }: SealingKey, secret: string): RecordRow {
  const wrapped = sealWith(toWrapping(secret), PURPOSE, Buffer.from(bytes).toString('base64url'))
  return { ...DATA_KEY, value: { id, wrapped } satisfies WrappedKey }
}

function toWrapping(secret: string): SealingKey {
  return { id: 'secret', bytes: deriveKey(secret, 'wrapping') }
}

function unwrap({ value }: RecordRow, settings: SecretSettings): SealingKey {
  const { id, wrapped } = value as WrappedKey
  const opened = settings.secret
    ? openWith(toWrapping(settings.secret), PURPOSE, wrapped)
    : unwrapWithFile(wrapped, toFolder(settings))
  if (opened !== undefined) return { id, bytes: Buffer.from(opened, 'base64url') }
  const what = settings.secret ? 'MUSUBI_SECRET' : 'The secret in secret.key'
  throw new RangeError(`${what} is not the one that the keys of this store are sealed with`)
}

function unwrapWithFile(wrapped: string, folder: string): string | undefined {
  const [secret, next] = [readSecretFile(folder), readNextSecret(folder)]
  const opened = secret === undefined ? undefined : openWith(toWrapping(secret), PURPOSE, wrapped)
  if (opened !== undefined) return opened
  // A rotation was broken off after its commit: what is left of it is done here.
  const byNext = next === undefined ? undefined : openWith(toWrapping(next), PURPOSE, wrapped)
  if (byNext !== undefined) adoptSecretFile(folder)
  if (secret === undefined && byNext === undefined)
    throw new RangeError(
      "The keys of this store are sealed: put its secret.key into the store's folder, or set MUSUBI_SECRET",
    )
  return byNext
}
