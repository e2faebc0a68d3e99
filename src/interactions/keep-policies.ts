// A policy is made once and kept as long as nothing that it was made from changes.
import type { Policy } from '../access/policy.ts'
import type { Principal } from '../access/principal.ts'
import type { Store } from '../store/store.ts'

interface Kept {
  readonly epoch: number
  readonly policy: Promise<Policy>
}

/**
 * Returns `make` with its policies kept: of the same principal the same one until a consent, a policy of the operator or the
 * directory changes. What depends on the instant is made for each request.
 */
export function keepPolicies(
  { accessEpoch }: Pick<Store, 'accessEpoch'>,
  make: (principal: Principal) => Promise<Policy>,
): (principal: Principal) => Promise<Policy> {
  const kept = new WeakMap<Principal, Kept>()
  return (principal) => {
    const epoch = accessEpoch()
    const known = kept.get(principal)
    if (known?.epoch === epoch) return known.policy
    const policy = make(principal)
    kept.set(principal, { epoch, policy })
    policy.then(
      ({ access }) => access.isTimeBound && kept.delete(principal),
      () => kept.delete(principal),
    )
    return policy
  }
}
