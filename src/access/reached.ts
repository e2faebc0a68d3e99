// The filters of an access by where a resource lies, kept as long as the same is asked: what a store makes of them is found again.
import type { Governance } from '../consent/governance.ts'
import { type Expr, or } from '../search/query.ts'
import { byType, type PersonalFilters } from './personal.ts'

export interface Reached extends PersonalFilters {
  /** What may be reached of a type whose resources are in somebody's record. */
  readonly recorded: Expr
  /** The same of Consent. */
  readonly recordedConsents: Expr
  /** Whatever the type. */
  readonly visible: Expr
}

const MAX_KEPT = 4096
const kept = new WeakMap<Governance, Map<string, Reached>>()

/** Returns the filters with what follows from them. */
export function toReached(filters: PersonalFilters): Reached {
  const { records, consents, nobodys } = filters
  return {
    ...filters,
    recorded: or(records, nobodys),
    recordedConsents: or(consents, nobodys),
    visible: or(byType(consents, records), nobodys),
  }
}

/** Returns the filters made under `governance` for the same `key`, which says all else that they follow from. */
export function keepReached(governance: Governance, key: string, make: () => PersonalFilters): Reached {
  const known = kept.get(governance) ?? new Map<string, Reached>()
  kept.set(governance, known)
  const found = known.get(key)
  if (found) return found
  if (known.size >= MAX_KEPT) known.clear()
  const made = toReached(make())
  known.set(key, made)
  return made
}
