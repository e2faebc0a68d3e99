// How often something was asked, or wrong credentials given, in the last minute: by whom and for whom. https://www.rfc-editor.org/rfc/rfc6819#section-4.3.3
import { hash } from 'node:crypto'
import { keepNewest } from './bounded.ts'
import { toNetwork } from './network.ts'
import { OAuthError } from './oauth-error.ts'

export interface Attempts {
  /** Throws OAuthError `slow_down` where that address has come too often for that client. */
  assertBelow(address: string, client: string): void
  /** Counts one. */
  count(address: string, client: string): void
}

const WINDOW_MS = 60_000
const MAX_COUNTED = 10_000

interface Count {
  readonly until: number
  failed: number
}

/**
 * Returns a count for this process. It is kept by address and client together: who guesses for a client elsewhere does not
 * lock it out.
 */
export function countAttempts(perMinute: number, told = 'Too many wrong credentials'): Attempts {
  // In the order in which they end.
  const counts = new Map<string, Count>()
  const toKey = (address: string, client: string) =>
    hash('sha256', JSON.stringify([toNetwork(address), client]))

  function find(key: string): Count | undefined {
    const known = counts.get(key)
    return known && known.until > Date.now() ? known : undefined
  }

  return {
    assertBelow(address, client) {
      const known = find(toKey(address, client))
      if (!known || known.failed < perMinute) return
      const seconds = Math.ceil((known.until - Date.now()) / 1000)
      throw new OAuthError('slow_down', `${told}: wait before trying again`, seconds)
    },
    count(address, client) {
      const key = toKey(address, client)
      const known = find(key)
      if (known) known.failed++
      else keepNewest(counts, key, { until: Date.now() + WINDOW_MS, failed: 1 }, MAX_COUNTED)
    },
  }
}
