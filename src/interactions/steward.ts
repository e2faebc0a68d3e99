// Doubles that a client could not see when it created: a queue for who keeps records in order, never an answer (W2).
import { createSystemPolicy } from '../access/system.ts'
import { planCriteria } from './conditional.ts'
import type { AppContext } from './context.ts'

/** Collection of records: a row for each resource that was created though something hidden matched; its key is that resource. */
export const DOUBLES = 'steward-double'

/** What may be one and the same. */
export interface Double {
  readonly created: string
  readonly others: readonly string[]
  /** Instant in ms. */
  readonly at: number
}

const MAX_OTHERS = 20

/**
 * Puts `created` (`Type/id`) on the queue where anything else matches the criteria that it was created under. To be called
 * whatever happened, and not waited for: neither an answer nor its time may tell.
 */
export async function noteDoubles(context: AppContext, criteria: string, created: string): Promise<void> {
  const policy = await createSystemPolicy('doubles', context)
  const type = created.slice(0, created.indexOf('/'))
  const plan = await planCriteria({ context, policy }, type, criteria, MAX_OTHERS)
  const { matches } = await context.store.search(plan)
  const others = matches.map((each) => `${each.type}/${each.id}`).filter((ref) => ref !== created)
  if (others.length === 0) return
  const value: Double = { created, others, at: Date.now() }
  await context.store.records.put({ collection: DOUBLES, key: created, value })
}
