// 52 Synthea patients as transactions: all load, every reference resolves, every search equals a count made by hand.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import t from 'tap'
import type { Resource } from '../../src/fhir/resource.ts'
import { openServer } from '../support/server.ts'

const FOLDER = new URL('../../../shared/data/synthea/', import.meta.url)
const skip = existsSync(FOLDER) ? false : 'the Synthea bundles are not beside this checkout'

interface Bundle {
  readonly total?: number
  readonly entry: readonly {
    readonly resource: Resource
    readonly response?: { readonly status: string; readonly location: string }
  }[]
}

interface Observation extends Resource {
  readonly code: { readonly coding: readonly { readonly code: string }[] }
  readonly valueQuantity?: { readonly value: number; readonly code: string }
  readonly effectiveDateTime?: string
}

t.test('all 52 bundles load as transactions', { skip, timeout: 300_000 }, async (t) => {
  const server = await openServer(t)
  const headers = { ...(await server.auth()), 'content-type': 'application/fhir+json' }
  const resources: Resource[] = []
  const locations = new Map<string, string>()
  for (const name of readdirSync(FOLDER).filter((each) => each.endsWith('.json.gz'))) {
    const payload = gunzipSync(readFileSync(new URL(name, FOLDER)))
    const { entry } = JSON.parse(payload.toString()) as Bundle & { entry: { fullUrl: string }[] }
    const reply = await server.app.inject({ method: 'POST', url: '/fhir', headers, payload })
    if (reply.statusCode !== 200) t.fail(`${name} answered ${reply.statusCode}: ${reply.body.slice(0, 500)}`)
    const answered = (JSON.parse(reply.body) as Bundle).entry
    t.equal(answered.length, entry.length, `${name}: an answer to every entry`)
    for (const [index, { resource }] of entry.entries()) {
      resources.push(resource)
      locations.set(
        (entry[index] as unknown as { fullUrl: string }).fullUrl,
        answered[index]!.response!.location,
      )
    }
  }
  const total = async (path: string) => {
    const reply = await server.app.inject({
      method: 'GET',
      url: encodeURI(`/fhir/${path}&_summary=count`),
      headers,
    })
    if (reply.statusCode !== 200) throw new Error(`${path}: ${reply.body}`)
    return (JSON.parse(reply.body) as Bundle).total
  }
  t.equal(resources.length, 13_287)

  await t.test('every type is there, each resource once', async (t) => {
    const types = Map.groupBy(resources, ({ resourceType }) => resourceType)
    t.equal(types.size, 16)
    for (const [type, all] of types) t.equal(await total(`${type}?`), all.length, type)
  })

  await t.test('no urn:uuid reference is left', async (t) => {
    const [fullUrl, location] = [...locations].find(([, each]) => each.includes('Encounter/'))!
    t.match(fullUrl, /^urn:uuid:/)
    const reply = await server.app.inject({
      method: 'GET',
      url: `/fhir/${location.slice(location.indexOf('Encounter/'))}`,
      headers,
    })
    t.notMatch(reply.body, /urn:uuid:/)
    t.equal(await total('Observation?subject:missing=true'), 0)
    t.equal(
      await total('Observation?subject:Patient.gender:missing=false'),
      resources.filter(({ resourceType }) => resourceType === 'Observation').length,
    )
  })

  await t.test('searches equal counts made by hand', async (t) => {
    const observations = resources.filter(
      ({ resourceType }) => resourceType === 'Observation',
    ) as Observation[]
    const count = (holds: (observation: Observation) => boolean) => observations.filter(holds).length
    const hasCode = (observation: Observation, code: string) =>
      observation.code.coding.some((each) => each.code === code)
    const value = ({ valueQuantity }: Observation) => valueQuantity?.value ?? Number.NaN
    const at = ({ effectiveDateTime }: Observation) => Date.parse(effectiveDateTime ?? '')
    const cases: readonly [string, number][] = [
      ['Observation?code=http://loinc.org|8302-2', count((o) => hasCode(o, '8302-2'))],
      ['Observation?code=8302-2,29463-7', count((o) => hasCode(o, '8302-2') || hasCode(o, '29463-7'))],
      ['Observation?code:not=8302-2', count((o) => !hasCode(o, '8302-2'))],
      ['Observation?value-quantity=gt100', count((o) => value(o) > 100)],
      ['Observation?value-quantity=ge99999', count((o) => value(o) >= 99999)],
      ['Observation?value-quantity=le99999', count((o) => value(o) <= 99999)],
      [
        'Observation?value-quantity=gt100||cm',
        count((o) => value(o) > 100 && o.valueQuantity?.code === 'cm'),
      ],
      ['Observation?value-quantity:missing=true', count((o) => o.valueQuantity === undefined)],
      ['Observation?code-value-quantity=8302-2$gt150', count((o) => hasCode(o, '8302-2') && value(o) > 150)],
      ['Observation?date=ge2015-01-01T00:00:00Z', count((o) => at(o) >= Date.parse('2015-01-01T00:00:00Z'))],
      ['Observation?date=lt2015-01-01T00:00:00Z', count((o) => at(o) < Date.parse('2015-01-01T00:00:00Z'))],
    ]
    for (const [path, expected] of cases) t.equal(await total(path), expected, path)
  })
})
