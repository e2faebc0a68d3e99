// Observation/$stats: numbers over the measurements of one subject. https://hl7.org/fhir/R4/observation-operation-stats.html
import { FhirError } from '../fhir/outcome.ts'
import { parseReference } from '../fhir/reference.ts'
import type { Resource } from '../fhir/resource.ts'
import type { AppContext } from '../interactions/context.ts'
import type { Operation, OperationInput } from '../interactions/operation.ts'
import type { Result } from '../interactions/result.ts'
import { parseSearch } from '../search/parse.ts'
import { type Asked, toAsked } from './observation/asked.ts'
import { groupByCode } from './observation/groups.ts'
import { type AskedCode, hasCode, type Measure, toMeasures, toSamples } from './observation/measure.ts'
import { toReport } from './observation/report.ts'
import { timeOf, walkNewest } from './observation/walk.ts'

export const operation: Operation = {
  code: 'stats',
  definition: 'http://hl7.org/fhir/OperationDefinition/Observation-stats',
  levels: ['type'],
  types: ['Observation'],
  affectsState: false,
  run,
}

async function run(context: AppContext, input: OperationInput): Promise<Result> {
  if (!input.policy.may('search-type', 'Observation'))
    throw new FhirError('forbidden', 'The scopes granted do not allow this search')
  const asked = toAsked(context, input)
  const { measures, sources, panels } = await measure(context, input, asked)
  const groups = groupByCode(measures)
  // The answer has one for each code at least; what a panel measures stands under the codes of its members.
  const missing = asked.codes.filter(
    (code) =>
      !(panels.has(code) && measures.length > 0) && !measures.some((each) => hasCode(each.code, code)),
  )
  const reports = [
    ...groups.map((group) => {
      const samples = toSamples(group)
      return toReport(
        { ...asked, code: group[0]!.code ?? {}, period: toPeriod(asked, group) },
        asked.statistics,
        samples,
      )
    }),
    ...missing.map((coding) =>
      toReport({ ...asked, code: { coding: [coding] } }, asked.statistics, { samples: [], total: 0 }),
    ),
  ]
  const parameter = [
    ...reports.map((resource) => ({ name: 'statistics', resource })),
    ...sources.map((resource) => ({ name: 'source', resource })),
  ]
  return { kind: 'resource', resource: { resourceType: 'Parameters', parameter } }
}

function toPeriod({ period }: Asked, group: readonly Measure[]): Asked['period'] {
  if (period.start || period.end) return period
  const times = group.map(({ at }) => at).filter((at) => Number.isFinite(at))
  if (times.length === 0) return {}
  // Newest first.
  return { start: new Date(times.at(-1)!).toISOString(), end: new Date(times[0]!).toISOString() }
}

interface Measured {
  /** Newest first. */
  readonly measures: readonly Measure[]
  readonly sources: readonly Resource[]
  /** Codes asked for that an Observation has, whether or not it measures something itself. */
  readonly panels: ReadonlySet<AskedCode>
}

async function measure(context: AppContext, { policy }: OperationInput, asked: Asked): Promise<Measured> {
  const { query } = await parseSearch(context, 'Observation', toParams(asked))
  const [measures, sources, panels]: [Measure[], Resource[], Set<AskedCode>] = [[], [], new Set()]
  const [seen, members] = [new Set<string>(), new Set<string>()]
  const isAsked = (concept: Measure['code']) => asked.codes.some((code) => hasCode(concept, code))
  for await (const { version, resource, mode } of walkNewest(context, policy, query)) {
    const isMember = members.has(`Observation/${version.id}`)
    if (seen.has(version.id) || (mode === 'include' && !isMember)) continue
    if (resource['status'] === 'entered-in-error') continue
    seen.add(version.id)
    const code = resource['code'] as Measure['code']
    for (const each of asked.codes) if (hasCode(code, each)) panels.add(each)
    if (isAsked(code)) for (const ref of toMembers(context, resource)) members.add(ref)
    const found = toMeasures(resource, timeOf(context, resource) ?? Number.NaN, isAsked, isMember)
    measures.push(...found)
    if (found.length > 0 && sources.length < asked.sources) sources.push(resource)
  }
  return { measures: measures.toSorted((a, b) => (b.at || 0) - (a.at || 0)), sources, panels }
}

function toMembers({ settings }: AppContext, resource: Resource): readonly string[] {
  const members = (resource['hasMember'] ?? []) as readonly { readonly reference?: string }[]
  return members.flatMap(({ reference = '' }) => {
    const own = parseReference(reference, settings.baseUrl)
    return own.kind === 'own' ? [`${own.type}/${own.id}`] : []
  })
}

function toParams({ subject, codes, period }: Asked): readonly (readonly [string, string])[] {
  const quoted = (text: string) => text.replace(/[\\,|$]/g, '\\$&')
  const tokens = codes.map(({ system, code }) =>
    system === undefined ? quoted(code) : `${quoted(system)}|${quoted(code)}`,
  )
  return [
    ['subject', subject],
    ['combo-code', tokens.join(',')],
    ['status:not', 'entered-in-error'],
    ...(period.start ? [['date', `ge${period.start}`] as const] : []),
    ...(period.end ? [['date', `le${period.end}`] as const] : []),
    ['_include', 'Observation:has-member'],
  ]
}
