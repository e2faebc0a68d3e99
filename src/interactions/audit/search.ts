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
import { findLink, openLink, sealLink } from '../link.ts'
import { createPacer } from '../pace.ts'
import { joinBundle, toSearchEntries } from '../page.ts'
import { toQueryString } from '../params.ts'
import type { Result } from '../result.ts'
import { INCLUDES_CUT, search, toPath, toUrl, type Walk } from '../search.ts'
import { boundsOf, idIn } from './bounds.ts'
import { type Shown, shareOf, showRow, toVersion } from './entitled.ts'
import { readIncluded } from './include.ts'

/** A walk that is still among the rows: it goes on before this one. */
interface RowWalk {
  readonly search: Search
  readonly before: number
  readonly total?: number
}

/** The rows of a page; `before` where there are more. */
interface Rows {
  readonly shown: readonly Shown[]
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
 * works on them. Throws FhirError `not-supported` for _revinclude, chains and orders other than newest first.
 */
export async function searchAuditEvents(
  context: AppContext,
  reader: Reader,
  policy: Policy,
  asked: Search,
): Promise<Result> {
  const link = findLink(asked)
  if (link === undefined) return answer(context, reader, policy, asked)
  const walk = await openLink<Walk | RowWalk>(context, policy.principal, toPath(asked), link)
  if (!('before' in walk)) return search(context, reader, policy, asked)
  return answer(context, reader, policy, walk.search, { ...walk, link })
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
  // Of a page that is full of rows, what is stored was only looked for.
  const { matches, included, includesCut } = rows.shown.length < count ? stored : NOTHING
  const along = await readIncluded(reader, policy, request.query.includes, rows.shown)
  const issues = place ? [] : request.issues
  const entries = await toSearchEntries(context.settings.baseUrl, context.definitions, {
    matches: [...rows.shown.map(toVersion), ...matches],
    included: [...along.versions, ...included.filter((each) => !isAmong(along.versions, each))],
    issues: along.cut || includesCut ? [...issues, INCLUDES_CUT] : issues,
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

const NOTHING: Page = { matches: [], included: [], asOf: 0 }

function isAmong(versions: readonly Version[], { type, id }: Version): boolean {
  return versions.some((each) => each.type === type && each.id === id)
}

function assertServed({ query }: SearchRequest): void {
  if (query.includes.some(({ kind, iterate }) => kind !== 'include' || iterate))
    throw new FhirError(
      'not-supported',
      'AuditEvents are found without _revinclude, and _include goes one step',
    )
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
    case 'type':
    case 'granted':
    case 'needs':
    case 'compartment':
    case 'match':
      return false
  }
}

/** Rows asked for at once. */
const SLICE_ROWS = 200

interface Match {
  readonly seq: number
  readonly shown: Shown
}

async function* walkRows(
  context: AppContext,
  policy: Policy,
  { query }: SearchRequest,
  before: number | undefined,
): AsyncGenerator<Match> {
  const { where } = query.select[0]!
  const pace = createPacer()
  for await (const { seq, row } of listRows(context, policy, where, before)) {
    await pace()
    const shown = showRow(context, policy, 's', row)
    if (shown && evaluate(where, 'AuditEvent', shown.entries)) yield { seq, shown }
  }
}

async function* listRows(
  { store: { journal } }: AppContext,
  { principal }: Policy,
  where: Expr,
  before: number | undefined,
): AsyncGenerator<Kept<AuditRow>> {
  const id = idIn(where)
  if (id !== undefined) {
    const row = await journal.find(id)
    if (row) yield { seq: 0, row }
    return
  }
  const question = { ...shareOf(principal), ...boundsOf(where), limit: SLICE_ROWS }
  for (let after = before; ; ) {
    const slice = await journal.list({ ...question, after })
    yield* slice.rows
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
  const shown: Shown[] = []
  let last = 0
  if (count === 0 || before === 0) return { shown }
  for await (const match of walkRows(context, policy, request, before)) {
    // One more than the page holds: a next page is never empty.
    if (shown.length === count) return { shown, before: last }
    shown.push(match.shown)
    last = match.seq
  }
  return { shown }
}

// Only where the rows have come to their end; where they fill the page, whether there is anything at all.
async function readStored(
  reader: Reader,
  policy: Policy,
  { query }: SearchRequest,
  { shown, before }: Rows,
): Promise<Page> {
  if (before !== undefined || query.count === 0) return NOTHING
  const count = Math.max(query.count - shown.length, 1)
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
  { shown, before }: Rows,
  stored: Page,
  count: number,
  total: number | undefined,
): Walk | RowWalk | undefined {
  if (count === 0) return undefined
  const sum = total !== undefined && { total }
  if (before !== undefined) return { search: asked, before, ...sum }
  // Nothing but rows on this page: what is stored begins on the next.
  if (shown.length === count)
    return stored.matches.length > 0 ? { search: asked, before: 0, ...sum } : undefined
  return stored.next && { search: asked, after: { ...stored.next, ...sum } }
}
