// Snapshots of our own against the published ones, and every rule by which a differential is laid over its base (V20, V21). https://hl7.org/fhir/R4/profiling.html#snapshot
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { generateSnapshot } from '../../../src/fhir/profile/snapshot.ts'
import type { StructureElement } from '../../../src/fhir/profile/structure.ts'
import { toStructure } from '../../../src/fhir/profile/to-structure.ts'
import type { Resource } from '../../../src/fhir/resource.ts'
import { examplesMissing } from '../../support/examples.ts'

const FOLDER = join(import.meta.dirname, '../../../node_modules/hl7.fhir.r4.examples')
const published = new Map<string, Resource>()
if (!examplesMissing)
  for (const file of readdirSync(FOLDER).filter((name) => name.startsWith('StructureDefinition-'))) {
    const resource = JSON.parse(readFileSync(join(FOLDER, file), 'utf8')) as Resource
    published.set(String(resource['url']), resource)
  }
const find = (canonical: string) => published.get(canonical.split('|')[0]!)

/** What validation uses of an element, in one order. */
function shown(elements: readonly StructureElement[]): readonly string[] {
  return elements.map((element) => {
    const { isSummary, isModifier, mustSupport, constraints, ...rest } = element
    const keys = constraints.map(({ key }) => key).sort()
    return JSON.stringify(Object.entries({ ...rest, keys }).sort(([a], [b]) => (a < b ? -1 : 1)))
  })
}

/** Published snapshots that are not what their own differential says, each with the reason. */
const DIFFERENT: Readonly<Record<string, string>> = {
  bp: 'component.valueQuantity is written as a slice of value[x] at the top and without a slicing within the components; both mean the same',
  'codesystem-history':
    'the extension within revision has max 0, and four slices with min 1 beneath it: it cannot be met',
  'elementdefinition-de':
    'the children of two extensions are written out where the differential does not name them; they say nothing new',
  'provenance-relevant-history':
    'Provenance.entity.agent refers to the content of one slice, Provenance.agent:Author, instead of Provenance.agent',
}

t.test(
  'each profile and extension of R4 has the snapshot that was published',
  { skip: examplesMissing },
  async (t) => {
    const different: string[] = []
    let compared = 0
    for (const resource of published.values()) {
      if (!resource['snapshot'] || !resource['differential'] || resource['derivation'] !== 'constraint')
        continue
      compared++
      let own: readonly string[] = []
      try {
        own = shown(
          toStructure({ ...resource, snapshot: { element: generateSnapshot(resource, find) } }).elements,
        )
      } catch {}
      if (own.join('\n') !== shown(toStructure(resource).elements).join('\n')) different.push(resource.id!)
    }
    t.equal(compared, 439)
    t.same(different.sort(), Object.keys(DIFFERENT).sort())
  },
)

const profile = (type: string, ...element: readonly object[]): Resource => ({
  resourceType: 'StructureDefinition',
  url: 'http://a.b/profile',
  type,
  baseDefinition: `http://hl7.org/fhir/StructureDefinition/${type}`,
  derivation: 'constraint',
  differential: { element },
})

const of = (resource: Resource) =>
  new Map(generateSnapshot(resource, find).map((element) => [element.id, element]))
const ids = (resource: Resource, prefix: string) =>
  [...of(resource).keys()].filter((id) => id.startsWith(prefix))

t.test('rules of the generator', { skip: examplesMissing }, async (t) => {
  t.test('what is not changed is inherited, with what it was in the base', async (t) => {
    const all = of(profile('Patient', { path: 'Patient.birthDate', min: 1 }))
    t.match(all.get('Patient.birthDate'), {
      min: 1,
      max: '1',
      base: { path: 'Patient.birthDate', min: 0, max: '1' },
    })
    t.match(all.get('Patient.gender'), { min: 0, binding: { strength: 'required' } })
  })

  t.test('a path into a datatype unfolds it', async (t) => {
    const all = of(profile('Patient', { path: 'Patient.name.family', min: 1 }))
    t.match(all.get('Patient.name.family'), { min: 1, type: [{ code: 'string' }] })
    t.ok(all.has('Patient.name.given'))
    t.notOk(all.has('Patient.telecom.system'))
  })

  t.test('a path into a content reference unfolds its target', async (t) => {
    const all = of(profile('Questionnaire', { path: 'Questionnaire.item.item.prefix', max: '0' }))
    t.match(all.get('Questionnaire.item.item.prefix'), { max: '0' })
  })

  t.test('a path into a type with one profile unfolds the profile', async (t) => {
    const element = {
      id: 'Patient.extension:place',
      path: 'Patient.extension',
      sliceName: 'place',
      type: [{ code: 'Extension', profile: ['http://hl7.org/fhir/StructureDefinition/patient-birthPlace'] }],
    }
    const all = of(
      profile('Patient', element, {
        id: 'Patient.extension:place.value[x].city',
        path: 'Patient.extension.value[x].city',
        min: 1,
      }),
    )
    t.match(all.get('Patient.extension:place.value[x]'), { type: [{ code: 'Address' }] })
    t.match(all.get('Patient.extension:place.url'), {
      fixedUri: 'http://hl7.org/fhir/StructureDefinition/patient-birthPlace',
    })
    t.equal(all.get('Patient.extension:place.value[x].city')?.min, 1)
  })

  const slicing = { discriminator: [{ type: 'value', path: 'system' }], rules: 'open' }

  t.test('a slice copies its element, stands behind those before it, and asks for none', async (t) => {
    const changed = profile(
      'Patient',
      { id: 'Patient.identifier', path: 'Patient.identifier', slicing, min: 1 },
      { id: 'Patient.identifier:a', path: 'Patient.identifier', sliceName: 'a' },
      { id: 'Patient.identifier:a.system', path: 'Patient.identifier.system', fixedUri: 'http://a' },
      { id: 'Patient.identifier:b', path: 'Patient.identifier', sliceName: 'b', min: 1, max: '1' },
    )
    const all = of(changed)
    t.match(all.get('Patient.identifier:a'), { min: 0, max: '*', sliceName: 'a' })
    t.notOk(all.get('Patient.identifier:a')?.slicing)
    t.match(all.get('Patient.identifier:a.system'), { fixedUri: 'http://a' })
    t.same(
      ids(changed, 'Patient.identifier').filter((id) => /^[^.]*\.[^.]*$/.test(id)),
      ['Patient.identifier', 'Patient.identifier:a', 'Patient.identifier:b'],
    )
  })

  t.test('without ids a child belongs to the slice before it', async (t) => {
    const all = of(
      profile(
        'Patient',
        { path: 'Patient.identifier', slicing },
        { path: 'Patient.identifier', sliceName: 'a' },
        { path: 'Patient.identifier.system', min: 1 },
        { path: 'Patient.identifier', sliceName: 'b' },
        { path: 'Patient.identifier.value', min: 1 },
      ),
    )
    t.equal(all.get('Patient.identifier:a.system')?.min, 1)
    t.equal(all.get('Patient.identifier:b.value')?.min, 1)
    t.equal(all.get('Patient.identifier:b.system')?.min, 0)
  })

  t.test('a slice within a slice stands in it and copies it', async (t) => {
    const changed = profile(
      'Patient',
      { id: 'Patient.identifier', path: 'Patient.identifier', slicing },
      { id: 'Patient.identifier:a', path: 'Patient.identifier', sliceName: 'a', max: '5', slicing },
      { id: 'Patient.identifier:c', path: 'Patient.identifier', sliceName: 'c' },
      { id: 'Patient.identifier:a/b', path: 'Patient.identifier', sliceName: 'a/b' },
    )
    t.match(of(changed).get('Patient.identifier:a/b'), { max: '5', min: 0 })
    t.same(ids(changed, 'Patient.identifier:'), [
      'Patient.identifier:a',
      'Patient.identifier:a/b',
      'Patient.identifier:c',
    ])
  })

  t.test('both spellings of a type of a choice are the same slice', async (t) => {
    const short = of(
      profile(
        'Observation',
        { path: 'Observation.valueQuantity', min: 1 },
        { path: 'Observation.valueQuantity.code', min: 1 },
      ),
    )
    t.match(short.get('Observation.value[x]'), {
      slicing: { discriminator: [{ type: 'type', path: '$this' }] },
      type: [{ code: 'Quantity' }],
    })
    t.equal(short.get('Observation.value[x]:valueQuantity.code')?.min, 1)
    const long = of(
      profile(
        'Observation',
        {
          id: 'Observation.value[x]',
          path: 'Observation.value[x]',
          slicing: { discriminator: [{ type: 'type', path: '$this' }], rules: 'open' },
        },
        {
          id: 'Observation.value[x]:valueQuantity',
          path: 'Observation.value[x]',
          sliceName: 'valueQuantity',
          min: 1,
        },
        { id: 'Observation.value[x]:valueQuantity.code', path: 'Observation.value[x].code', min: 1 },
      ),
    )
    t.match(long.get('Observation.value[x]:valueQuantity'), { type: [{ code: 'Quantity' }], min: 1 })
    t.equal(long.get('Observation.value[x]:valueQuantity.code')?.min, 1)
    t.equal(long.get('Observation.value[x]')?.type?.length, 11, 'the long spelling leaves the other types')
  })

  t.test('an extension that is named without a slicing is sliced by its url', async (t) => {
    const all = of(
      profile(
        'Patient',
        { id: 'Patient.name', path: 'Patient.name' },
        { id: 'Patient.name.extension:x', path: 'Patient.name.extension', sliceName: 'x', min: 1 },
      ),
    )
    t.match(all.get('Patient.name.extension'), {
      slicing: { discriminator: [{ type: 'value', path: 'url' }], rules: 'open' },
    })
    t.equal(all.get('Patient.name.extension:x')?.min, 1)
  })

  t.test('rules and mappings add up, by key', async (t) => {
    const constraint = [{ key: 'a-1', severity: 'error', human: 'a', expression: 'true' }]
    const all = of(profile('Patient', { path: 'Patient', constraint }))
    const { constraint: rules } = all.get('Patient')!
    const keys = (rules as readonly { key: string }[]).map(({ key }) => key)
    t.ok(keys.includes('dom-2') && keys.includes('a-1'))
  })
})

/** What is wrong, the elements, and what is said. */
const REFUSED: readonly (readonly [string, readonly object[], RegExp])[] = [
  [
    'a min below the base',
    [{ path: 'Observation.status', min: 0 }],
    /has min 0, but what it is based on has 1/,
  ],
  [
    'a max above the base',
    [{ path: 'Observation.status', max: '2' }],
    /has max 2, but what it is based on has 1/,
  ],
  ['a min above its max', [{ path: 'Observation.category', min: 2, max: '1' }], /min 2 above its max 1/],
  [
    'another type',
    [{ path: 'Observation.value[x]', type: [{ code: 'Address' }] }],
    /has the type Address, but/,
  ],
  [
    'a weaker binding',
    [{ path: 'Observation.status', binding: { strength: 'preferred', valueSet: 'http://a.b' } }],
    /preferred, but .* required/,
  ],
  ['an unknown element', [{ path: 'Observation.nickname', min: 1 }], /Observation has no element nickname/],
  [
    'an unknown element of a datatype',
    [{ path: 'Observation.code.nickname', min: 1 }],
    /no element nickname/,
  ],
  ['another root', [{ path: 'Patient.name', min: 1 }], /begins with another type/],
  [
    'what lies beneath a choice of several types',
    [{ path: 'Observation.value[x].code', min: 1 }],
    /one must be chosen/,
  ],
  ['an element without path', [{ min: 1 }], /has no path/],
]

t.test(
  'what would widen the base, or is not in it, is refused by name',
  { skip: examplesMissing },
  async (t) => {
    for (const [name, elements, says] of REFUSED)
      t.throws(() => generateSnapshot(profile('Observation', ...elements), find), says, name)
    const fixed = [{ path: 'Observation.status', fixedCode: 'final' }]
    const base = { ...profile('Observation', ...fixed), url: 'http://a.b/base' }
    const child = {
      ...profile('Observation', { path: 'Observation.status', fixedCode: 'amended' }),
      baseDefinition: 'http://a.b/base',
    }
    t.throws(
      () => generateSnapshot(child, (url) => (url === 'http://a.b/base' ? base : find(url))),
      /fixedCode, but .* another value/,
    )
    t.throws(
      () => generateSnapshot({ ...child, baseDefinition: 'http://a.b/none' }, find),
      /base http:\/\/a\.b\/none is not known/,
    )
    const circle = { ...base, baseDefinition: 'http://a.b/profile' }
    t.throws(
      () =>
        generateSnapshot(child, (url) =>
          url === 'http://a.b/base' ? circle : url === 'http://a.b/profile' ? child : find(url),
        ),
      /leads back to itself: .* → /,
    )
  },
)
