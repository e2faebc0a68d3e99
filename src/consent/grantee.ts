// Requesters that no rule on record tells apart are one grantee: what grants are kept for (4.2).
import type { AccessRequest, Action, Identity } from './access-request.ts'
import type { Organisations } from './state.ts'

export interface Grantee {
  readonly identities: readonly Identity[]
  readonly purpose: string
  readonly action: Action
}

/** Returns the names by which rules may speak of the requester: its own, and those of what its organisations are part of. */
export function namesOf(
  { identities }: Pick<AccessRequest, 'identities'>,
  organisations: Organisations,
): readonly string[] {
  return [
    ...new Set(
      identities.flatMap(({ ref }) => (ref.startsWith('Organization/') ? organisations.above(ref) : [ref])),
    ),
  ]
}

/** Returns the grantee of a request: of its identities those that act, and those that `isNamed` by some rule. */
export function toGrantee(
  { identities, purpose, action }: AccessRequest,
  isNamed: (ref: string) => boolean,
  organisations: Organisations,
): Grantee | undefined {
  if (purpose === undefined) return undefined
  const kept = identities.filter(({ ref, via }) =>
    via === 'acting' ? true : via === 'affil' ? organisations.above(ref).some(isNamed) : isNamed(ref),
  )
  const sorted = kept.toSorted((a, b) => (toKey(a) < toKey(b) ? -1 : 1))
  return { identities: sorted, purpose, action }
}

function toKey({ ref, via }: Identity): string {
  return `${via} ${ref}`
}

/** Returns the text that a store knows a grantee by; `parseGrantee` reads it. */
export function granteeKey({ identities, purpose, action }: Grantee): string {
  return JSON.stringify([purpose, action, ...identities.map(({ ref, via }) => [via, ref])])
}

/** Returns the grantee of a key. */
export function parseGrantee(key: string): Grantee {
  const [purpose, action, ...identities] = JSON.parse(key) as [string, Action, ...[Identity['via'], string][]]
  return { purpose, action, identities: identities.map(([via, ref]) => ({ ref, via })) }
}
