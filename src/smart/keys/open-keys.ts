// The keys of a store: one data key, wrapped by the operator's secret, seals the rest.
import type { Store } from '../../store/store.ts'
import { loadDataKey, type SecretSettings } from './data-key.ts'
import type { Keys } from './keys.ts'
import { deriveKey, openWith, sealWith } from './seal.ts'
import { openSigningKeys } from './signing-keys.ts'

/** Returns the keys of a store. Throws RangeError where the secret is missing or does not open what is there. */
export async function openKeys(
  store: Pick<Store, 'records' | 'epoch'>,
  settings: SecretSettings,
): Promise<Keys> {
  const dataKey = await loadDataKey(store, settings)
  // Purposes of callers are apart from our own.
  const toPurpose = (purpose: string) => `text ${purpose}`
  return {
    ...openSigningKeys(store, dataKey),
    seal: (purpose, text) => sealWith(dataKey, toPurpose(purpose), text),
    open(purpose, sealed) {
      const text = openWith(dataKey, toPurpose(purpose), sealed)
      if (text === undefined) throw new Error('This was not sealed here for this purpose')
      return text
    },
    derive: (purpose) => deriveKey(dataKey.bytes, `for ${purpose}`),
  }
}
