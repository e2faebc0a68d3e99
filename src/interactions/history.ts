// history of a resource, a type or everything, newest first. https://hl7.org/fhir/R4/http.html#history
import type { Cursor } from '../access/plan.ts'
import type { HistoryQuestion, Policy } from '../access/policy.ts'
import type { BundleLink } from '../fhir/bundle.ts'
import type { Mask } from '../fhir/mask.ts'
import { FhirError } from '../fhir/outcome.ts'
import { parseDateTime } from '../fhir/primitives.ts'
import type { Page, Reader } from '../store/store.ts'
import type { AppContext } from './context.ts'
import type { History } from './interaction.ts'
import { findLink, openLink, sealLink } from './link.ts'
import { createPacer } from './pace.ts'
import { isMasking, joinBundle, toHistoryEntry } from './page.ts'
import { type Params, parseMask, toQueryString } from './params.ts'
import { absent } from './read.ts'
import type { Piece, Result } from './result.ts'

interface Walk {
  readonly params: Params
  readonly after: Cursor
}

interface Request {
  readonly question: Omit<HistoryQuestion, 'types' | 'id' | 'after'>
  readonly mask: Mask | undefined
}

/**
 * Returns one page as a history Bundle: a version is listed where both it and the current one may be seen. Throws FhirError
 * `not-found` for the history of a resource that is not there, `invalid` and `not-supported` for its parameters.
 */
export async function history(
  context: AppContext,
  reader: Reader,
  policy: Policy,
  asked: History,
): Promise<Result> {
  const link = findLink(asked)
  const walk =
    link === undefined ? undefined : await openLink<Walk>(context, policy.principal, toPath(asked), link)
  const params = walk?.params ?? asked.params
  const parsed = parse(context, params, asked.id !== undefined)
  const request: Request = policy.access.isSecondary
    ? { ...parsed, question: { ...parsed.question, total: 'none' } }
    : parsed
  if (!walk) await assertThere(reader, policy, asked)
  const types = asked.type === undefined ? context.definitions.resourceTypes : [asked.type]
  const plan = policy.historyPlan({ ...request.question, types, id: asked.id, after: walk?.after })
  const self = toUrl(context, asked, link === undefined ? toQueryString(params) : `_page=${link}`)
  return toBundle(context, policy, { ...asked, params }, request, await reader.history(plan), self)
}

async function assertThere(reader: Reader, policy: Policy, { type, id }: History): Promise<void> {
  if (type === undefined || id === undefined) return
  if (!(await reader.read(policy.readPlan(type, id)))) throw absent(type)
}

const MASKING = new Set(['_summary', '_elements'])

function parse({ settings }: AppContext, params: Params, isInstance: boolean): Request {
  let question: Request['question'] = {
    count: settings.defaultCount,
    total: isInstance ? 'accurate' : 'none',
  }
  for (const [name, value] of params) {
    if (MASKING.has(name)) continue
    question = { ...question, ...parseOne(settings, name, value) }
  }
  if (question.at && (question.since !== undefined || question.before !== undefined))
    throw new FhirError('invalid', '_at excludes _since and _before')
  return { question, mask: parseMask(params.filter(([name]) => MASKING.has(name))) }
}

function parseOne(
  settings: AppContext['settings'],
  name: string,
  value: string,
): Partial<Request['question']> {
  switch (name) {
    case '_count':
      return { count: Math.min(toCount(value), settings.maxCount) }
    case '_since':
      return { since: toInterval(settings, name, value).start }
    case '_before':
      return { before: toPast(toInterval(settings, name, value).start) }
    case '_at': {
      const { start, end } = toInterval(settings, name, value)
      return { at: { from: start, to: end } }
    }
    case '_total':
      return { total: toTotal(value) }
    case '_sort':
      if (value === '-_lastUpdated') return {}
      throw new FhirError(
        'not-supported',
        'A history is sorted by -_lastUpdated, newest first, and no other way',
      )
  }
  parseMask([[name, value]])
  return {}
}

function toCount(value: string): number {
  if (/^\d{1,9}$/.test(value)) return Number(value)
  throw new FhirError('invalid', '_count must be a whole number, 0 or more')
}

function toTotal(value: string): 'none' | 'accurate' {
  if (value === 'none') return 'none'
  if (value === 'accurate' || value === 'estimate') return 'accurate'
  throw new FhirError('invalid', '_total must be none, estimate or accurate')
}

function toInterval(
  { timeZone }: AppContext['settings'],
  name: string,
  value: string,
): { readonly start: number; readonly end: number } {
  const interval = parseDateTime(value.replace(' ', '+'), timeZone)
  if (interval) return interval
  throw new FhirError('invalid', `${name} must be a date or an instant, such as 2026-01-31T09:00:00+09:00`)
}

function toPast(instant: number): number {
  if (instant <= Date.now()) return instant
  throw new FhirError('invalid', '_before must not lie in the future')
}

async function toBundle(
  context: AppContext,
  policy: Policy,
  asked: History,
  { mask, question }: Request,
  page: Page,
  self: string,
): Promise<Result> {
  const { definitions, settings } = context
  const pace = createPacer()
  const entries: (readonly Piece[])[] = []
  for (const version of page.matches) {
    if (isMasking(mask)) await pace()
    entries.push(toHistoryEntry(settings.baseUrl, definitions, version, mask))
  }
  const link: BundleLink[] = [{ relation: 'self', url: self }]
  if (page.next && question.count > 0) {
    const walk: Walk = { params: asked.params, after: page.next }
    const sealed = await sealLink(context, policy.principal, toPath(asked), walk)
    link.push({ relation: 'next', url: toUrl(context, asked, `_page=${sealed}`) })
  }
  return { kind: 'pieces', pieces: joinBundle({ type: 'history', total: page.total, link }, entries) }
}

function toPath({ type, id }: History): string {
  return [type, id, '_history'].filter((part) => part !== undefined).join('/')
}

function toUrl({ settings }: AppContext, asked: History, query: string): string {
  const url = `${settings.baseUrl}/${toPath(asked)}`
  return query === '' ? url : `${url}?${query}`
}
