// A catalogue of searches: each is asked of the whole server and of plain memory, and both must give what the table says.
import t, { type Test } from 'tap'
import { loadDefinitions } from '../../src/fhir/definitions.ts'
import { parseJson } from '../../src/fhir/json.ts'
import type { Resource } from '../../src/fhir/resource.ts'
import { createTerminology } from '../../src/fhir/terminology.ts'
import { createIndexer } from '../../src/search/index-values.ts'
import { parseSearch } from '../../src/search/parse.ts'
import { createModel, search, write } from './model.ts'
import { type Call, diagnosticsOf, openClient } from './rest.ts'
import { openServer } from './server.ts'

/** A refusal: its status, and what its diagnostics must name. */
export interface Refusal {
  readonly status: number
  readonly names: string
}

/** The ids that match, separated by spaces (in any order, unless the search has a `_sort`), or a refusal. */
export type Expected = string | Refusal

/** A search below the base, as it stands in a URL, and what it gives. */
export type Row = readonly [query: string, expected: Expected]

/** A resource, or its JSON where numbers must keep their digits. */
export type Fixture = Readonly<Record<string, unknown>> | string

export interface Settings {
  readonly timeZone: string
  readonly baseUrl: string
  readonly defaultCount: number
  readonly maxCount: number
}

/** Returns a refusal with 400 that names `names`. */
export const refused = (names: string, status = 400): Refusal => ({ status, names })

/** Returns a search over `resources` without a store: index, parse and evaluate alone. It gives the ids, in order. */
export function openNaive(
  resources: readonly Resource[],
  deleted: ReadonlySet<string>,
  settings: Settings,
): (query: string) => Promise<string[]> {
  const definitions = loadDefinitions()
  const index = createIndexer(definitions, settings)
  const context = { definitions, terminology: createTerminology(definitions), settings }
  const model = createModel()
  for (const resource of resources) {
    const { resourceType, id = '' } = resource
    const entries = index(resource).filter(({ param }) => param !== '_id')
    write(model, resourceType, id, entries)
    if (deleted.has(`${resourceType}/${id}`)) write(model, resourceType, id, undefined)
  }
  return async (query) => {
    const { type, params, compartment } = readPath(query)
    const { query: asked } = await parseSearch(context, type, params, compartment ? { compartment } : {})
    return search(model, asked.select, asked.sort).map(({ id }) => id)
  }
}

function readPath(query: string) {
  const [path = '', text = ''] = query.split(/\?(.*)/s)
  const params = [...new URLSearchParams(text)]
  const [first, id, type] = path.split('/')
  if (id === undefined) return { type: first || undefined, params }
  return { type: type === '*' ? undefined : type, params, compartment: { name: first!, id } }
}

export interface Catalogue {
  readonly call: Call
  /** Asks memory alone: the ids, in order. */
  readonly remember: (query: string) => Promise<string[]>
  /** Asserts each row as a test of its own. */
  check(title: string, rows: readonly Row[]): void
}

interface Options {
  /** `Type/id` of what is deleted again after all is written. */
  readonly deleted?: readonly string[]
  readonly environment?: NodeJS.ProcessEnv
}

/** Opens a server that holds `fixtures`, written in this order, until the whole file is done. */
export async function openCatalogue(fixtures: readonly Fixture[], options: Options = {}): Promise<Catalogue> {
  const server = await openServer(t, options.environment)
  const call = await openClient(server)
  const texts = fixtures.map((each) => (typeof each === 'string' ? each : JSON.stringify(each)))
  const resources = texts.map((text) => parseJson(Buffer.from(text)) as Resource)
  for (const [n, { resourceType, id }] of resources.entries()) {
    const reply = await call('PUT', `${resourceType}/${id}`, texts[n])
    if (reply.status !== 201) throw new Error(`${resourceType}/${id} answered ${reply.status}: ${reply.text}`)
  }
  const { deleted = [] } = options
  for (const ref of deleted) await call('DELETE', ref)
  const naive = openNaive(resources, new Set(deleted), server.config)
  const check = (title: string, rows: readonly Row[]) =>
    void t.test(title, async (t) => {
      for (const row of rows) await checkRow(t, call, naive, row)
    })
  return { call, check, remember: naive }
}

async function checkRow(
  t: Test,
  call: Call,
  naive: (query: string) => Promise<string[]>,
  [query, expected]: Row,
): Promise<void> {
  const reply = await call('GET', toUrl(query))
  if (typeof expected !== 'string') {
    t.equal(reply.status, expected.status, `${query} is refused`)
    t.match(diagnosticsOf(reply), expected.names, `${query} says why`)
    await t.rejects(naive(query), { message: expected.names }, `${query} is refused in memory`)
    return
  }
  const order = (ids: readonly string[]) => (query.includes('_sort=') ? ids : ids.toSorted()).join(' ')
  const wanted = order(expected.split(' ').filter((id) => id !== ''))
  t.equal(
    reply.status === 200 ? order(matchesOf(reply.body)) : `${reply.status} ${diagnosticsOf(reply)}`,
    wanted,
    query,
  )
  const remembered = await naive(query).then(order, String)
  t.equal(remembered, wanted, `${query} in memory`)
}

/** Percent-encodes what a URL must not hold as it is, and leaves what is already encoded. */
export function toUrl(query: string): string {
  return query.replace(/[^\x21-\x7e]|[|\\^`{}"<>]|%(?![0-9A-F]{2})/gu, (character) =>
    encodeURIComponent(character),
  )
}

interface Bundle {
  readonly entry?: readonly {
    readonly resource: { readonly resourceType: string; readonly id: string }
    readonly search: { readonly mode: string }
  }[]
}

/** Returns the ids of what matched, in order. */
export function matchesOf(bundle: Bundle): string[] {
  return idsOf(bundle, 'match')
}

/** Returns the ids of the entries of one mode, in order. */
export function idsOf({ entry = [] }: Bundle, mode: string): string[] {
  return entry.filter(({ search }) => search.mode === mode).map(({ resource }) => resource.id)
}
