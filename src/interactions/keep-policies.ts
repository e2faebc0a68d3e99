// A policy is made once and kept as long as nothing that it was made from changes.
import { isTimeBound } from '../access/access.ts'
import type { Policy } from '../access/policy.ts'
import type { Principal } from '../access/principal.ts'
import type { Store } from '../store/store.ts'

interface Kept {
  readonly consents: number
  readonly records: number
  readonly policy: Promise<Policy>
}

/**
 * Returns `make` with its policies kept: of the same principal the same one until a consent, a policy of the operator or the
 * directory changes. What depends on the instant is made for each request.
 */
export function keepPolicies(
  { consents, epoch }: Pick<Store, 'consents' | 'epoch'>,
  make: (principal: Principal) => Promise<Policy>,
): (principal: Principal) => Promise<Policy> {
  const kept = new WeakMap<Principal, Kept>()
  return (principal) => {
    if (isTimeBound(principal)) return make(principal)
    const now = { consents: consents.epoch(), records: epoch() }
    const known = kept.get(principal)
    if (known?.consents === now.consents && known.records === now.records) return known.policy
    const policy = make(principal)
    kept.set(principal, { ...now, policy })
    policy.catch(() => kept.delete(principal))
    return policy
  }
}
