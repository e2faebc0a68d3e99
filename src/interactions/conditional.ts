// Criteria in place of an id: none, one, or too many. https://hl7.org/fhir/R4/http.html#cond-update
import type { Plan, SearchPlan } from '../access/plan.ts'
import { FhirError } from '../fhir/outcome.ts'
import { parseCriteria } from '../search/parse.ts'
import type { Expr } from '../search/query.ts'
import { parseQueryString } from './params.ts'
import type { Stored } from './result.ts'
import { isStanding, type Writing } from './write.ts'

export interface CriteriaMatch {
  /** What must still hold inside the transaction: no match, or this one alone. */
  readonly plan: Plan<SearchPlan>
  readonly found: Stored | undefined
}

/**
 * Returns the search that `criteria` (a query string) is, under the policy; it finds at most `count` resources. Throws
 * FhirError: as the search does, always strict; `forbidden` without the right to search the type.
 */
export async function planCriteria(
  { context, policy }: Pick<Writing, 'context' | 'policy'>,
  type: string,
  criteria: string,
  count = 2,
): Promise<Plan<SearchPlan>> {
  if (!policy.may('search-type', type))
    throw new FhirError('forbidden', `Criteria on ${type} need a scope to search that type`)
  const where = await toExpr(context, type, criteria)
  return policy.searchPlan({
    select: [{ type, where }],
    sort: [],
    count,
    total: 'none',
    includes: [],
  })
}

async function toExpr(context: Writing['context'], type: string, criteria: string): Promise<Expr> {
  // A leading `?` or `Type?` is a usual slip in If-None-Exist.
  const query = criteria.trim().replace(/^(?:[A-Z][A-Za-z]+)?\?/, '')
  if (parseQueryString(query).length === 0)
    throw new FhirError('invalid', 'The search criteria are empty: they would match everything')
  return parseCriteria(context, type, query)
}

/** Returns the one resource that criteria match, if any; throws FhirError `multiple-matches` where there are more. */
export async function matchCriteria(
  writing: Writing,
  type: string,
  criteria: string,
): Promise<CriteriaMatch> {
  const plan = await planCriteria(writing, type, criteria)
  const { matches } = await writing.reader.search(plan)
  if (matches.length > 1) throw tooMany(type)
  const [found] = matches
  return { plan, found: isStanding(found) ? found : undefined }
}

/** Returns the failure for criteria that match more than one resource. */
export function tooMany(type: string): FhirError {
  return new FhirError('multiple-matches', `The criteria match more than one ${type}`)
}
