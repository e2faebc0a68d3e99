// The server's own work (imports, reindexing): a policy of its own, with a reason that is audited. Nobody else's.
import { ALL } from '../search/query.ts'
import type { Access } from './access.ts'
import { createPolicy, type Policy, type PolicyContext } from './policy.ts'
import { toPrincipal } from './principal.ts'

/** Where the server's own writes come from. */
const SERVER = 'Client/musubi'

/** Returns what the server's own work reaches: everything; its writes come from `source`. */
export function toEverything(source: string): Access {
  return {
    filterFor: () => ALL,
    source,
    own: ALL,
    isOwn: () => true,
    visible: ALL,
    wholeConsents: ALL,
    names: [],
    choosesIds: true,
    time: Date.now(),
  }
}

/**
 * Returns a policy that reaches everything, for a task of the server itself; `reason` is written where it is audited, and
 * what it writes comes from `source` (an organisation whose data it brings in).
 */
export function createSystemPolicy(reason: string, context: PolicyContext, source = SERVER): Promise<Policy> {
  const principal = toPrincipal(
    {
      subject: 'Client/musubi',
      client: 'musubi',
      scope: 'system/*.cruds',
      purpose: 'HSYSADMIN',
      expiresAt: Number.POSITIVE_INFINITY,
    },
    context.definitions,
  )
  return createPolicy({ ...principal, elevation: { reason } }, context, toEverything(source))
}
