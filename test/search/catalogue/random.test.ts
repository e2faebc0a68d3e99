// Random searches over the official examples: the store and memory find the same, in the same order. https://hl7.org/fhir/R4/search.html
import fc from 'fast-check'
import t from 'tap'
import { loadDefinitions, type SearchParameter } from '../../../src/fhir/definitions.ts'
import { stringifyJson } from '../../../src/fhir/json.ts'
import type { Resource } from '../../../src/fhir/resource.ts'
import { createIndexer } from '../../../src/search/index-values.ts'
import { BROKEN } from '../../support/broken-examples.ts'
import { examplesMissing, officialExamples } from '../../support/examples.ts'
import { matchesOf, openCatalogue } from '../../support/naive-search.ts'
import { toSearchValue } from '../../support/search-value.ts'

const TYPES = ['Patient', 'Observation', 'Encounter', 'Organization', 'Practitioner'] as const
const MOST_OF_A_TYPE = 25
const RUNS = 600

const definitions = loadDefinitions()
const index = createIndexer(definitions, { timeZone: 'Asia/Tokyo', baseUrl: 'http://localhost/fhir' })

/** Condition on a type without the type: `name`, `name:modifier` and values that something has. */
interface Known {
  readonly parameter: SearchParameter
  readonly values: readonly string[]
}

function knownOf(type: string, resources: readonly Resource[]): Known[] {
  const entries = resources.filter(({ resourceType }) => resourceType === type).flatMap(index)
  return [...definitions.searchParameters(type).values()]
    .map((parameter) => {
      const own = entries.filter(({ param }) => param === parameter.code)
      const values = own
        .map((entry) => toSearchValue(parameter, entry))
        .filter((value) => value !== undefined)
      return { parameter, values: [...new Set(values)].filter((value) => !value.includes('\u0002')) }
    })
    .filter(({ values }) => values.length > 0)
}

const PREFIXES = ['', 'eq', 'ne', 'gt', 'lt', 'ge', 'le', 'sa', 'eb', 'ap']

function toValue({ parameter, values }: Known): fc.Arbitrary<string> {
  const known = fc.constantFrom(...values)
  switch (parameter.type) {
    case 'date':
      return fc
        .tuple(fc.constantFrom(...PREFIXES), known, fc.constantFrom(4, 7, 10, 99))
        .map(([prefix, value, length]) => prefix + value.slice(2).slice(0, length))
    case 'number':
    case 'quantity':
      return fc.tuple(fc.constantFrom(...PREFIXES), known, fc.constantFrom(3, 99)).map(
        ([prefix, value, length]) =>
          prefix +
          value
            .slice(2)
            .slice(0, length)
            .replace(/[.e-]+$/, ''),
      )
    case 'string':
      return fc
        .tuple(known, fc.constantFrom(1, 3, 99))
        .map(([value, length]) => [...value].slice(0, length).join(''))
    case 'token':
      return fc
        .tuple(known, fc.boolean())
        .map(([value, whole]) => (whole || value.endsWith('|') ? value : value.replace(/^.*(?<!\\)\|/, '')))
    default:
      return known
  }
}

function conditionOf(known: Known): fc.Arbitrary<string> {
  const { code, type } = known.parameter
  const values = fc
    .array(toValue(known), { minLength: 1, maxLength: 3 })
    .map((each) => each.map(encodeURIComponent))
  const modifier = type === 'token' ? ['', ':not'] : type === 'string' ? ['', ':contains', ':exact'] : ['']
  const missing = fc.boolean().map((truth) => `${code}:missing=${truth}`)
  const plain = fc.tuple(fc.constantFrom(...modifier), values).map(([how, some]) => `${code}${how}=${some}`)
  return fc.oneof({ weight: 5, arbitrary: plain }, { weight: 1, arbitrary: missing })
}

t.test('random searches', { skip: examplesMissing }, async (t) => {
  const resources = TYPES.flatMap((type) =>
    [...officialExamples(`${type}-`)]
      // Those that break R4 are refused, so that no search finds them.
      .filter(({ file, resource }) => resource.resourceType === type && BROKEN[file] === undefined)
      .map(({ resource }) => resource)
      .slice(0, MOST_OF_A_TYPE),
  )
  const { call, remember } = await openCatalogue(resources.map((each) => stringifyJson(each)))
  const known = new Map(TYPES.map((type) => [type as string, knownOf(type, resources)]))
  const ofType = (type: string) => fc.constantFrom(...known.get(type)!).chain(conditionOf)
  const chained = fc.constantFrom('Patient', 'Practitioner').chain((to) => {
    const head = to === 'Patient' ? 'subject' : 'performer'
    return ofType(to).map((condition) => `${head}:${to}.${condition}`)
  })
  const reversed = ofType('Observation').map((condition) => `_has:Observation:subject:${condition}`)
  const condition = (type: string) => {
    if (type === 'Observation') return fc.oneof(ofType(type), ofType(type), chained)
    return type === 'Patient' ? fc.oneof(ofType(type), ofType(type), reversed) : ofType(type)
  }
  const sort = (type: string) =>
    fc
      .tuple(
        fc.constantFrom('', '', '-'),
        fc.constantFrom(...known.get(type)!.map(({ parameter }) => parameter.code)),
      )
      .map(([sign, code]) => `_sort=${sign}${code}`)
  const search = fc
    .constantFrom(...TYPES)
    .chain((type) =>
      fc
        .tuple(fc.array(condition(type), { maxLength: 3 }), fc.option(sort(type)))
        .map(
          ([conditions, order]) =>
            `${type}?${[...conditions, ...(order ? [order] : []), '_count=1000'].join('&')}`,
        ),
    )
  let found = 0
  await fc.assert(
    fc.asyncProperty(search, async (query) => {
      const reply = await call('GET', query)
      if (reply.status !== 200) throw new Error(`${query} answered ${reply.status}: ${reply.text}`)
      const remembered = await remember(query)
      const matches = matchesOf(reply.body)
      const inOrder = (ids: readonly string[]) => (query.includes('_sort=') ? ids : ids.toSorted()).join(' ')
      if (inOrder(matches) !== inOrder(remembered))
        throw new Error(`${query} gave ${matches}, memory ${remembered}`)
      if (matches.length > 0) found++
    }),
    { numRuns: RUNS },
  )
  t.ok(found > RUNS / 5, `${found} of ${RUNS} find something`)
})
