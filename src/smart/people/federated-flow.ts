// One way to an OpenID provider and back: kept for the browser that began it, used once. https://www.rfc-editor.org/rfc/rfc9700#section-2.1
import type { FastifyRequest } from 'fastify'
import type { SmartContext } from '../context.ts'
import { toBrowserKey } from '../csrf.ts'
import { useOnce } from '../once.ts'
import { PageError } from '../page-error.ts'
import { hashToken } from '../token.ts'
import type { Departure } from './federation.ts'

const FLOWS = 'federation'
const TTL_MS = 10 * 60_000

/** What it is for. */
export type Use = 'login' | 'reauthenticate' | 'link'

/** One way there and back, kept under the SHA-256 of its `state`. */
export interface Flow {
  readonly issuer: string
  readonly use: Use
  readonly nonce: string
  /** Sealed while it is on record. */
  readonly verifier: string
  readonly browser: string
  readonly return: string
  /** Instant (ms). */
  readonly startedAt: number
  /** Who asked for it, where somebody was logged in. */
  readonly account?: string
}

type Wish = Pick<Flow, 'issuer' | 'use' | 'return' | 'account'>

/** Keeps a flow for this browser until it comes back, for ten minutes. */
export async function keepFlow(
  context: SmartContext,
  request: FastifyRequest,
  { state, nonce, verifier }: Departure,
  wish: Wish,
): Promise<void> {
  const browser = toBrowserKey(context, request)
  if (browser === undefined) throw new PageError('stale')
  const sealed = context.keys.seal(FLOWS, verifier)
  const startedAt = Date.now()
  const value: Flow = { ...wish, nonce, browser, startedAt, verifier: sealed }
  const row = { collection: FLOWS, key: hashToken(state), value, expiresAt: startedAt + TTL_MS }
  await context.app.store.commit([], { records: [{ kind: 'add', quiet: true, row }] })
}

/** Returns the flow of a `state`, once, in the browser that began it; throws PageError `stale` for any other. */
export async function takeFlow(context: SmartContext, request: FastifyRequest, state: string): Promise<Flow> {
  const key = hashToken(state)
  const known = (await context.app.store.records.get(FLOWS, key))?.value as Flow | undefined
  if (!known || known.browser !== toBrowserKey(context, request)) throw new PageError('stale')
  if (!(await useOnce(context.app.store, FLOWS, key))) throw new PageError('stale')
  return { ...known, verifier: context.keys.open(FLOWS, known.verifier) }
}

/** Returns what a field of a form asks for; a login where it names nothing else. */
export function toUse(text: string | undefined): Use {
  return text === 'link' || text === 'reauthenticate' ? text : 'login'
}
