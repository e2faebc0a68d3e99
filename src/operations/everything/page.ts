// One page of $everything, and the link to the next. https://hl7.org/fhir/R4/operation-patient-everything.html
import type { Cursor } from '../../access/plan.ts'
import type { BundleLink } from '../../fhir/bundle.ts'
import { FhirError, type Issue } from '../../fhir/outcome.ts'
import type { AppContext } from '../../interactions/context.ts'
import { findLink, openLink, sealLink } from '../../interactions/link.ts'
import type { OperationInput } from '../../interactions/operation.ts'
import { joinBundle, toSearchEntries } from '../../interactions/page.ts'
import { type Params, quote, toQueryString } from '../../interactions/params.ts'
import { absent } from '../../interactions/read.ts'
import type { Result } from '../../interactions/result.ts'
import type { Page } from '../../store/store.ts'
import {
  type Inputs,
  type ParameterRule,
  readInputs,
  readPositive,
  readTexts,
  readTime,
} from '../input/parameters.ts'
import { buildEverything, compartmentTypes, type Everything, supportIncludes } from './query.ts'

const ONE: ParameterRule = { max: 1, value: 'text' }
const RULES = { _since: ONE, _count: ONE, _type: { max: '*', value: 'text' } } as const
const DATED = { ...RULES, start: ONE, end: ONE }

/** Where a walk goes on: everything but the cursor is asked and authorised again. */
interface Walk {
  readonly given: Params
  readonly after: Cursor
}

/**
 * Returns one page of everything in the compartment, with what it refers to outside as includes, each resource once to a
 * page. Throws FhirError `not-found` for a hidden resource as for an absent one, `invalid` for a type outside.
 */
export async function answerEverything(
  context: AppContext,
  input: OperationInput,
  compartment: Everything['compartment'],
): Promise<Result> {
  const { given, after } = await openWalk(context, input)
  const rules = compartment === 'Patient' ? DATED : RULES
  const inputs = readInputs(context, { ...input, params: given }, rules)
  const asked = toEverything(context, inputs, compartment, input.id)
  const gone = await findRoot(context, input, compartment)
  if (gone) return gone
  const query = buildEverything(context.definitions, asked)
  const page = await context.store.search(input.policy.searchPlan(query, after))
  const pairs = Object.keys(rules).flatMap((name) =>
    inputs(name).map((value) => [name, String(value)] as const),
  )
  return toBundle(context, input, compartment, pairs, page)
}

async function openWalk(
  context: AppContext,
  input: OperationInput,
): Promise<Walk | { given: Params; after?: undefined }> {
  const link = findLink(input)
  if (link === undefined) return { given: input.params }
  return openLink<Walk>(context, input.policy.principal, toPath(input), link)
}

function toPath({ type, id }: OperationInput): string {
  return id === undefined ? `${type}/$everything` : `${type}/${id}/$everything`
}

// Undefined where it stands, or where there is no single one.
async function findRoot(
  context: AppContext,
  { policy, id }: OperationInput,
  type: string,
): Promise<Result | undefined> {
  if (id === undefined) {
    if (policy.may('search-type', type)) return undefined
    throw new FhirError('forbidden', 'The scopes granted do not allow this search')
  }
  if (!policy.may('read', type)) throw new FhirError('forbidden', 'The scopes granted do not allow this read')
  const version = await context.store.read(policy.readPlan(type, id))
  if (version === undefined) throw absent(type)
  return version.document === undefined ? { kind: 'gone', version } : undefined
}

function toEverything(
  context: AppContext,
  inputs: Inputs,
  compartment: Everything['compartment'],
  id: string | undefined,
): Everything {
  const { maxCount, timeZone } = context.settings
  const types = readTexts(inputs, '_type')
  return {
    compartment,
    id,
    start: readTime(inputs, 'start', timeZone),
    end: readTime(inputs, 'end', timeZone),
    since: readTime(inputs, '_since', timeZone)?.start,
    ...(types.length > 0 && { types: assertTypes(context, compartment, types) }),
    count: Math.min(readPositive(inputs, '_count') ?? maxCount, maxCount),
  }
}

function assertTypes(
  { definitions }: AppContext,
  compartment: string,
  types: readonly string[],
): readonly string[] {
  const inside = compartmentTypes(definitions, compartment)
  const outside = supportIncludes(definitions, compartment, () => true)
  const support = new Set(outside.flatMap(({ targets }) => targets.map(({ type }) => type)))
  const stranger = types.find((type) => !inside.includes(type) && !support.has(type))
  if (stranger !== undefined)
    throw new FhirError('invalid', `_type: ${quote(stranger)} is not in the ${compartment} compartment`)
  if (types.some((type) => inside.includes(type))) return types
  throw new FhirError('invalid', `_type must name at least one type of the ${compartment} compartment`)
}

const INCLUDES_CUT: Issue = {
  severity: 'warning',
  code: 'too-costly',
  diagnostics: 'More resources are referred to than one page may hold: ask for smaller pages with _count',
}

async function toBundle(
  context: AppContext,
  input: OperationInput,
  compartment: string,
  given: Params,
  { matches, included, includesCut, next }: Page,
): Promise<Result> {
  const { baseUrl } = context.settings
  const path = toPath({ ...input, type: compartment })
  const entries = await toSearchEntries(baseUrl, context.definitions, {
    matches,
    included,
    issues: includesCut ? [INCLUDES_CUT] : [],
  })
  const query = toQueryString(given)
  const link: BundleLink[] = [{ relation: 'self', url: `${baseUrl}/${path}${query && `?${query}`}` }]
  if (next) {
    const walk: Walk = { given, after: next }
    const sealed = await sealLink(context, input.policy.principal, path, walk)
    link.push({ relation: 'next', url: `${baseUrl}/${path}?_page=${sealed}` })
  }
  return { kind: 'pieces', pieces: joinBundle({ type: 'searchset', link }, entries) }
}
