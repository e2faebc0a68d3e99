// Observation/$lastn: the newest Observations of each code. https://hl7.org/fhir/R4/observation-operation-lastn.html
import { FhirError } from '../fhir/outcome.ts'
import type { Resource } from '../fhir/resource.ts'
import type { AppContext } from '../interactions/context.ts'
import type { Operation, OperationInput } from '../interactions/operation.ts'
import { joinBundle, toSearchEntries } from '../interactions/page.ts'
import { type Params, quote, toQueryString } from '../interactions/params.ts'
import type { Result } from '../interactions/result.ts'
import { parseSearch, type SearchRequest } from '../search/parse.ts'
import type { Version } from '../store/store.ts'
import { readSearchInputs } from './input/parameters.ts'
import { groupByCode, takeNewest, toCodeKeys } from './observation/groups.ts'
import { timeOf, walkNewest } from './observation/walk.ts'

export const operation: Operation = {
  code: 'lastn',
  definition: 'http://hl7.org/fhir/OperationDefinition/Observation-lastn',
  levels: ['type'],
  types: ['Observation'],
  affectsState: false,
  run,
}

const SUBJECTS = ['subject', 'patient']
const CODES = ['category', 'code', 'combo-code', 'component-code']
/** They shape a page; this answer is sorted, whole and of matches alone. */
const REFUSED = ['_sort', '_include', '_revinclude', '_total', '_page']

async function run(context: AppContext, input: OperationInput): Promise<Result> {
  const { policy, handling } = input
  if (!policy.may('search-type', 'Observation'))
    throw new FhirError('forbidden', 'The scopes granted do not allow this search')
  const given = readSearchInputs(context, input)
  const max = readMax(given)
  const params = given.filter(([name]) => name !== 'max' && name !== '_count')
  assertParams(params)
  const request = await parseSearch(context, 'Observation', params, { handling })
  // What a lenient search leaves out may not be what the operation asks for.
  assertParams(request.self)
  const newest = await findNewest(context, input, request, max)
  return toBundle(context, request, given, newest)
}

function readMax(params: Params): number {
  const [value, second] = params.filter(([name]) => name === 'max').map(([, text]) => text)
  if (value === undefined) return 1
  if (second === undefined && /^[1-9]\d{0,8}$/.test(value)) return Number(value)
  throw new FhirError('invalid', 'max must be given once, as a whole number above 0')
}

function assertParams(params: Params): void {
  const names = params.map(([name]) => name.split(/[:.]/, 1)[0]!)
  const refused = names.find((name) => REFUSED.includes(name))
  if (refused !== undefined)
    throw new FhirError('not-supported', `$lastn does not take ${quote(refused)}: it has an order of its own`)
  if (!names.some((name) => SUBJECTS.includes(name)))
    throw new FhirError('invalid', '$lastn needs a subject: the parameter patient or subject')
  if (!names.some((name) => CODES.includes(name) || name.includes('code-value-')))
    throw new FhirError('invalid', '$lastn needs the parameter category or one that looks at a code')
}

/** One Observation as it is grouped; one that can no longer be among the newest is kept for its codes alone. */
interface Candidate extends Resource {
  readonly order: number
  readonly time: number | undefined
  readonly version?: Version
}

async function findNewest(
  context: AppContext,
  { policy }: OperationInput,
  { query }: SearchRequest,
  max: number,
): Promise<readonly Version[]> {
  const newestOf = new Map<string, { count: number; last: number | undefined }>()
  const candidates: Candidate[] = []
  for await (const { version, resource } of walkNewest(context, policy, query)) {
    const { resourceType } = resource
    const code = resource['code'] as Parameters<typeof toCodeKeys>[0]
    const time = timeOf(context, resource)
    const keys = toCodeKeys(code)
    const seen = newestOf.get(keys[0]!) ?? { count: 0, last: undefined }
    const isOld = seen.count >= max && (time === undefined || time !== seen.last)
    if (!isOld) {
      newestOf.set(keys[0]!, { count: seen.count + 1, last: seen.count < max ? time : seen.last })
      candidates.push({ resourceType, code, order: candidates.length, time, version })
    } else if (keys.length > 1) candidates.push({ resourceType, code, order: candidates.length, time })
  }
  return groupByCode(candidates)
    .flatMap((group) => takeNewest(group, max, ({ time }) => time))
    .toSorted((a, b) => a.order - b.order)
    .map(({ version }) => version!)
}

async function toBundle(
  { settings, definitions }: AppContext,
  { issues, mask, self, query: { count } }: SearchRequest,
  given: Params,
  newest: readonly Version[],
): Promise<Result> {
  const { baseUrl } = settings
  // `_summary=count`
  const matches = count === 0 ? [] : newest
  const entries = await toSearchEntries(baseUrl, definitions, { matches, included: [], issues, mask })
  const query = toQueryString([...self, ...given.filter(([name]) => name === 'max')])
  const link = [{ relation: 'self', url: `${baseUrl}/Observation/$lastn?${query}` }]
  return {
    kind: 'pieces',
    pieces: joinBundle({ type: 'searchset', total: newest.length, link }, entries),
  }
}
