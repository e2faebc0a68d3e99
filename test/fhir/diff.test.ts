// A difference applied to the one version gives the other. https://hl7.org/fhir/R4/fhirpatch.html
import t from 'tap'
import { loadDefinitions } from '../../src/fhir/definitions.ts'
import { buildDiff } from '../../src/fhir/diff.ts'
import { sameContent } from '../../src/fhir/document.ts'
import { applyFhirPathPatch } from '../../src/fhir/patch/fhirpath-patch.ts'
import type { Resource } from '../../src/fhir/resource.ts'
import { examplesMissing, officialExamples } from '../support/examples.ts'

const definitions = loadDefinitions()

const PATIENT: Resource = {
  resourceType: 'Patient',
  id: 'x',
  text: { status: 'generated', div: '<div xmlns="http://www.w3.org/1999/xhtml">a</div>' },
  name: [{ family: 'a', given: ['b', 'c'], _given: [null, { id: 'i' }] }, { text: 'd' }],
  birthDate: '2024',
  deceasedBoolean: false,
  contact: [{ name: { text: 'e' }, telecom: [{ system: 'phone', value: '1' }] }],
}

interface Operation {
  readonly part: readonly { readonly name: string; readonly [value: `value${string}`]: unknown }[]
}

const said = (patch: Resource) =>
  ((patch['parameter'] ?? []) as readonly Operation[]).map(({ part }) => [
    part.find(({ name }) => name === 'type')?.['valueCode'],
    part.find(({ name }) => name === 'path')?.['valueString'],
  ])

/** What changes, and the operations that tell it. */
const CHANGES: readonly (readonly [string, object, readonly (readonly [string, string])[]])[] = [
  ['nothing', {}, []],
  ['a value', { birthDate: '2025' }, [['replace', 'Patient.birthDate']]],
  ['a value that comes', { gender: 'male' }, [['add', 'Patient']]],
  ['a value that goes', { birthDate: undefined }, [['delete', 'Patient.birthDate']]],
  [
    'another type of a choice',
    { deceasedBoolean: undefined, deceasedDateTime: '2024' },
    [
      ['delete', 'Patient.deceased'],
      ['add', 'Patient'],
    ],
  ],
  [
    'a value within',
    { name: [{ family: 'z', given: ['b', 'c'], _given: [null, { id: 'i' }] }, { text: 'd' }] },
    [['replace', 'Patient.name[0].family']],
  ],
  [
    'a narrative',
    { text: { status: 'generated', div: '<div xmlns="http://www.w3.org/1999/xhtml">b</div>' } },
    [['replace', 'Patient.text.`div`']],
  ],
  [
    'an item that goes',
    { name: [PATIENT['name'] && (PATIENT['name'] as object[])[0]] },
    [['delete', 'Patient.name[1]']],
  ],
  ['an item that comes', { name: [...(PATIENT['name'] as object[]), { text: 'f' }] }, [['add', 'Patient']]],
  [
    'an element in place',
    { contact: [{ name: { text: 'e' } }] },
    [['delete', 'Patient.contact[0].telecom[0]']],
  ],
  [
    'an extension of a primitive',
    { _birthDate: { extension: [{ url: 'http://a', valueBoolean: true }] } },
    [['replace', 'Patient.birthDate']],
  ],
]

t.test('each change is told by the least that says it', async (t) => {
  for (const [name, change, operations] of CHANGES) {
    const to = JSON.parse(JSON.stringify({ ...PATIENT, ...change })) as Resource
    const patch = buildDiff(definitions, PATIENT, to)
    t.same(said(patch), operations, name)
    t.ok(sameContent(patch['parameter'] ? applyFhirPathPatch(PATIENT, patch) : PATIENT, to), name)
  }
})

t.test('version and time are no difference', async (t) => {
  const stamped = (versionId: string) => ({
    ...PATIENT,
    meta: { versionId, lastUpdated: '2024-01-01T00:00:00Z' },
  })
  t.same(said(buildDiff(definitions, stamped('1'), stamped('2'))), [])
})

t.test('between any two official examples of a type', { skip: examplesMissing }, async (t) => {
  const before = new Map<string, Resource>()
  const wrong: string[] = []
  let pairs = 0
  for (const { file, resource } of officialExamples()) {
    if (JSON.stringify(resource).length > 20_000) continue
    const from = before.get(resource.resourceType)
    before.set(resource.resourceType, resource)
    if (!from || pairs >= 1500) continue
    pairs++
    // An id cannot be patched.
    const { id, meta, ...rest } = resource
    const to = { ...rest, id: from.id } as Resource
    const { meta: _, ...start } = from
    try {
      const patch = buildDiff(definitions, start as Resource, to)
      if (
        !sameContent(
          patch['parameter'] ? applyFhirPathPatch(start as Resource, patch) : (start as Resource),
          to,
        )
      )
        wrong.push(file)
    } catch (error) {
      wrong.push(`${file}: ${(error as Error).message}`)
    }
  }
  t.ok(pairs > 500, `${pairs} pairs`)
  t.same(wrong, [])
})
