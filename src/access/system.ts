// The server's own work (imports, reindexing): a policy of its own, with a reason that is audited. Nobody else's.
import { createPolicy, type Policy, type PolicyContext } from './policy.ts'
import { toPrincipal } from './principal.ts'

/** Returns a policy that reaches everything, for a task of the server itself; `reason` is written where it is audited. */
export function createSystemPolicy(reason: string, context: PolicyContext): Promise<Policy> {
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
  return createPolicy({ ...principal, elevation: { reason } }, context)
}
