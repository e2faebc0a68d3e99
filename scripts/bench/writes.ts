// Write figures: single creates, transaction bundles, NDJSON import; each against bare SQLite inserting the same rows.
import { loadDefinitions } from '../../src/fhir/definitions.ts'
import { parseJson } from '../../src/fhir/json.ts'
import type { Resource } from '../../src/fhir/resource.ts'
import { createIndexer } from '../../src/search/index-values.ts'
import { buildResident } from '../demo/residents.ts'
import { measureInsertCeiling, type Row } from './ceiling.ts'
import { encodeShot, type LoadResult, openConnection, runLoad, type Target } from './load.ts'
import { readSyntheaBundles } from './synthea.ts'

const JSON_BODY = { 'Content-Type': 'application/fhir+json' }

/** Returns the rows that a store must at least insert for these resources. */
function toRows(resources: readonly Resource[]): Row[] {
  const index = createIndexer(loadDefinitions(), {
    timeZone: 'Asia/Tokyo',
    baseUrl: 'http://127.0.0.1:3000/fhir',
  })
  const params = new Map<string, number>()
  const idOf = (name: string) => params.get(name) ?? params.set(name, params.size + 1).size
  return resources.map((resource) => ({
    document: Buffer.from(JSON.stringify(resource)),
    entries: index(resource).map(({ param, lo, hi }) => ({
      param: idOf(`${resource.resourceType}.${param}`),
      lo,
      hi,
    })),
  }))
}

/** Durable creates per second of checked, indexed Observations, and the same by bare SQLite in groups of `connections`. */
export async function measureCreates(target: Target, connections: number, seconds: number) {
  const observations = [0, 1, 2, 3]
    .flatMap((index) => buildResident(7, index))
    .filter(({ resourceType }) => resourceType === 'Observation')
  const shots = observations.map(({ id: _, ...resource }) =>
    encodeShot(target, {
      method: 'POST',
      path: '/fhir/Observation',
      headers: JSON_BODY,
      body: Buffer.from(JSON.stringify(resource)),
    }),
  )
  let at = 0
  const load: LoadResult = await runLoad(target, connections, seconds, () => shots[at++ % shots.length]!)
  const rows = toRows(Array.from({ length: 200 }, (_, n) => buildResident(8, n)).flat())
  return { load, ceiling: measureInsertCeiling(rows, connections) }
}

/** Resources per second of the Synthea bundles posted as transactions; undefined where the bundles are absent. */
export async function measureTransactions(target: Target) {
  const bodies = readSyntheaBundles()
  if (bodies.length === 0) return undefined
  const resources = bodies.flatMap((body) =>
    (parseJson(body) as { entry: { resource: Resource }[] }).entry.map(({ resource }) => resource),
  )
  const shots = bodies.map((body) =>
    encodeShot(target, { method: 'POST', path: '/fhir', headers: JSON_BODY, body }),
  )
  const connection = await openConnection(target.port)
  const started = performance.now()
  for (const shot of shots) {
    const { status, body } = await connection.send(shot)
    if (status !== 200) throw new Error(`a bundle answered ${status}: ${body.toString('utf8', 0, 300)}`)
  }
  const seconds = (performance.now() - started) / 1000
  connection.close()
  return {
    perSecond: resources.length / seconds,
    ceiling: measureInsertCeiling(toRows(resources), Math.ceil(resources.length / bodies.length)),
  }
}
