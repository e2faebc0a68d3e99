// search: of a type, of a compartment, of everything; page by page. https://hl7.org/fhir/R4/http.html#search
import type { Cursor } from '../access/plan.ts'
import type { Policy } from '../access/policy.ts'
import type { BundleLink } from '../fhir/bundle.ts'
import { FhirError, type Issue } from '../fhir/outcome.ts'
import { parseSearch, type SearchRequest } from '../search/parse.ts'
import type { Page, Reader } from '../store/store.ts'
import type { AppContext } from './context.ts'
import type { Search } from './interaction.ts'
import { findLink, openLink, sealLink } from './link.ts'
import { joinBundle, toSearchEntries } from './page.ts'
import { toQueryString } from './params.ts'
import type { Result } from './result.ts'

/** Where a walk goes on: everything but the cursor is asked, parsed and authorised again. */
export interface Walk {
  readonly search: Search
  readonly after: Cursor
}

/**
 * Returns one page as a searchset Bundle. `_page` goes on with a walk: under the policy of now, so that where access was
 * withdrawn meanwhile the page is empty. Throws FhirError as the search parser does; `bad-link`, `expired`; `forbidden`
 * where no resource of the type may be searched at all.
 */
export async function search(
  context: AppContext,
  reader: Reader,
  policy: Policy,
  asked: Search,
): Promise<Result> {
  const link = findLink(asked)
  if (link === undefined) return first(context, reader, policy, asked)
  return next(context, reader, policy, asked, link)
}

async function first(context: AppContext, reader: Reader, policy: Policy, asked: Search): Promise<Result> {
  const request = withoutTotal(policy, await parse(context, asked))
  const page = await reader.search(policy.searchPlan(request.query))
  const self = toUrl(context, asked, toQueryString(request.self))
  return toBundle(context, policy, asked, request, page, self)
}

async function next(
  context: AppContext,
  reader: Reader,
  policy: Policy,
  asked: Search,
  sealed: string,
): Promise<Result> {
  const { search, after } = await openLink<Walk>(context, policy.principal, toPath(asked), sealed)
  const self = toUrl(context, asked, `_page=${sealed}`)
  const request = withoutTotal(policy, await parse(context, search))
  const page = await readOn(reader, policy, request, after)
  return toBundle(context, policy, search, { ...request, issues: [] }, page, self)
}

// On a first page a closed chain is 403; on a later one access has been withdrawn, and the walk ends.
async function readOn(reader: Reader, policy: Policy, request: SearchRequest, after: Cursor): Promise<Page> {
  try {
    return await reader.search(policy.searchPlan(request.query, after))
  } catch (error) {
    if (!(error instanceof FhirError) || error.code !== 'forbidden') throw error
    return { matches: [], included: [], asOf: after.asOf }
  }
}

// U6: who uses data for another end than care learns numbers from `$count` alone, and no small ones.
function withoutTotal({ access }: Policy, request: SearchRequest): SearchRequest {
  return access.isSecondary ? { ...request, query: { ...request.query, total: 'none' } } : request
}

function parse(context: AppContext, { type, params, handling, compartment }: Search): Promise<SearchRequest> {
  return parseSearch(context, type, params, { handling, compartment })
}

async function toBundle(
  context: AppContext,
  policy: Policy,
  asked: Search,
  { mask, query, issues }: SearchRequest,
  page: Page,
  self: string,
): Promise<Result> {
  const { matches, included, total } = page
  const entries = await toSearchEntries(context.settings.baseUrl, context.definitions, {
    matches,
    included,
    issues: page.includesCut ? [...issues, INCLUDES_CUT] : issues,
    mask,
  })
  const link: BundleLink[] = [{ relation: 'self', url: self }]
  if (page.next && query.count > 0)
    link.push({ relation: 'next', url: await toNext(context, policy, asked, page.next) })
  return { kind: 'pieces', pieces: joinBundle({ type: 'searchset', total, link }, entries) }
}

/** Says that a page brings along less than it should. */
export const INCLUDES_CUT: Issue = {
  severity: 'warning',
  code: 'too-costly',
  diagnostics: 'More resources are to be included than one page may hold: some are left out',
}

async function toNext(context: AppContext, policy: Policy, asked: Search, after: Cursor): Promise<string> {
  const walk: Walk = { search: asked, after }
  const sealed = await sealLink(context, policy.principal, toPath(asked), walk)
  return toUrl(context, asked, `_page=${sealed}`)
}

/** Returns the path below the base that a search goes to. */
export function toPath({ type, compartment }: Search): string {
  if (compartment) return `${compartment.name}/${compartment.id}/${type ?? '*'}`
  return type ?? ''
}

/** Returns the URL of a search with this query string. */
export function toUrl({ settings }: AppContext, asked: Search, query: string): string {
  const path = toPath(asked)
  const url = path === '' ? settings.baseUrl : `${settings.baseUrl}/${path}`
  return query === '' ? url : `${url}?${query}`
}
