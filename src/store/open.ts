// Which backend a store's address names.
import { openSqliteStore } from './sqlite/open.ts'
import type { Store } from './store.ts'

/** Opens the store at `address` (`sqlite:FOLDER`), migrating it where it is older. Throws RangeError for another scheme. */
export async function openStore(address: string): Promise<Store> {
  const [, folder] = /^sqlite:(.+)$/.exec(address) ?? []
  if (folder === undefined) throw new RangeError(`No store is known at ${JSON.stringify(address)}`)
  return openSqliteStore(folder)
}
