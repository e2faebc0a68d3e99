// Real clients from npm against a running server: they read, search, page and write.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MedplumClient } from '@medplum/core'
import type { Bundle, Observation, Patient } from '@medplum/fhirtypes'
import { Client as KitClient } from 'fhir-kit-client'
import FHIR from 'fhirclient'
import t from 'tap'
import { request } from 'undici'
import { runCommand, startServer } from '../../scripts/bench/server.ts'

const folder = mkdtempSync(join(tmpdir(), 'musubi-clients-'))
const store = `sqlite:${folder}`
const token = await runCommand(store, ['token', '--scope', 'system/*.cruds'])
const server = await startServer(store)
const baseUrl = `http://127.0.0.1:${server.port}/fhir`

t.teardown(async () => {
  await server.stop()
  rmSync(folder, { recursive: true })
})

const patient = (family: string) => ({
  resourceType: 'Patient' as const,
  name: [{ family, given: ['太郎'] }],
  birthDate: '1980-05-11',
})

const observation = (subject: string, value: number) => ({
  resourceType: 'Observation' as const,
  status: 'final' as const,
  code: { coding: [{ system: 'http://loinc.org', code: '4548-4' }] },
  subject: { reference: `Patient/${subject}` },
  effectiveDateTime: `2024-05-${String(value + 10)}`,
  valueQuantity: { value, unit: '%', system: 'http://unitsofmeasure.org', code: '%' },
})

t.test('fhir-kit-client writes, reads, searches, pages, patches and deletes', async (t) => {
  const client = new KitClient({ baseUrl, bearerToken: token })
  const created = (await client.create({
    resourceType: 'Patient',
    body: patient('木下'),
  })) as unknown as Patient
  t.match(created.id, /^[A-Za-z0-9.-]{1,64}$/)
  const read = (await client.read({ resourceType: 'Patient', id: created.id! })) as unknown as Patient
  t.strictSame(read, created)
  for (let n = 0; n < 5; n++)
    await client.create({ resourceType: 'Observation', body: observation(created.id!, n) })
  const searchParams = { subject: `Patient/${created.id}`, _count: 2, _sort: '-date', _total: 'accurate' }
  let page = (await client.search({
    resourceType: 'Observation',
    searchParams,
  })) as unknown as Bundle<Observation>
  t.equal(page.total, 5)
  const values: (number | undefined)[] = []
  for (;;) {
    values.push(...(page.entry ?? []).map(({ resource }) => resource?.valueQuantity?.value))
    if (!page.link?.some(({ relation }) => relation === 'next')) break
    page = (await client.nextPage({ bundle: page as never })) as unknown as Bundle<Observation>
  }
  t.strictSame(values, [4, 3, 2, 1, 0])
  const updated = (await client.update({
    resourceType: 'Patient',
    id: created.id!,
    body: { ...created, gender: 'male' },
  })) as unknown as Patient
  t.equal(updated.gender, 'male')
  t.not(updated.meta?.versionId, created.meta?.versionId)
  const patched = (await client.patch({
    resourceType: 'Patient',
    id: created.id!,
    jsonPatch: [{ op: 'replace', path: '/gender', value: 'other' }],
  })) as unknown as Patient
  t.equal(patched.gender, 'other')
  const history = (await client.history({ resourceType: 'Patient', id: created.id! })) as unknown as Bundle
  t.equal(history.entry?.length, 3)
  await client.delete({ resourceType: 'Patient', id: created.id! })
  await t.rejects(client.read({ resourceType: 'Patient', id: created.id! }), {
    response: { status: 410 },
  } as never)
  const capability = (await client.capabilityStatement()) as unknown as { fhirVersion: string }
  t.equal(capability.fhirVersion, '4.0.1')
})

t.test('fhirclient reads, searches with references resolved, pages and writes', async (t) => {
  const storage = { get: async () => null, set: async () => null, unset: async () => true }
  const request = { url: '/', protocol: 'http', headers: { host: 'localhost' } }
  const client = FHIR({ ...request } as never, {} as never, storage as never).client({
    serverUrl: baseUrl,
    tokenResponse: { access_token: token },
  })
  const created = (await client.create(patient('本田') as never)) as unknown as Patient
  for (let n = 0; n < 3; n++) await client.create(observation(created.id!, n) as never)
  t.strictSame(await client.request(`Patient/${created.id}`), created)
  const all = (await client.request(`Observation?patient=${created.id}&_count=1`, {
    pageLimit: 0,
    flat: true,
    resolveReferences: 'subject',
  })) as { subject: Patient }[]
  t.equal(all.length, 3)
  t.equal(all[0]!.subject.name?.[0]?.family, '本田')
})

t.test("Medplum's client creates once, searches, reads history and runs a batch", async (t) => {
  const client = new MedplumClient({
    baseUrl: baseUrl.replace('/fhir', '/'),
    fhirUrlPath: 'fhir',
    cacheTime: 0,
  })
  client.setAccessToken(token)
  const resource = { ...patient('佐々木'), identifier: [{ system: 'urn:oid:1.2.3', value: 'once' }] }
  const first = await client.createResourceIfNoneExist<Patient>(resource, 'identifier=urn:oid:1.2.3|once')
  const second = await client.createResourceIfNoneExist<Patient>(resource, 'identifier=urn:oid:1.2.3|once')
  t.equal(second.id, first.id)
  const found = await client.searchResources('Patient', { name: '佐々木太郎' })
  t.strictSame(
    found.map(({ id }) => id),
    [first.id],
  )
  const updated = await client.updateResource<Patient>({ ...first, active: true })
  t.equal(updated.active, true)
  const history = await client.readHistory('Patient', first.id!)
  t.equal(history.entry?.length, 2)
  const batch = await client.executeBatch({
    resourceType: 'Bundle',
    type: 'batch',
    entry: [
      { request: { method: 'GET', url: `Patient/${first.id}` } },
      { request: { method: 'GET', url: 'Patient/not-there' } },
    ],
  })
  t.strictSame(
    batch.entry?.map((entry) => entry.response?.status.slice(0, 3)),
    ['200', '404'],
  )
})

t.test('undici sends what a plain HTTP client would', async (t) => {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/fhir+json' }
  const created = await request(`${baseUrl}/Patient`, {
    method: 'POST',
    headers,
    body: JSON.stringify(patient('今井')),
  })
  t.equal(created.statusCode, 201)
  const { id } = (await created.body.json()) as unknown as Patient
  const etag = created.headers.etag as string
  const unchanged = await request(`${baseUrl}/Patient/${id}`, {
    headers: { ...headers, 'if-none-match': etag },
  })
  t.equal(unchanged.statusCode, 304)
  await unchanged.body.dump()
  const refused = await request(`${baseUrl}/Patient/${id}`)
  t.equal(refused.statusCode, 401)
  t.match(refused.headers['www-authenticate'], /^Bearer/)
  await refused.body.dump()
})
