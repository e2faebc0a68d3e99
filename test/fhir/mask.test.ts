// Summaries and chosen elements. https://hl7.org/fhir/R4/search.html#summary
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import t from 'tap'
import type { Definitions, ElementDefinition } from '../../src/fhir/definitions.ts'
import { applyMask, isSubsetted } from '../../src/fhir/mask.ts'

interface Snapshot {
  snapshot: {
    element: {
      path: string
      min: number
      max: string
      isSummary?: boolean
      isModifier?: boolean
      type?: { code: string }[]
    }[]
  }
}

// R4's own snapshots, without the cache in between.
const require = createRequire(import.meta.url)
function elements(type: string): readonly ElementDefinition[] {
  const file = require.resolve(`hl7.fhir.r4.examples/StructureDefinition-${type}.json`)
  const { snapshot } = JSON.parse(readFileSync(file, 'utf8')) as Snapshot
  return snapshot.element.map((element) => ({
    path: element.path,
    min: element.min,
    max: element.max,
    types: (element.type ?? []).map((one) => one.code),
    isSummary: element.isSummary ?? false,
    isModifier: element.isModifier ?? false,
  }))
}
const definitions = { elements } as unknown as Definitions

const patient = {
  resourceType: 'Patient',
  id: 'a',
  meta: { versionId: '1', tag: [{ code: 'x' }] },
  text: { status: 'generated', div: '<div/>' },
  modifierExtension: [{ url: 'http://x', valueBoolean: true }],
  name: [{ text: 'n' }],
  _birthDate: { id: 'b' },
  birthDate: '1980',
  deceasedBoolean: false,
  maritalStatus: { text: 'm' },
  contact: [{ name: { text: 'c' } }],
  communication: [{ language: { text: 'ja' }, preferred: true }],
  link: [{ type: 'seealso', other: { reference: 'Patient/b' } }],
}
const keys = (mask: Parameters<typeof applyMask>[1], resource: Parameters<typeof applyMask>[0] = patient) =>
  Object.keys(applyMask(resource, mask, definitions))
    .sort()
    .join(' ')

t.test('no mask and _summary=false leave the resource as it is', async (t) => {
  t.equal(applyMask(patient, {}, definitions), patient)
  t.equal(applyMask(patient, { summary: 'false' }, definitions), patient)
  t.notOk(isSubsetted(patient))
})

t.test('_summary=true keeps summary elements, modifiers and what is mandatory', async (t) => {
  const summary = 'true'
  t.equal(
    keys({ summary }),
    '_birthDate birthDate deceasedBoolean id link meta modifierExtension name resourceType',
  )
  const observation = {
    resourceType: 'Observation',
    status: 'final',
    code: { text: 'c' },
    valueQuantity: { value: 1 },
    note: [{ text: 'n' }],
    component: [{ code: { text: 'd' }, valueString: 'x', interpretation: [{ text: 'i' }] }],
  }
  const masked = applyMask(observation, { summary }, definitions) as Record<string, unknown>
  t.same(masked['valueQuantity'], { value: 1 })
  t.same(masked['component'], [{ code: { text: 'd' }, valueString: 'x' }], 'inside backbone elements too')
  t.notOk('note' in masked)
})

t.test('_summary=text keeps text, id, meta and mandatory elements; data all but text', async (t) => {
  t.equal(keys({ summary: 'text' }), 'id meta resourceType text')
  t.equal(
    keys(
      { summary: 'text' },
      { resourceType: 'Observation', status: 'final', code: { text: 'c' }, valueString: 'x' },
    ),
    'code meta resourceType status',
  )
  t.equal(
    keys({ summary: 'data' }),
    Object.keys(patient)
      .filter((name) => name !== 'text')
      .sort()
      .join(' '),
  )
})

t.test(
  '_elements keeps the elements named, whole, with companions, choices, modifiers and what is mandatory',
  async (t) => {
    t.equal(
      keys({ elements: ['contact'] }),
      'contact deceasedBoolean id link meta modifierExtension resourceType',
    )
    t.equal(
      keys({ elements: ['birthDate', 'nothing'] }),
      '_birthDate birthDate deceasedBoolean id link meta modifierExtension resourceType',
    )
  },
)

t.test('a masked resource is tagged SUBSETTED once, beside its own tags', async (t) => {
  const once = applyMask(patient, { summary: 'true' }, definitions)
  t.ok(isSubsetted(once))
  t.same(
    once.meta?.tag?.map((tag) => tag.code),
    ['x', 'SUBSETTED'],
  )
  t.equal(applyMask(once, { summary: 'true' }, definitions).meta?.tag?.length, 2)
  t.notOk(isSubsetted({ resourceType: 'Patient', meta: { tag: 'x' as never } }))
})
