// Every Observation that a search finds, page after page, as of its first page. https://hl7.org/fhir/R4/search.html
import type { Cursor } from '../../access/plan.ts'
import type { Policy } from '../../access/policy.ts'
import { parseJson } from '../../fhir/json.ts'
import { FhirError } from '../../fhir/outcome.ts'
import type { Resource } from '../../fhir/resource.ts'
import type { AppContext } from '../../interactions/context.ts'
import { createPacer } from '../../interactions/pace.ts'
import { compareAxis, type Query } from '../../search/query.ts'
import type { Version } from '../../store/store.ts'

/** Observations that one call may look at. */
const MAX_WALKED = 200_000
const PAGE = 200

export interface Walked {
  readonly version: Version
  readonly resource: Resource
  readonly mode: 'match' | 'include'
}

/**
 * Yields what `query` finds from the newest, and with each page what it includes. Throws FhirError `too-costly` beyond
 * 200,000 matches or where a page includes more than the store gives: a result of a part would be a false one.
 */
export async function* walkNewest(context: AppContext, policy: Policy, query: Query): AsyncGenerator<Walked> {
  const sorted: Query = { ...query, sort: [{ param: 'date', descending: true }], count: PAGE, total: 'none' }
  const pace = createPacer()
  let walked = 0
  let after: Cursor | undefined
  do {
    const page = await context.store.search(policy.searchPlan(sorted, after))
    walked += page.matches.length
    if (walked > MAX_WALKED || page.includesCut)
      throw new FhirError('too-costly', 'Too many Observations match: narrow the search, by date for example')
    for (const [mode, versions] of [
      ['match', page.matches],
      ['include', page.included],
    ] as const) {
      for (const version of versions) {
        yield { version, resource: parseJson(version.document!) as Resource, mode }
        await pace()
      }
    }
    after = page.next
  } while (after)
}

/**
 * Returns when an Observation was made (ms), or undefined where it does not say: the entry that the walk is sorted by, so
 * that order and ties agree.
 */
export function timeOf({ indexer }: AppContext, observation: Resource): number | undefined {
  const starts = indexer(observation)
    .filter(({ param, lo }) => param === 'date' && typeof lo === 'number')
    .map(({ lo }) => lo)
  return starts.toSorted(compareAxis).at(-1) as number | undefined
}
