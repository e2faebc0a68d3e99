// Keys of a store, in memory for now.
import { randomBytes } from 'node:crypto'
import type { Store } from '../../store/store.ts'
import type { SmartSettings } from '../context.ts'
import type { Keys } from './keys.ts'

export async function openKeys(_store: Pick<Store, 'records'>, _settings: SmartSettings): Promise<Keys> {
  const secret = randomBytes(32)
  return {
    sign: async () => secret.toString('hex'),
    publicKeys: async () => [],
    seal: (_purpose, text) => text,
    open: (_purpose, sealed) => sealed,
  }
}
