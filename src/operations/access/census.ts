// How many resources of each type there are in a record, and how many of them another requester sees: never more than the asker (P2).
import { toTypeClass } from '../../access/directory.ts'
import type { Fold } from '../../access/fold.ts'
import type { Policy } from '../../access/policy.ts'
import { SOURCE_PARAM } from '../../consent/facet-params.ts'
import type { AppContext } from '../../interactions/context.ts'
import {
  and,
  equals,
  not,
  or,
  PATIENT_PARAM,
  present,
  type Query,
  type Selection,
} from '../../search/query.ts'

/** Counts by resource type. */
export type Census = ReadonlyMap<string, number>

/** Returns how many resources of each personal type the asker sees in the record of `patient` (`Patient/id`); types without any are left out. */
export async function countRecord(
  { store, definitions }: AppContext,
  policy: Policy,
  patient: string,
): Promise<Census> {
  const census = new Map<string, number>()
  for (const type of definitions.resourceTypes) {
    if (toTypeClass(type) !== 'personal' || !policy.may('search-type', type)) continue
    const { total = 0 } = await store.search(policy.searchPlan(toCount(type, patient)))
    if (total > 0) census.set(type, total)
  }
  return census
}

/** Returns a function that counts what lies in `census` and within a filter as well; equal filters are asked once. */
export function openCounter({ store }: AppContext, policy: Policy, patient: string, census: Census) {
  const known = new Map<string, Promise<number>>()
  const count = async (type: string, filterFor: Fold['filterFor']): Promise<number> => {
    const { total = 0 } = await store.search(policy.narrowedPlan(toCount(type, patient), filterFor))
    return total
  }
  return async (filterFor: Fold['filterFor']): Promise<Census> => {
    const visible = new Map<string, number>()
    for (const type of census.keys()) {
      const key = JSON.stringify([type, filterFor(type, 's')])
      const counted = known.get(key) ?? count(type, filterFor)
      known.set(key, counted)
      visible.set(type, await counted)
    }
    return visible
  }
}

function toCount(type: string, patient: string): Query {
  const where = equals(PATIENT_PARAM, patient)
  return { select: [{ type, where }], sort: [], count: 0, total: 'accurate', includes: [] }
}

/** More custodians than one record has. */
const MAX_CUSTODIANS = 200

/** Returns where what the asker sees in the record came from: one question for each, that leaves out those found before. */
export async function findCustodians(
  { store }: AppContext,
  policy: Policy,
  patient: string,
  census: Census,
): Promise<readonly string[]> {
  const found: string[] = []
  while (found.length < MAX_CUSTODIANS) {
    const others = not(or(...found.map((source) => equals(SOURCE_PARAM, source))))
    const where = and(equals(PATIENT_PARAM, patient), present(SOURCE_PARAM), others)
    const select = [...census.keys()].map((type): Selection => ({ type, where }))
    const plan = policy.searchPlan({ select, sort: [], count: 1, total: 'none', includes: [] })
    const source = (await store.search(plan)).matches[0]?.source
    if (source === undefined) break
    found.push(source)
  }
  return found
}
