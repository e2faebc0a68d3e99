// How often one may try: waits that grow for a login name, whether it exists or not, and a limit for an address.
// https://pages.nist.gov/800-63-4/sp800-63b.html#throttle https://cheatsheetseries.owasp.org/cheatsheets/Authentication_Cheat_Sheet.html
import { createHmac, randomUUID } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import type { SmartContext } from '../context.ts'
import { toNetwork } from '../network.ts'
import { tryCommit } from '../once.ts'
import { PageError } from '../page-error.ts'

const THROTTLES = 'throttle'
const TURNS = 'throttle-turn'

const FREE_FAILURES = 5
const FIRST_WAIT_MS = 30_000
const MAX_WAIT_MS = 15 * 60_000
const FORGOTTEN_MS = 24 * 3_600_000
const MINUTE_MS = 60_000
const MAX_TURNS = 20

interface Count {
  /** Changes with every change: who has read an older one may not write. */
  readonly turn: string
  readonly count: number
  /** Instant (ms) before which nothing is tried. */
  readonly until: number
  readonly expiresAt: number
}

/** Returns how long (ms) nothing is tried after that many failures in a row. */
export function toWaitMs(failures: number): number {
  if (failures < FREE_FAILURES) return 0
  return Math.min(FIRST_WAIT_MS * 2 ** Math.min(failures - FREE_FAILURES, 20), MAX_WAIT_MS)
}

/**
 * Counts an attempt as a failure before it is made, so that many at a time are no way around it; `clearAttempts` takes
 * it back. Throws PageError `throttled` where the wait after the last failure is not over. `name` is kept as an HMAC alone.
 */
export async function countAttempt(context: SmartContext, name: string, now = Date.now()): Promise<void> {
  await count(context, toKey(context, 'login', name), (known) => {
    if (known && known.until > now) return undefined
    const failures = (known?.count ?? 0) + 1
    return { count: failures, until: now + toWaitMs(failures), expiresAt: now + FORGOTTEN_MS }
  })
}

/** Forgets the failures of a name: somebody has logged in. */
export async function clearAttempts(context: SmartContext, name: string): Promise<void> {
  const expiresAt = Date.now() + MINUTE_MS
  const value: Count = { turn: randomUUID(), count: 0, until: 0, expiresAt }
  const row = { collection: THROTTLES, key: toKey(context, 'login', name), value, expiresAt }
  await context.app.store.commit([], { records: [{ kind: 'put', quiet: true, row }] })
}

/** Counts a request of an address; throws PageError `throttled` beyond the limit of this minute. */
export async function countRequest(context: SmartContext, { ip }: FastifyRequest): Promise<void> {
  const now = Date.now()
  const minute = Math.floor(now / MINUTE_MS)
  await count(context, toKey(context, 'address', `${toNetwork(ip)} ${minute}`), (known) => {
    const requests = (known?.count ?? 0) + 1
    if (requests > context.settings.attemptsPerMinute) return undefined
    return { count: requests, until: 0, expiresAt: (minute + 1) * MINUTE_MS }
  })
}

async function count(
  { app: { store } }: SmartContext,
  key: string,
  next: (known: Count | undefined) => Omit<Count, 'turn'> | undefined,
): Promise<void> {
  for (let tries = 0; tries < MAX_TURNS; tries++) {
    const known = (await store.records.get(THROTTLES, key))?.value as Count | undefined
    const value = next(known)
    if (!value) break
    const { expiresAt } = value
    const row = { collection: THROTTLES, key, value: { ...value, turn: randomUUID() }, expiresAt }
    const isFirst = known === undefined
    const turn = { collection: TURNS, key: known?.turn ?? '', value: null, expiresAt: Date.now() + MINUTE_MS }
    const done = await tryCommit(store, [
      ...(isFirst ? [] : [{ kind: 'add', quiet: true, row: turn } as const]),
      { kind: isFirst ? 'add' : 'put', quiet: true, row },
    ])
    if (done) return
  }
  throw new PageError('throttled')
}

function toKey({ keys }: SmartContext, kind: 'login' | 'address', name: string): string {
  return createHmac('sha256', keys.derive('throttle')).update(`${kind} ${name}`).digest('base64url')
}
