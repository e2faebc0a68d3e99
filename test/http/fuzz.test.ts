// Damaged requests: whatever a part of a body is replaced by, the answer is never a 500, and nothing is half-written.
import fc from 'fast-check'
import t from 'tap'
import { type Call, openClient } from '../support/rest.ts'
import { openServer } from '../support/server.ts'

const RUNS = Number(process.env['MUSUBI_FUZZ_RUNS'] ?? 250)
const URN = 'urn:uuid:00000000-0000-4000-8000-00000000000'

const observation = {
  resourceType: 'Observation',
  id: 'o',
  meta: { tag: [{ system: 'urn:tags', code: 'x' }] },
  text: {
    status: 'generated',
    div: `<div xmlns="http://www.w3.org/1999/xhtml"><a href="${URN}1">x</a></div>`,
  },
  identifier: [{ system: 'urn:ids', value: 'o' }],
  status: 'final',
  code: { coding: [{ system: 'http://loinc.org', code: '1234-5' }] },
  subject: { reference: `${URN}1` },
  effectivePeriod: { start: '2024-05-01', end: '2024-05-02T03:04:05Z' },
  component: [
    {
      code: { text: 'x' },
      valueQuantity: { value: 1.5, unit: 'mg', system: 'http://unitsofmeasure.org', code: 'mg' },
    },
  ],
  note: [{ text: 'x', authorReference: { reference: 'Patient?identifier=urn:ids|p' } }],
}

const parameters = {
  resourceType: 'Parameters',
  parameter: [
    {
      name: 'operation',
      part: [
        { name: 'type', valueCode: 'add' },
        { name: 'path', valueString: 'Observation' },
        { name: 'name', valueString: 'note' },
        { name: 'value', valueAnnotation: { text: 'y' } },
      ],
    },
  ],
}

const jsonPatch = [
  { op: 'add', path: '/note/-', value: { text: 'y' } },
  { op: 'test', path: '/status', value: 'final' },
  { op: 'move', from: '/code', path: '/code' },
]

const bundle = (type: string) => ({
  resourceType: 'Bundle',
  type,
  entry: [
    {
      fullUrl: `${URN}1`,
      resource: { resourceType: 'Patient', identifier: [{ system: 'urn:ids', value: 'p' }] },
      request: { method: 'POST', url: 'Patient', ifNoneExist: 'identifier=urn:ids|p' },
    },
    {
      fullUrl: `${URN}2`,
      resource: observation,
      request: { method: 'PUT', url: 'Observation/o', ifMatch: '*' },
    },
    {
      resource: { ...observation, id: undefined, identifier: [{ system: 'urn:ids', value: 'other' }] },
      request: { method: 'PUT', url: 'Observation?identifier=urn:ids|other' },
    },
    { resource: parameters, request: { method: 'PATCH', url: 'Observation/patched' } },
    { request: { method: 'DELETE', url: 'Patient?identifier=urn:ids|q' } },
    {
      request: {
        method: 'GET',
        url: 'Observation?subject:Patient.identifier=urn:ids|p&_include=Observation:subject',
      },
    },
  ],
})

/** What a part is replaced by; undefined takes it away. */
const junk = fc.constantFrom<unknown[]>(
  undefined,
  null,
  5,
  -1e300,
  true,
  '',
  ' ',
  'x',
  'Patient',
  'Patient?',
  'Patient?identifier=x',
  '#',
  URN,
  '/',
  '?',
  '%',
  [],
  {},
  [null],
  [[]],
  [{}],
  { resourceType: 'Patient' },
  { reference: 5 },
  'W/"1"',
  '2024-13-01',
  '\ud7ff',
  '山'.repeat(300),
)

/** Replaces the `nth` part of `value` (counted through, and around again) by `by`. */
function damage(value: unknown, nth: number, by: unknown): unknown {
  const copy = structuredClone(value)
  const places: [Record<string, unknown>, string][] = []
  const walk = (node: unknown) => {
    if (typeof node !== 'object' || node === null) return
    for (const name of Object.keys(node)) {
      places.push([node as Record<string, unknown>, name])
      walk((node as Record<string, unknown>)[name])
    }
  }
  walk(copy)
  const [holder, name] = places[nth % places.length]!
  if (by === undefined) delete holder[name]
  else holder[name] = by
  return copy
}

const damaged = (value: unknown) =>
  fc
    .array(fc.tuple(fc.nat(), junk), { minLength: 1, maxLength: 2 })
    .map((hits) => hits.reduce<unknown>((each, [nth, by]) => damage(each, nth, by), value))

const request = fc.oneof(
  { weight: 3, arbitrary: damaged(bundle('transaction')).map((body) => ['POST', '', body, {}] as const) },
  { weight: 2, arbitrary: damaged(bundle('batch')).map((body) => ['POST', '', body, {}] as const) },
  { weight: 1, arbitrary: damaged(observation).map((body) => ['POST', 'Observation', body, {}] as const) },
  { weight: 1, arbitrary: damaged(observation).map((body) => ['PUT', 'Observation/o', body, {}] as const) },
  {
    weight: 1,
    arbitrary: damaged(observation).map(
      (body) => ['PUT', 'Observation?identifier=urn:ids|o', body, {}] as const,
    ),
  },
  { weight: 1, arbitrary: damaged(parameters).map((body) => ['PATCH', 'Observation/o', body, {}] as const) },
  {
    weight: 1,
    arbitrary: damaged(jsonPatch).map(
      (body) => ['PATCH', 'Observation/o', body, { 'content-type': 'application/json-patch+json' }] as const,
    ),
  },
)

async function countVersions(call: Call): Promise<number> {
  return (await call('GET', '_history?_count=0&_total=accurate')).body.total
}

t.test(
  'a damaged request is never a 500; what is refused leaves nothing behind',
  { timeout: 120_000 },
  async (t) => {
    const call = await openClient(await openServer(t))
    await call('PUT', 'Observation/o', { ...observation, note: undefined })
    await call('PUT', 'Observation/patched', {
      resourceType: 'Observation',
      id: 'patched',
      status: 'final',
      code: { text: 'x' },
    })
    for (const type of ['transaction', 'batch']) {
      const whole = await call('POST', '', bundle(type))
      t.equal(whole.status, 200, `what is damaged is sound: ${whole.text.slice(0, 300)}`)
      t.notMatch(whole.text, /"status":"4/)
    }
    let before = await countVersions(call)
    let refused = 0
    await fc.assert(
      fc.asyncProperty(request, async ([method, path, body, headers]) => {
        const reply = await call(method, path, body ?? null, headers)
        const after = await countVersions(call)
        const statuses: number[] =
          path === '' && reply.status === 200
            ? (reply.body.entry ?? []).map((each: { response: { status: string } }) =>
                Number(each.response.status.slice(0, 3)),
              )
            : [reply.status]
        if (reply.status >= 400) {
          refused++
          if (after !== before) throw new Error(`refused, and ${after - before} versions more: ${reply.text}`)
        }
        before = after
        return statuses.every((status) => status < 500)
      }),
      { numRuns: RUNS },
    )
    t.ok(refused > RUNS / 8 && refused < RUNS, `${refused} of ${RUNS} were refused`)
  },
)
