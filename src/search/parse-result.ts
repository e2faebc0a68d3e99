// Parameters that shape the answer: order, size, totals, what comes along. https://hl7.org/fhir/R4/search.html#return

import type { Mask } from '../fhir/mask.ts'
import { FhirError, type Issue } from '../fhir/outcome.ts'
import { type SearchContext, show } from './context.ts'
import { findParameter } from './find-parameter.ts'
import { type ReferenceRow, referenceRows } from './parse-condition.ts'
import { ALL, type Include, type SortKey } from './query.ts'

/** What the result parameters have said so far. */
export interface Shape {
  readonly sort: SortKey[]
  readonly includes: Include[]
  readonly issues: Issue[]
  count: number
  total: 'none' | 'accurate'
  mask?: Mask
}

const MAX_SORT = 8
const SUMMARIES = ['true', 'text', 'data', 'count', 'false'] as const

type Read = (
  context: SearchContext,
  shape: Shape,
  types: readonly string[],
  value: string,
  modifier?: string,
) => string | undefined

/** Every result parameter; each returns the value really applied where that is not the one given. */
const PARAMETERS: ReadonlyMap<string, Read> = new Map<string, Read>([
  ['_count', readCount],
  ['_sort', readSort],
  ['_total', readTotal],
  ['_summary', readSummary],
  ['_elements', readElements],
  ['_include', readInclude],
  ['_revinclude', readRevinclude],
  ['_contained', readContained],
])

/** Those that may stand more than once. */
const REPEATABLE = new Set(['_include', '_revinclude'])

/** True of a parameter that shapes the answer, whatever its modifier. */
export function isResultParameter(name: string): boolean {
  return PARAMETERS.has(name.split(':', 1)[0]!)
}

/**
 * Applies a result parameter to `shape` and returns the value really applied. `seen` holds those read before. Throws
 * FhirError `invalid` or `not-supported`, naming it, and leaves `shape` as it was.
 */
export function readResultParameter(
  context: SearchContext,
  shape: Shape,
  types: readonly string[],
  [name, value]: readonly [string, string],
  seen: Set<string>,
): string {
  const [base = '', modifier, ...rest] = name.split(':')
  const including = REPEATABLE.has(base)
  if (rest.length > 0 || (modifier !== undefined && !including))
    throw new FhirError('not-supported', `The modifier of ${show(name)} is not known`)
  if (!including && seen.has(base)) throw new FhirError('invalid', `${base} stands twice`)
  const applied = PARAMETERS.get(base)!(context, shape, types, value, modifier) ?? value
  seen.add(base)
  return applied
}

function readCount(
  { settings }: SearchContext,
  shape: Shape,
  _: readonly string[],
  value: string,
): string | undefined {
  if (!/^\d{1,15}$/.test(value)) throw new FhirError('invalid', '_count must be a whole number, 0 or more')
  shape.count = Math.min(Number(value), settings.maxCount)
  if (shape.count === 0) shape.total = 'accurate'
  if (Number(value) <= settings.maxCount) return undefined
  const diagnostics = `_count is cut down to ${settings.maxCount}, the most that a page may hold`
  shape.issues.push({ severity: 'warning', code: 'informational', diagnostics })
  return String(settings.maxCount)
}

function readSort(context: SearchContext, shape: Shape, types: readonly string[], value: string): undefined {
  const keys = value.split(',').map((text) => toSortKey(context, types, text.trim()))
  if (keys.length > MAX_SORT) throw new FhirError('too-costly', `_sort takes at most ${MAX_SORT} keys`)
  shape.sort.push(...keys)
}

function toSortKey(context: SearchContext, types: readonly string[], text: string): SortKey {
  const descending = text.startsWith('-')
  const code = descending ? text.slice(1) : text
  if (code === '') throw new FhirError('invalid', '_sort must name search parameters, separated by commas')
  const params = new Set(types.map((type) => toSortParam(context, type, code)))
  if (params.size === 1) return { param: [...params][0]!, descending }
  throw new FhirError('not-supported', `The types searched cannot be sorted together by ${show(code)}`)
}

function toSortParam(context: SearchContext, type: string, code: string): string {
  const { parameter, served } = findParameter(context, type, code)
  if (served.kind === 'own' && parameter.type !== 'special') return code
  if (served.kind === 'narrowed') return served.param
  if (served.kind === 'union' && served.of.length === 1) return toSortParam(context, type, served.of[0]!)
  throw new FhirError('not-supported', `${type} cannot be sorted by ${show(code)}: it joins several values`)
}

function readTotal(_: SearchContext, shape: Shape, __: readonly string[], value: string): undefined {
  if (value !== 'none' && value !== 'estimate' && value !== 'accurate')
    throw new FhirError('invalid', '_total must be none, estimate or accurate')
  if (value !== 'none') shape.total = 'accurate'
}

function readSummary(_: SearchContext, shape: Shape, __: readonly string[], value: string): undefined {
  const summary = SUMMARIES.find((each) => each === value)
  if (!summary) throw new FhirError('invalid', '_summary must be true, text, data, count or false')
  if (shape.mask?.elements) throw new FhirError('invalid', '_summary and _elements exclude each other')
  if (summary === 'count') {
    shape.count = 0
    shape.total = 'accurate'
  } else shape.mask = { summary }
}

function readElements(_: SearchContext, shape: Shape, types: readonly string[], value: string): undefined {
  if (shape.mask?.summary) throw new FhirError('invalid', '_summary and _elements exclude each other')
  const elements = value.split(',').map((name) => name.trim())
  if (!elements.every((name) => /^([A-Z][A-Za-z]*\.)?[A-Za-z][A-Za-z0-9]*$/.test(name)))
    throw new FhirError('invalid', '_elements must name elements of the resource, separated by commas')
  const own = elements.map((name) =>
    types.includes(name.split('.')[0]!) ? name.slice(name.indexOf('.') + 1) : name,
  )
  shape.mask = { elements: own }
}

function readContained(_: SearchContext, __: Shape, ___: readonly string[], value: string): undefined {
  if (value !== 'false')
    throw new FhirError('not-supported', '_contained is served with its default, false, only')
}

interface Directed {
  readonly source: string
  readonly rows: readonly ReferenceRow[]
  readonly target?: string
}

/** Returns what `Type:reference[:Target]` or `Type:*` names; throws FhirError where a part is unknown or does not fit. */
function parseDirected(context: SearchContext, name: string, value: string): Directed {
  const [source = '', code, target, ...rest] = value.split(':')
  if (code === undefined || rest.length > 0)
    throw new FhirError('invalid', `${name} must be Type:reference or Type:reference:Target`)
  for (const type of [source, ...(target === undefined ? [] : [target])])
    if (!context.definitions.isResourceType(type))
      throw new FhirError('invalid', `${name} names ${show(type)}, which is no resource type`)
  const rows = code === '*' ? allRows(context, source) : referenceRows(context, source, code)
  if (target !== undefined && !rows.some(({ targets }) => targets.includes(target)))
    throw new FhirError('invalid', `${show(code)} of ${source} does not point at ${target}`)
  return { source, rows, ...(target === undefined ? {} : { target }) }
}

function allRows(context: SearchContext, type: string): ReferenceRow[] {
  const all = [...context.definitions.searchParameters(type).values()].filter(
    (each) => each.type === 'reference',
  )
  const rows = all.flatMap(({ code }) => referenceRows(context, type, code))
  return [...Map.groupBy(rows, ({ param }) => param)].map(([param, same]) => ({
    param,
    targets: [...new Set(same.flatMap(({ targets }) => targets))],
  }))
}

function toIncludes(kind: Include['kind'], { source, rows, target }: Directed, iterate: boolean): Include[] {
  return rows
    .map(({ param, targets }) => ({
      param,
      types: target === undefined ? targets : targets.filter((each) => each === target),
    }))
    .filter(({ types }) => types.length > 0)
    .map(({ param, types }) => ({
      kind,
      iterate,
      param,
      source: { type: source, where: ALL },
      targets: types.map((type) => ({ type, where: ALL })),
    }))
}

function isIterate(name: string, modifier: string | undefined): boolean {
  if (modifier !== undefined && modifier !== 'iterate')
    throw new FhirError('not-supported', `The modifier of ${name} is not known`)
  return modifier === 'iterate'
}

function readInclude(
  context: SearchContext,
  shape: Shape,
  types: readonly string[],
  value: string,
  modifier?: string,
): undefined {
  const iterate = isIterate('_include', modifier)
  const values = value === '*' ? types.map((type) => `${type}:*`) : [value]
  const directed = values.map((each) => parseDirected(context, '_include', each))
  for (const { source } of directed)
    if (!iterate && !types.includes(source))
      throw new FhirError('invalid', `_include starts at ${source}, which is not searched: use :iterate`)
  shape.includes.push(...directed.flatMap((each) => toIncludes('include', each, iterate)))
}

function readRevinclude(
  context: SearchContext,
  shape: Shape,
  types: readonly string[],
  value: string,
  modifier?: string,
): undefined {
  const iterate = isIterate('_revinclude', modifier)
  const directed = parseDirected(context, '_revinclude', value)
  const includes = toIncludes('revinclude', directed, iterate)
  const reaches = includes.some(({ targets }) => targets.some(({ type }) => types.includes(type)))
  if (!iterate && !reaches)
    throw new FhirError('invalid', `_revinclude of ${show(value)} does not point at what is searched`)
  shape.includes.push(...includes)
}
