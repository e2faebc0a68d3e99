// Of whom and of which purposes it is worth asking what they may see of a record.
import { rulesOf, type Standing } from '../../consent/standing.ts'

/** How a recipient comes to be in the answer. */
export type Relation = 'named' | 'custodian' | 'treating'

const DEFAULT_PURPOSE = 'TREAT'

/**
 * Returns everybody whom the person's consents name, the organisations that records came from and those with a treating
 * relation on record, each with why; sorted. The person is none of them, and proxies act as the person.
 */
export function toRecipients(
  patient: string,
  standings: readonly Standing[],
  custodians: readonly string[],
): ReadonlyMap<string, ReadonlySet<Relation>> {
  const found = new Map<string, Set<Relation>>()
  const add = (ref: string, relation: Relation) => {
    if (ref !== patient) found.set(ref, (found.get(ref) ?? new Set()).add(relation))
  }
  for (const each of standings) {
    if (each.kind === 'treating') add(each.treating.organization, 'treating')
    if (each.kind === 'agreement')
      for (const { actors = [] } of rulesOf(each)) for (const ref of actors) add(ref, 'named')
  }
  for (const ref of custodians) if (ref.startsWith('Organization/')) add(ref, 'custodian')
  return new Map([...found].toSorted(([a], [b]) => (a < b ? -1 : 1)))
}

/** Returns the purposes that the person's consents name, and treatment; sorted. */
export function toPurposes(standings: readonly Standing[]): readonly string[] {
  const named = standings.flatMap((each) =>
    each.kind === 'agreement' ? rulesOf(each).flatMap(({ purposes = [] }) => purposes) : [],
  )
  return [...new Set([DEFAULT_PURPOSE, ...named])].toSorted()
}
