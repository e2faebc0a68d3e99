// A request on its way through the pages: what has been answered so far, bound to one browser.
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Elevation } from '../../access/principal.ts'
import type { SmartContext } from '../context.ts'
import { isEqual, toCsrfToken } from '../csrf.ts'
import { PageError } from '../page-error.ts'
import { hashToken, isToken, makeToken } from '../token.ts'
import type { Capacity } from './capacity.ts'
import type { Launch } from './launch.ts'
import type { AuthorizationRequest } from './request.ts'

const PENDING = 'pending-authorization'
const LIFE_MS = 20 * 60 * 1000

export interface Pending {
  /** In the address of its pages. */
  readonly id: string
  readonly request: AuthorizationRequest
  /** The CSRF token of the browser that goes on with it: the first that does. */
  readonly browser?: string
  /** Instant (ms) at which it began. */
  readonly startedAt: number
  readonly expiresAt: number
  readonly launch?: Launch
  /** The account that goes on with it. */
  readonly account?: string
  /** As whom. */
  readonly capacity?: Capacity
  /** Id of the Patient in context. */
  readonly patient?: string
  readonly elevation?: Elevation
}

/** Begins a request. No cookie is read or set: a browser sends none with a form of the app. Resolves once it is on record. */
export async function startPending(
  context: SmartContext,
  asked: AuthorizationRequest,
  launch: Launch | undefined,
): Promise<Pending> {
  const now = Date.now()
  const pending: Pending = {
    id: makeToken(),
    request: asked,
    startedAt: now,
    expiresAt: now + LIFE_MS,
    ...(launch && {
      launch,
      capacity: launch.capacity,
      ...(launch.context.patient !== undefined && { patient: launch.context.patient }),
    }),
  }
  await keepPending(context, pending)
  return pending
}

/** Puts it on record as it is now. */
export async function keepPending({ app }: SmartContext, pending: Pending): Promise<void> {
  const { id, expiresAt } = pending
  await app.store.commit([], {
    records: [
      {
        kind: 'put',
        quiet: true,
        row: { collection: PENDING, key: hashToken(id), value: pending, expiresAt },
      },
    ],
  })
}

/**
 * Returns the request of that id, bound to this browser; where it is the first, `keepPending` makes that good. Throws PageError
 * `stale` where there is none, or another browser goes on with it.
 */
export async function findPending(
  context: SmartContext,
  request: FastifyRequest,
  reply: FastifyReply,
  id: string,
): Promise<{ readonly pending: Pending; readonly isNew: boolean }> {
  const row = isToken(id) ? await context.app.store.records.get(PENDING, hashToken(id)) : undefined
  const pending = row?.value as Pending | undefined
  if (!pending) throw new PageError('stale')
  const browser = toCsrfToken(context, request, reply)
  if (pending.browser !== undefined && !isEqual(pending.browser, browser)) throw new PageError('stale')
  return { pending: { ...pending, browser }, isNew: pending.browser === undefined }
}

/** Returns what an app has asked for where `path` is that of its request, and this browser goes on with it; else undefined. */
export async function findAskedAt(
  context: SmartContext,
  request: FastifyRequest,
  reply: FastifyReply,
  path: string,
): Promise<AuthorizationRequest | undefined> {
  const before = `${context.urls.rootPath}/auth/go/`
  const id = path.startsWith(before) ? path.slice(before.length) : ''
  const row = isToken(id) ? await context.app.store.records.get(PENDING, hashToken(id)) : undefined
  const { browser, request: asked } = (row?.value ?? {}) as Partial<Pending>
  const isOwn = browser !== undefined && isEqual(browser, toCsrfToken(context, request, reply))
  return isOwn ? asked : undefined
}

/** Ends it before its answer is made good: of several answers at once, in whatever process, one goes on. Throws PageError `stale` for the others. */
export async function claimPending({ app }: SmartContext, { id }: Pending): Promise<void> {
  if (!(await app.store.records.take(PENDING, hashToken(id)))) throw new PageError('stale')
}

/** Returns the change that ends it: it is answered once. */
export function toPendingEnd({ id }: Pending) {
  return { kind: 'delete', quiet: true, collection: PENDING, key: hashToken(id) } as const
}
