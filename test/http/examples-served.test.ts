// The official examples through the real door: created, read back equal, found by each parameter that indexes them.
import { readdirSync, readFileSync } from 'node:fs'
import { isDeepStrictEqual } from 'node:util'
import t from 'tap'
import { createContext } from '../../src/app.ts'
import { parseJson } from '../../src/fhir/json.ts'
import { decimalText, isRawNumber } from '../../src/fhir/primitives.ts'
import type { Resource } from '../../src/fhir/resource.ts'
import { BROKEN } from '../support/broken-examples.ts'
import { toSearchValue } from '../support/search-value.ts'
import { openServer, type TestServer } from '../support/server.ts'

const FOLDER = new URL('../../node_modules/hl7.fhir.r4.examples/', import.meta.url)

const files = readdirSync(FOLDER).filter((name) => /^[A-Z][A-Za-z]+-.*\.json$/.test(name))

/** Drops what the server writes, and spells every number by its digits. */
function comparable(value: unknown): unknown {
  if (isRawNumber(value) || typeof value === 'number') return `#${decimalText(value)}`
  if (Array.isArray(value)) return value.map(comparable)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, comparable(item)]))
}

function withoutVersion(resource: Resource): unknown {
  const { versionId, lastUpdated, ...meta } = resource.meta ?? {}
  const { meta: _, ...elements } = resource
  return comparable(Object.keys(meta).length > 0 ? { ...elements, meta } : elements)
}

/** Those that the server labels as sensitive when they are written. */
const LABELLED = [
  'Bundle-72ac8493-52ac-41bd-8d5d-7258c289b5ea.json',
  'Condition-f202.json',
  'MedicationAdministration-medadmin0304.json',
  'Observation-example-genetics-2.json',
  'Observation-example-genetics-4.json',
  'ServiceRequest-physiotherapy.json',
]

/** Those that admission refuses: R4's own Consents are outside the profile (A1 to A8). */
const CONSENTS = files.filter((name) => name.startsWith('Consent-'))

function withoutLabels({ meta, ...elements }: Resource): Resource {
  const { security: _, ...rest } = meta ?? {}
  return { ...elements, ...(Object.keys(rest).length > 0 && { meta: rest }) } as Resource
}

interface Served {
  readonly server: TestServer
  readonly headers: Record<string, string>
}

async function search({ server, headers }: Served, path: string): Promise<number> {
  const reply = await server.app.inject({ method: 'GET', url: path, headers })
  if (reply.statusCode !== 200) return -reply.statusCode
  return (JSON.parse(reply.body) as { total?: number }).total ?? Number.NaN
}

t.test('official examples', { timeout: 600_000 }, async (t) => {
  const server = await openServer(t)
  const headers = { ...(await server.auth()), 'content-type': 'application/fhir+json' }
  const context = await createContext(server.config, server.store)
  const created: Resource[] = []

  await t.test(
    'each is created at its id and read back equal, decimals to the digit',
    { timeout: 600_000 },
    async (t) => {
      const refused: string[] = []
      const different: string[] = []
      for (const name of files) {
        const bytes = readFileSync(new URL(name, FOLDER))
        const resource = parseJson(bytes) as Resource
        const url = `/fhir/${resource.resourceType}/${encodeURIComponent(resource.id ?? '')}`
        const put = await server.app.inject({ method: 'PUT', url, headers, payload: bytes })
        if (put.statusCode === 422 || put.statusCode === 400) {
          refused.push(name)
          continue
        }
        if (put.statusCode !== 201 && put.statusCode !== 200) t.fail(`${name} answered ${put.statusCode}`)
        const get = await server.app.inject({ method: 'GET', url, headers })
        const stored = parseJson(get.body) as Resource
        const toCompared = (of: Resource) => withoutVersion(LABELLED.includes(name) ? withoutLabels(of) : of)
        if (!isDeepStrictEqual(toCompared(stored), toCompared(resource))) different.push(name)
        if (LABELLED.includes(name)) t.ok(stored.meta?.security?.length, `${name} has labels`)
        created.push(resource)
      }
      t.strictSame(different, [])
      t.ok(created.length > 5200, `${created.length} were created`)
      const broken = Object.keys(BROKEN).filter((name) => files.includes(name))
      t.strictSame(refused, [...broken, ...CONSENTS].toSorted())
    },
  )

  await t.test('each is found by each search parameter that indexes it', { timeout: 600_000 }, async (t) => {
    const seen = new Set<string>()
    const missed: string[] = []
    let searches = 0
    for (const resource of created) {
      const type = resource.resourceType
      seen.add(type)
      const asked = new Set<string>()
      for (const entry of context.indexer(resource)) {
        const parameter = context.definitions.searchParameters(type).get(entry.param)
        const value = parameter && !asked.has(entry.param) ? toSearchValue(parameter, entry) : undefined
        if (value === undefined) continue
        asked.add(entry.param)
        searches++
        const query = `_id=${resource.id}&${entry.param}=${encodeURIComponent(value)}&_summary=count`
        const total = await search({ server, headers }, `/fhir/${type}?${query}`)
        if (total !== 1) missed.push(`${type}/${resource.id}: ${entry.param}=${value} found ${total}`)
      }
    }
    t.strictSame(missed.slice(0, 20), [], `${missed.length} of ${searches} missed`)
    t.ok(searches > 50_000, `${searches} searches`)
    t.ok(seen.size > 120, `${seen.size} types`)
  })
})
