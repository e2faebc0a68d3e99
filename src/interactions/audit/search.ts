// search of AuditEvents: first the rows of the access log, newest first, then what clients have stored. https://hl7.org/fhir/R4/http.html#search

import type { AuditRow } from '../../access/audit.ts'
import type { Policy } from '../../access/policy.ts'
import type { BundleLink } from '../../fhir/bundle.ts'
import { FhirError } from '../../fhir/outcome.ts'
import { evaluate } from '../../search/evaluate.ts'
import { parseSearch, type SearchRequest } from '../../search/parse.ts'
import type { Expr, SortKey } from '../../search/query.ts'
import type { Kept, Page, Reader, Version } from '../../store/store.ts'
import type { AppContext } from '../context.ts'
import type { Search } from '../interaction.ts'
import { openLink, sealLink } from '../link.ts'
import { createPacer } from '../pace.ts'
import { joinBundle, toSearchEntries } from '../page.ts'
import { toQueryString } from '../params.ts'
import type { Result } from '../result.ts'
import { search, toPath, toUrl, type Walk } from '../search.ts'
import { shareOf, showRow } from './entitled.ts'

/** A walk that is still among the rows: it goes on before this one. */
interface RowWalk {
  readonly search: Search
  readonly before: number
  readonly total?: number
}

/** The rows of a page; `before` where there are more. */
interface Rows {
  readonly versions: readonly Version[]
  readonly before?: number
}

/** Where a page begins, and the link that led to it. */
interface Place {
  readonly before: number
  readonly total?: number
  readonly link: string
}

/**
 * Returns one page. Rows are those that the principal may read, as it may see them; every search parameter of AuditEvent
 * works on them. Throws FhirError `not-supported` for includes, chains and for orders other than newest first.
 */
export async function searchAuditEvents(
  context: AppContext,
  reader: Reader,
  policy: Policy,
  asked: Search,
): Promise<Result> {
  const page = asked.params.find(([name]) => name === '_page')
  if (page === undefined) return answer(context, reader, policy, asked)
  if (asked.params.length > 1) throw new FhirError('bad-link', 'A page link has no other parameters')
  const walk = await openLink<Walk | RowWalk>(context, policy.principal, toPath(asked), page[1])
  if (!('before' in walk)) return search(context, reader, policy, asked)
  return answer(context, reader, policy, walk.search, { ...walk, link: page[1] })
}

async function answer(
  context: AppContext,
  reader: Reader,
  policy: Policy,
  asked: Search,
  place?: Place,
): Promise<Result> {
  const { type, params, handling, compartment } = asked
  const request = await parseSearch(context, type, params, { handling, compartment })
  assertServed(request)
  const { count } = request.query
  const total = place ? place.total : await countAll(context, reader, policy, request)
  const rows = await readRows(context, policy, request, place?.before)
  const stored = await readStored(reader, policy, request, rows)
  const next = toNext(asked, rows, stored, count, total)
  const entries = await toSearchEntries(context.settings.baseUrl, context.definitions, {
    matches: [...rows.versions, ...stored.matches].slice(0, count),
    included: [],
    issues: place ? [] : request.issues,
    mask: request.mask,
  })
  const self = place ? `_page=${place.link}` : toQueryString(request.self)
  const link: BundleLink[] = [{ relation: 'self', url: toUrl(context, asked, self) }]
  if (next) {
    const sealed = await sealLink(context, policy.principal, toPath(asked), next)
    link.push({ relation: 'next', url: toUrl(context, asked, `_page=${sealed}`) })
  }
  return { kind: 'pieces', pieces: joinBundle({ type: 'searchset', total, link }, entries) }
}

function assertServed({ query }: SearchRequest): void {
  if (query.includes.length > 0)
    throw new FhirError('not-supported', 'AuditEvents are found without _include and _revinclude')
  if (!query.sort.every(isNewestFirst))
    throw new FhirError('not-supported', 'AuditEvents come newest first: _sort may be -date or -_lastUpdated')
  if (query.select.some(({ where }) => isChained(where)))
    throw new FhirError(
      'not-supported',
      'AuditEvents are found by their own parameters, not by those of others',
    )
}

function isNewestFirst({ param, descending }: SortKey): boolean {
  return descending && (param === 'date' || param === '_lastUpdated')
}

function isChained(expr: Expr): boolean {
  switch (expr.kind) {
    case 'and':
    case 'or':
      return expr.of.some(isChained)
    case 'not':
      return isChained(expr.of)
    case 'chain':
    case 'has':
      return true
    case 'all':
    case 'none':
    case 'compartment':
    case 'match':
      return false
  }
}

/** Rows asked for at once. */
const SLICE_ROWS = 200

type Match = Kept<AuditRow> & { readonly version: Version }

async function* walkRows(
  context: AppContext,
  policy: Policy,
  { query }: SearchRequest,
  before: number | undefined,
): AsyncGenerator<Match> {
  const share = shareOf(policy.principal)
  const { where } = query.select[0]!
  const pace = createPacer()
  for (let after = before; ; ) {
    const slice = await context.store.journal.list({ ...share, after, limit: SLICE_ROWS })
    for (const kept of slice.rows) {
      await pace()
      const shown = showRow(context, policy, 's', kept.row)
      if (shown && evaluate(where, 'AuditEvent', shown.entries)) yield { ...kept, version: shown.version }
    }
    if (slice.next === undefined) return
    after = slice.next
  }
}

async function readRows(
  context: AppContext,
  policy: Policy,
  request: SearchRequest,
  before: number | undefined,
): Promise<Rows> {
  const { count } = request.query
  const found: Match[] = []
  if (count === 0 || before === 0) return { versions: [] }
  for await (const match of walkRows(context, policy, request, before)) {
    // One more than the page holds: a next page is never empty.
    if (found.length === count)
      return { versions: found.map(({ version }) => version), before: found.at(-1)!.seq }
    found.push(match)
  }
  return { versions: found.map(({ version }) => version) }
}

// Only where the rows have come to their end; where they fill the page, whether there is anything at all.
async function readStored(
  reader: Reader,
  policy: Policy,
  { query }: SearchRequest,
  { versions, before }: Rows,
): Promise<Page> {
  if (before !== undefined || query.count === 0) return { matches: [], included: [], asOf: 0 }
  const count = Math.max(query.count - versions.length, 1)
  return reader.search(policy.searchPlan({ ...query, count, total: 'none' }))
}

async function countAll(
  context: AppContext,
  reader: Reader,
  policy: Policy,
  request: SearchRequest,
): Promise<number | undefined> {
  const { query } = request
  if (query.total === 'none') return undefined
  let rows = 0
  for await (const _ of walkRows(context, policy, request, undefined)) rows++
  const { total = 0 } = await reader.search(policy.searchPlan({ ...query, count: 0 }))
  return rows + total
}

function toNext(
  asked: Search,
  { versions, before }: Rows,
  stored: Page,
  count: number,
  total: number | undefined,
): Walk | RowWalk | undefined {
  if (count === 0) return undefined
  const sum = total !== undefined && { total }
  if (before !== undefined) return { search: asked, before, ...sum }
  // Nothing but rows on this page: what is stored begins on the next.
  if (versions.length === count)
    return stored.matches.length > 0 ? { search: asked, before: 0, ...sum } : undefined
  return stored.next && { search: asked, after: { ...stored.next, ...sum } }
}
