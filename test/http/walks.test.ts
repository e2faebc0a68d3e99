// Pages under concurrent writes neither repeat nor lose a row; many identical conditional creates make one resource.
import t from 'tap'
import { openServer, type TestServer } from '../support/server.ts'

type Headers = Record<string, string>

interface Bundle {
  readonly total?: number
  readonly link?: readonly { readonly relation: string; readonly url: string }[]
  readonly entry?: readonly { readonly resource?: { readonly id: string }; readonly fullUrl?: string }[]
}

const observation = (n: number, value: number) => ({
  resourceType: 'Observation',
  id: `o${n}`,
  status: 'final',
  code: { coding: [{ system: 'urn:codes', code: 'x' }] },
  effectiveDateTime: `2024-01-01T00:00:${String(value % 60).padStart(2, '0')}Z`,
  valueQuantity: { value },
})

async function put(server: TestServer, headers: Headers, n: number, value: number): Promise<void> {
  const reply = await server.app.inject({
    method: 'PUT',
    url: `/fhir/Observation/o${n}`,
    headers,
    payload: observation(n, value),
  })
  if (reply.statusCode > 201) throw new Error(`answered ${reply.statusCode}: ${reply.body}`)
}

async function get(server: TestServer, headers: Headers, url: string): Promise<Bundle> {
  const reply = await server.app.inject({ method: 'GET', url, headers })
  if (reply.statusCode !== 200) throw new Error(`${url} answered ${reply.statusCode}: ${reply.body}`)
  return JSON.parse(reply.body) as Bundle
}

function nextOf(page: Bundle): string | undefined {
  const next = page.link?.find(({ relation }) => relation === 'next')
  return next && new URL(next.url).pathname + new URL(next.url).search
}

const COUNT = 40

const WALKS = [
  'Observation?code=x&_count=7',
  'Observation?code=x&_sort=date&_count=7',
  'Observation?code=x&_sort=-value-quantity&_count=7',
  'Observation?_sort=-_lastUpdated&_count=7',
  'Observation?value-quantity=ge0&_sort=value-quantity,-date&_count=7',
]

for (const path of WALKS) {
  t.test(`${path} keeps every row once while rows are inserted, changed and deleted`, async (t) => {
    const server = await openServer(t)
    const headers = { ...(await server.auth()), 'content-type': 'application/fhir+json' }
    for (let n = 0; n < COUNT; n++) await put(server, headers, n, (n * 7) % COUNT)
    const seen: string[] = []
    let page = await get(server, headers, `/fhir/${path}&_total=accurate`)
    t.equal(page.total, COUNT)
    for (let step = 0; ; step++) {
      seen.push(...(page.entry ?? []).map(({ resource }) => resource!.id))
      t.equal(page.total, COUNT, 'the total is that of the first page')
      const next = nextOf(page)
      if (!next) break
      // To the other end of every order, in both directions; one new; one gone.
      await put(server, headers, (step * 11) % COUNT, step % 2 === 0 ? 0 : 59)
      await put(server, headers, (step * 5 + 3) % COUNT, step % 2 === 0 ? 58 : 1)
      await put(server, headers, 100 + step, 30)
      await server.app.inject({ method: 'DELETE', url: `/fhir/Observation/o${COUNT - 1 - step}`, headers })
      page = await get(server, headers, next)
    }
    t.equal(new Set(seen).size, seen.length, 'none is repeated')
    t.notOk(
      seen.some((id) => Number(id.slice(1)) >= COUNT),
      'none that came later',
    )
    for (let n = 0; n < COUNT - 7; n++) t.ok(seen.includes(`o${n}`), `o${n} is not lost`)
  })
}

for (const path of ['_history', 'Observation/_history', 'Observation/o1/_history']) {
  t.test(`${path} is walked without repeating or losing a version while versions are made`, async (t) => {
    const server = await openServer(t)
    const headers = { ...(await server.auth()), 'content-type': 'application/fhir+json' }
    for (let n = 0; n < 20; n++) await put(server, headers, path.includes('o1/') ? 1 : n, n)
    const seen: string[] = []
    let page = await get(server, headers, `/fhir/${path}?_count=3`)
    const total = page.total
    for (let step = 0; ; step++) {
      seen.push(...(page.entry ?? []).map((entry) => JSON.stringify(entry)))
      const next = nextOf(page)
      if (!next) break
      await put(server, headers, 1, 20 + step)
      page = await get(server, headers, next)
    }
    t.equal(new Set(seen).size, seen.length)
    t.equal(seen.length, 20)
    if (total !== undefined) t.equal(total, 20)
  })
}

t.test('50 identical conditional creates at once make one resource', async (t) => {
  const server = await openServer(t)
  const headers = {
    ...(await server.auth()),
    'content-type': 'application/fhir+json',
    'if-none-exist': 'identifier=urn:ids|once',
  }
  const payload = { resourceType: 'Patient', identifier: [{ system: 'urn:ids', value: 'once' }] }
  const replies = await Promise.all(
    Array.from({ length: 50 }, () =>
      server.app.inject({ method: 'POST', url: '/fhir/Patient', headers, payload }),
    ),
  )
  const statuses = replies.map(({ statusCode }) => statusCode)
  t.equal(statuses.filter((status) => status === 201).length, 1)
  t.equal(statuses.filter((status) => status === 200).length, 49)
  const { 'if-none-exist': _, ...plain } = headers
  t.equal((await get(server, plain, '/fhir/Patient?_summary=count')).total, 1)
})
