// What a token may not see changes no answer to a write either, and is not changed by it.
import { deepStrictEqual } from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { toPrincipal } from '../../src/access/principal.ts'
import { createContext } from '../../src/app.ts'
import type { Resource } from '../../src/fhir/resource.ts'
import { type Call, openClient } from '../support/rest.ts'
import { sees } from '../support/sees.ts'
import { openServer, type TestServer } from '../support/server.ts'
import { world } from '../support/world.ts'

const WORLDS = Number(process.env['MUSUBI_WORLDS'] ?? 6)

const ME = {
  subject: 'Patient/p0',
  patient: 'p0',
  client: 'test',
  purpose: 'TREAT',
  expiresAt: Number.MAX_SAFE_INTEGER,
}
const SCOPE = 'patient/*.cruds'

type Write = readonly [method: string, path: string, body?: unknown, headers?: Record<string, string>]

const patient = fc.constantFrom('p0', 'p1', 'p2')
const code = fc.constantFrom('a', 'b', 'c')
const id = fc.constantFrom('o0', 'o1', 'o2', 'o3', 'none')

const observation = fc.record({ patient, code }).map((drawn) => ({
  resourceType: 'Observation',
  status: 'final',
  code: { coding: [{ system: 'urn:codes', code: drawn.code }] },
  subject: { reference: `Patient/${drawn.patient}` },
}))

const patch = [{ op: 'replace', path: '/status', value: 'amended' }]
const PATCH = { 'content-type': 'application/json-patch+json' }

const single: fc.Arbitrary<Write> = fc.oneof(
  observation.map((body): Write => ['POST', 'Observation', body]),
  fc.tuple(observation, id).map(([body, at]): Write => ['PUT', `Observation/${at}`, { ...body, id: at }]),
  fc
    .tuple(observation, id)
    .map(([body, at]): Write => ['PUT', `Observation/${at}`, { ...body, id: at }, { 'if-match': 'W/"x"' }]),
  fc
    .tuple(observation, code)
    .map(([body, c]): Write => ['POST', 'Observation', body, { 'if-none-exist': `code=${c}` }]),
  fc.tuple(observation, code).map(([body, c]): Write => ['PUT', `Observation?code=${c}`, body]),
  fc
    .tuple(observation, code, id)
    .map(([body, c, at]): Write => ['PUT', `Observation?code=${c}`, { ...body, id: at }]),
  id.map((at): Write => ['PATCH', `Observation/${at}`, patch, PATCH]),
  code.map((c): Write => ['PATCH', `Observation?code=${c}`, patch, PATCH]),
  id.map((at): Write => ['DELETE', `Observation/${at}`]),
  id.map((at): Write => ['DELETE', `Observation/${at}`, undefined, { 'if-match': 'W/"x"' }]),
  code.map((c): Write => ['DELETE', `Observation?code=${c}`]),
  code.map((c): Write => ['DELETE', `Observation?code=${c}&_count=5`]),
  patient.map((p): Write => ['PUT', `Patient/${p}`, { resourceType: 'Patient', id: p, active: true }]),
)

// A request as an entry of a Bundle, with a reference that has to be resolved.
const bundled: fc.Arbitrary<Write> = fc
  .record({ type: fc.constantFrom('transaction', 'batch'), body: observation, p: patient, at: id, c: code })
  .map(({ type, body, p, at, c }) => {
    const entry = [
      {
        resource: { ...body, subject: { reference: `Patient?_id=${p}` } },
        request: { method: 'POST', url: 'Observation' },
      },
      { resource: body, request: { method: 'POST', url: 'Observation', ifNoneExist: `code=${c}` } },
      { request: { method: 'DELETE', url: `Observation/${at}` } },
      { request: { method: 'GET', url: `Observation?code=${c}&_total=accurate` } },
    ]
    return ['POST', '', { resourceType: 'Bundle', type, entry }]
  })

const writes = fc.array(fc.oneof({ weight: 4, arbitrary: single }, { weight: 1, arbitrary: bundled }), {
  minLength: 12,
  maxLength: 12,
})

async function fill(server: TestServer, resources: readonly Resource[]): Promise<Call> {
  const call = await openClient(server)
  for (const resource of resources) {
    const { status, text } = await call('PUT', `${resource.resourceType}/${resource.id}`, resource)
    if (status !== 201) throw new Error(text)
  }
  return call
}

async function isVisible(server: TestServer): Promise<(resource: Resource) => boolean> {
  const context = await createContext(server.config, server.store)
  const policy = await context.policyFor(toPrincipal({ ...ME, scope: SCOPE }, context.definitions))
  return (resource) => sees(context, policy, resource)
}

// Random ids, versions and instants differ between any two runs.
const normalise = (text: string) =>
  text
    .replace(/[0-9a-f]{8}-[0-9a-f-]{27}|\d{4}-\d\d-\d\dT[\d:.]+Z|[0-9a-f]{16}/g, '…')
    .replace(/_page=[\w-]+/g, '_page')

t.test(
  'an answer to a write with hidden resources present equals the answer without them',
  { timeout: 120_000 },
  async (t) => {
    let hiddenCount = 0
    let succeeded = 0
    const property = fc.asyncProperty(world, writes, async (resources, asked) => {
      await t.test('a world', async (t) => {
        const [whole, part] = [await openServer(t), await openServer(t)]
        const visible = await isVisible(whole)
        const hidden = resources.filter((resource) => !visible(resource))
        hiddenCount += hidden.length
        const seeAll = await fill(whole, resources)
        await fill(part, resources.filter(visible))
        const before = new Map<string, string>()
        for (const { resourceType, id: each } of hidden)
          before.set(`${resourceType}/${each}`, (await seeAll('GET', `${resourceType}/${each}`)).text)
        const [inWhole, inPart] = [await openClient(whole, SCOPE, ME), await openClient(part, SCOPE, ME)]
        for (const write of asked) {
          const [a, b] = [await inWhole(...write), await inPart(...write)]
          deepStrictEqual([a.status, normalise(a.text)], [b.status, normalise(b.text)], JSON.stringify(write))
          if (a.status < 300) succeeded++
        }
        for (const [ref, text] of before)
          t.equal((await seeAll('GET', ref)).text, text, `${ref} is as it was`)
      })
    })
    await fc.assert(property, { numRuns: WORLDS, endOnFailure: true })
    t.ok(hiddenCount > 0 && succeeded > 0, `${hiddenCount} hidden, ${succeeded} writes succeeded`)
  },
)
