// Any JSON through every rule: nothing throws, nothing takes a second or a hundred megabytes. https://hl7.org/fhir/R4/validation.html
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import t, { type Test } from 'tap'
import { loadDefinitions } from '../../src/fhir/definitions.ts'
import { parseJson, stringifyJson } from '../../src/fhir/json.ts'
import { isRawNumber } from '../../src/fhir/primitives.ts'
import type { Resource } from '../../src/fhir/resource.ts'
import { examplesMissing } from '../support/examples.ts'
import { chooseExamples, type Dictionary, isObject } from '../support/mutants.ts'
import { profileOn } from '../support/profile.ts'
import { openTestValidation } from '../support/validation.ts'

const FOLDER = join(import.meta.dirname, '../../profiles/musubi')
const own = readdirSync(FOLDER)
  .filter((file) => file.endsWith('.json'))
  .map((file) => parseJson(readFileSync(join(FOLDER, file))) as Resource)
const definitions = loadDefinitions()
const validate = openTestValidation(own)

const profiles = [...definitions.structureUrls(), ...own.map(({ url }) => String(url))].filter(
  (url) => definitions.structure(url)?.derivation !== 'specialization',
)

const MAX_MS = 1000
const MAX_MIB = 100

/** Validates, and fails where that throws, takes too long or keeps too much. */
async function survive(t: Test, resource: unknown, asked: readonly string[] = []): Promise<number> {
  const before = process.memoryUsage().heapUsed
  const started = performance.now()
  const issues = await validate(resource, { level: 'all', profiles: asked })
  const [ms, mib] = [performance.now() - started, (process.memoryUsage().heapUsed - before) / 2 ** 20]
  if (ms > MAX_MS || mib > MAX_MIB)
    t.fail(
      `${Math.round(ms)} ms, ${Math.round(mib)} MiB: ${stringifyJson(resource as Resource).slice(0, 500)}`,
    )
  if (issues.length > 101) t.fail(`${issues.length} issues`)
  return issues.length
}

const text = fc.oneof(
  fc.constantFrom(
    '',
    ' ',
    '#',
    '#a',
    'Patient/1',
    'urn:uuid:1',
    'http://a.b',
    '2024-02-30',
    '__proto__',
    'constructor',
    'toString',
    '山田',
    '\u0000',
  ),
  fc.constantFrom(...profiles.slice(0, 60)),
  fc.string({ unit: 'binary', maxLength: 30 }),
)
const anything = fc.oneof(
  text,
  fc.jsonValue({ maxDepth: 3 }),
  fc.constantFrom(parseJson('1e999'), parseJson('-0.00'), [], {}, null),
)

t.test('random JSON with the type of a resource', async (t) => {
  const types = definitions.typeNames.filter((name) => definitions.isResourceType(name))
  const resource = fc.constantFrom(...types).chain((type) => {
    const names = definitions.elements(type).map(({ path }) => path.split('.')[1] ?? 'id')
    return fc
      .dictionary(fc.oneof(fc.constantFrom(...names), text), anything, { maxKeys: 8 })
      .map((rest) => ({ ...rest, resourceType: type }))
  })
  await fc.assert(
    fc.asyncProperty(fc.oneof(resource, anything), async (value) => void (await survive(t, value))),
    { numRuns: 3000, seed: 4 },
  )
})

/** Where a change is made, and what it is: of the resource's own shape, so that rules beyond structure are met. */
type Edit = readonly [at: number, kind: number, value: unknown]

const edits = fc.array(fc.tuple(fc.nat(), fc.nat(5), anything), { minLength: 1, maxLength: 5 })

function parentsOf(value: unknown): Dictionary[] {
  if (Array.isArray(value)) return value.flatMap(parentsOf)
  return isObject(value) ? [value, ...Object.values(value).flatMap(parentsOf)] : []
}

function edit(resource: Dictionary, [at, kind, value]: Edit): void {
  const parents = parentsOf(resource)
  const parent = parents[at % parents.length]!
  const names = Object.keys(parent).filter((name) => name !== 'resourceType')
  const name = names[at % names.length]
  if (name === undefined) return
  const old = parent[name]
  switch (kind) {
    case 0:
      delete parent[name]
      break
    case 1:
      parent[name] = value
      break
    case 2:
      if (Array.isArray(old)) parent[name] = Array.from({ length: 20 }, () => old).flat()
      break
    case 3:
      // A value from elsewhere in the same resource.
      parent[name] = parents[(at * 7 + 1) % parents.length]![name] ?? old
      break
    case 4:
      parent['extension'] = [{ url: profiles[at % profiles.length], valueString: 'a' }]
      break
    default:
      if (typeof old === 'string') parent[name] = typeof value === 'string' ? value : `${old}x`
      else if (isRawNumber(old)) parent[name] = parseJson('-9999999999999999999.90')
  }
}

t.test('examples with a few changes, and a profile asked for', { skip: examplesMissing }, async (t) => {
  const texts = [...chooseExamples(() => true).values()]
  const of = new Map<string, string[]>()
  for (const url of profiles) {
    const type = definitions.structure(url)?.type ?? 'Observation'
    of.set(type, [...(of.get(type) ?? []), url])
  }
  let told = 0
  await fc.assert(
    fc.asyncProperty(fc.nat(), edits, async (at, edits) => {
      const resource = parseJson(texts[at % texts.length]!) as Dictionary
      for (const each of edits) edit(resource, each)
      const candidates = of.get(String(resource['resourceType'])) ?? []
      const asked = candidates.length > 0 ? [candidates[at % candidates.length]!] : []
      told += await survive(t, resource, asked)
    }),
    { numRuns: 4000, seed: 4 },
  )
  t.ok(told > 4000, `${told} issues`)
})

const many = <T>(count: number, make: (at: number) => T): T[] =>
  Array.from({ length: count }, (_, at) => make(at))
const largeElement = (at: number) => ({
  id: `Patient.e${at}`,
  path: `Patient.e${at}`,
  min: 0,
  max: '1',
  definition: 'a',
  base: { path: 'Patient.e', min: 0, max: '1' },
  type: [{ code: 'string' }],
})

/** Large, and of the shapes that rules compare everything with everything in. */
const LARGE: Readonly<Record<string, object>> = {
  'a Bundle of 5,000 entries': {
    resourceType: 'Bundle',
    type: 'collection',
    entry: many(5000, (at) => ({
      fullUrl: `http://a.b/Observation/${at}`,
      resource: {
        resourceType: 'Observation',
        id: `${at}`,
        status: 'final',
        code: { text: 'a' },
        hasMember: [{ reference: `Observation/${at}` }],
      },
    })),
  },
  'a StructureDefinition of 5,000 elements': {
    ...profileOn('Patient', ...many(5000, largeElement)),
    snapshot: { element: many(5000, largeElement) },
  },
  'a ValueSet of 50,000 codes': {
    resourceType: 'ValueSet',
    status: 'active',
    compose: { include: [{ system: 'http://a.b', concept: many(50_000, (at) => ({ code: `c${at}` })) }] },
  },
  'a CodeSystem of 50,000 codes': {
    resourceType: 'CodeSystem',
    status: 'active',
    content: 'complete',
    concept: many(25_000, (at) => ({ code: `c${at}`, concept: [{ code: `d${at}` }] })),
  },
  '10,000 contained resources': {
    resourceType: 'List',
    status: 'current',
    mode: 'working',
    contained: many(10_000, (at) => ({ resourceType: 'Organization', id: `o${at}`, name: 'a' })),
    entry: many(10_000, (at) => ({ item: { reference: `#o${at}` } })),
  },
  'Parameters of 50,000 parts': {
    resourceType: 'Parameters',
    parameter: many(25_000, () => ({ name: 'a', part: [{ name: 'b', valueString: 'c' }] })),
  },
  '100,000 unknown properties': { resourceType: 'Patient', name: many(100_000, () => ({ nickname: 'a' })) },
  '50,000 references of a wrong type': {
    resourceType: 'Patient',
    link: many(50_000, () => ({ other: { reference: 'Medication/1' }, type: 'seealso' })),
  },
  'a narrative of 200,000 elements': {
    resourceType: 'Patient',
    text: {
      status: 'generated',
      div: `<div xmlns="http://www.w3.org/1999/xhtml">${'<p>a</p>'.repeat(200_000)}</div>`,
    },
  },
}

/** A million characters in each form of a primitive that a pattern might go back and forth in. */
const LONG: readonly (readonly [name: string, text: string])[] = [
  ['id', 'a-'.repeat(500_000)],
  ['language', 'a-'.repeat(500_000)],
  ['implicitRules', `urn:oid:${'1.'.repeat(500_000)}`],
  ['implicitRules', `${'http://'.repeat(140_000)} `],
  ['birthDate', '1-'.repeat(500_000)],
  ['deceasedDateTime', `2020-01-01T00:00:00.${'9'.repeat(1_000_000)}`],
  ['gender', 'a '.repeat(500_000)],
]

t.test('what is large takes no second', async (t) => {
  for (const [name, resource] of Object.entries(LARGE)) {
    await survive(t, resource)
    t.pass(name)
  }
  for (const [name, value] of LONG) {
    await survive(t, { resourceType: 'Patient', [name]: value })
    t.pass(name)
  }
})
