// [type]/$count: how many resources a search finds; to secondary use no small number (U6). https://hl7.org/fhir/R4/search.html#total
import { FhirError } from '../fhir/outcome.ts'
import type { AppContext } from '../interactions/context.ts'
import type { Operation, OperationInput } from '../interactions/operation.ts'
import { quote } from '../interactions/params.ts'
import type { Result } from '../interactions/result.ts'
import { parseSearch } from '../search/parse.ts'
import { readSearchInputs } from './input/parameters.ts'

export const operation: Operation = {
  code: 'count',
  definition: 'https://musubi.example/fhir/OperationDefinition/count',
  levels: ['type'],
  affectsState: false,
  run,
}

/** They shape a page; a number has none. */
const SHAPING: ReadonlySet<string> = new Set([
  '_sort',
  '_count',
  '_include',
  '_revinclude',
  '_total',
  '_page',
  '_summary',
  '_elements',
])

/** Answers with Parameters: `count`, exact, or for a secondary purpose below the least that is told `fewer-than`. */
async function run(context: AppContext, input: OperationInput): Promise<Result> {
  const { policy, handling } = input
  const type = input.type!
  if (!policy.may('search-type', type))
    throw new FhirError('forbidden', 'The scopes granted do not allow this search')
  const params = readSearchInputs(context, input)
  const shaping = params.find(([name]) => SHAPING.has(name.split(':', 1)[0]!))
  if (shaping) throw new FhirError('not-supported', `$count does not take ${quote(shaping[0])}`)
  const { query } = await parseSearch(context, type, params, { handling })
  const plan = policy.searchPlan({ ...query, sort: [], count: 0, total: 'accurate', includes: [] })
  const { total = 0 } = await context.store.search(plan)
  const least = context.settings.leastCount
  const parameter =
    policy.access.isSecondary && total < least
      ? { name: 'fewer-than', valueInteger: least }
      : { name: 'count', valueInteger: total }
  return { kind: 'resource', resource: { resourceType: 'Parameters', parameter: [parameter] } }
}
