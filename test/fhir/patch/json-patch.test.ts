// JSON Patch as RFC 6902 says, on resources as FHIR allows. https://hl7.org/fhir/R4/http.html#patch
import t from 'tap'
import { parseJson, stringifyJson } from '../../../src/fhir/json.ts'
import { applyJsonPatch } from '../../../src/fhir/patch/json-patch.ts'
import type { Resource } from '../../../src/fhir/resource.ts'

const patient = {
  resourceType: 'Patient',
  id: 'a',
  meta: { versionId: '1', lastUpdated: '2026-01-01T00:00:00Z', tag: [{ code: 'x' }] },
  active: true,
  name: [{ family: '山田', given: ['太郎', '次郎'], _given: [null, { id: 'g' }] }],
  deceasedBoolean: false,
} as const satisfies Resource

const patched = (...operations: object[]) => applyJsonPatch(patient, operations) as Record<string, unknown>
const refused = (code: string, ...operations: unknown[]) => ({
  run: () => applyJsonPatch(patient, operations),
  code,
})

t.test('each operation does what RFC 6902 says', async (t) => {
  t.same(patched({ op: 'add', path: '/gender', value: 'male' })['gender'], 'male')
  t.same(patched({ op: 'add', path: '/name/0/given/0', value: '一' })['name'], [
    { ...patient.name[0], given: ['一', '太郎', '次郎'] },
  ])
  t.same(
    patched({ op: 'add', path: '/name/-', value: { text: 'b' } })['name'],
    [patient.name[0], { text: 'b' }],
    '- is the end of an array',
  )
  t.notOk('active' in patched({ op: 'remove', path: '/active' }))
  t.equal(patched({ op: 'replace', path: '/active', value: false })['active'], false)
  t.same(patched({ op: 'move', from: '/name/0/given/1', path: '/name/0/given/0' })['name'], [
    { ...patient.name[0], given: ['次郎', '太郎'] },
  ])
  t.same(patched({ op: 'copy', from: '/name/0', path: '/name/-' })['name'], [
    patient.name[0],
    patient.name[0],
  ])
})

t.test('a choice changes its type by removing one property and adding another', async (t) => {
  const result = patched(
    { op: 'remove', path: '/deceasedBoolean' },
    { op: 'add', path: '/deceasedDateTime', value: '2020' },
  )
  t.notOk('deceasedBoolean' in result)
  t.equal(result['deceasedDateTime'], '2020')
})

t.test('companions are properties like any other', async (t) => {
  const result = patched({ op: 'add', path: '/_active', value: { id: 'x' } })
  t.same(result['_active'], { id: 'x' })
})

t.test('test compares numbers by value and objects in any order', async (t) => {
  const observation = parseJson(
    '{"resourceType":"Observation","valueQuantity":{"value":1.00,"unit":"g"}}',
  ) as Resource
  const apply = (value: string) =>
    applyJsonPatch(observation, [
      { op: 'test', path: '/valueQuantity', value: parseJson(`{"unit":"g","value":${value}}`) },
    ])
  for (const same of ['1', '1.0', '1.000', '1e0', '100e-2', '0.1E1'])
    t.equal(stringifyJson(apply(same)), stringifyJson(observation), same)
  for (const other of ['1.0000000000000000001', '2', '"1"', '-1', '10', 'null'])
    t.throws(() => apply(other), { code: 'unprocessable' }, other)
})

t.test('a pointer escapes ~ as ~0 and / as ~1', async (t) => {
  const result = patched({ op: 'add', path: '/a~1b~0c', value: 1 })
  t.equal(result['a/b~c'], 1)
  const again = applyJsonPatch(result as unknown as Resource, [{ op: 'remove', path: '/a~1b~0c' }])
  t.same(again, patient)
})

t.test('what removing leaves empty goes too, as FHIR has no empty objects and arrays', async (t) => {
  const result = patched({ op: 'remove', path: '/meta/tag/0' }, { op: 'remove', path: '/name/0' })
  t.same(result['meta'], { versionId: '1', lastUpdated: '2026-01-01T00:00:00Z' })
  t.notOk('name' in result)
})

t.test(
  'a patch that cannot be applied is refused with the operation that failed, and nothing changes',
  async (t) => {
    const before = structuredClone(patient)
    const add = { op: 'add', path: '/gender', value: 'male' }
    const cases = [
      refused('unprocessable', add, { op: 'test', path: '/active', value: false }),
      refused('unprocessable', add, { op: 'test', path: '/nothing', value: null }),
      refused('unprocessable', add, { op: 'remove', path: '/nothing' }),
      refused('unprocessable', add, { op: 'remove', path: '/toString' }),
      refused('unprocessable', add, { op: 'replace', path: '/nothing', value: 1 }),
      refused('unprocessable', add, { op: 'add', path: '/no/where', value: 1 }),
      refused('unprocessable', add, { op: 'add', path: '/name/2', value: 1 }),
      refused('unprocessable', add, { op: 'add', path: '/name/01', value: 1 }),
      refused('unprocessable', add, { op: 'add', path: '/name/length', value: 1 }),
      refused('unprocessable', add, { op: 'remove', path: '/name/-' }),
      refused('unprocessable', add, { op: 'add', path: '/active/x', value: 1 }),
      refused('unprocessable', add, { op: 'move', from: '/name', path: '/name/0' }),
      refused('unprocessable', add, { op: 'add', path: '/__proto__', value: {} }),
      refused('unprocessable', add, { op: 'add', path: '/constructor', value: {} }),
    ]
    for (const { run, code } of cases) t.throws(run, { code, message: /^Operation 2/ })
    t.same(patient, before)
    t.equal(({} as Record<string, unknown>)['polluted'], undefined)
  },
)

t.test('what is no JSON Patch is refused as invalid', async (t) => {
  for (const patch of [
    {},
    null,
    'x',
    [null],
    [[]],
    [{ path: '/a' }],
    [{ op: 'spell', path: '/a' }],
    [{ op: 'add', path: '/a' }],
    [{ op: 'test', path: '/a' }],
    [{ op: 'replace', path: '/a' }],
    [{ op: 'move', path: '/a' }],
    [{ op: 'copy', path: '/a', from: 'b' }],
    [{ op: 'remove', path: 'a' }],
    [{ op: 'remove', path: '/a~2' }],
    [{ op: 'remove', path: 1 }],
  ])
    t.throws(() => applyJsonPatch(patient, patch), { code: 'invalid' }, JSON.stringify(patch))
})

t.test('resourceType, id, meta.versionId and meta.lastUpdated cannot be changed', async (t) => {
  for (const operation of [
    { op: 'replace', path: '/id', value: 'b' },
    { op: 'remove', path: '/id' },
    { op: 'replace', path: '/resourceType', value: 'Group' },
    { op: 'replace', path: '/meta/versionId', value: '2' },
    { op: 'replace', path: '/meta/lastUpdated', value: '2027-01-01T00:00:00Z' },
    { op: 'replace', path: '', value: { resourceType: 'Patient', id: 'b' } },
    { op: 'remove', path: '' },
    { op: 'replace', path: '', value: [] },
  ])
    t.throws(() => patched(operation), { code: 'unprocessable' }, JSON.stringify(operation))
  t.same(patched({ op: 'replace', path: '/meta', value: { source: 'urn:x' } })['meta'], { source: 'urn:x' })
})

t.test('a patch that doubles or nests what it made is refused before it explodes', async (t) => {
  const double = { op: 'copy', from: '/name', path: '/name/-' }
  t.throws(() => patched(...Array.from({ length: 60 }, () => double)), { code: 'too-costly' })
  const nest = { op: 'copy', from: '', path: '/contained' }
  t.throws(() => patched(...Array.from({ length: 200 }, () => nest)), { code: 'too-costly' })
  t.throws(
    () => patched(...Array.from({ length: 1001 }, () => ({ op: 'test', path: '/active', value: true }))),
    {
      code: 'too-costly',
    },
  )
})
