// Profiles, tags and labels as sets. https://hl7.org/fhir/R4/resource-operation-meta-add.html
import t from 'tap'
import { addMeta, removeMeta, toMetaParameters } from '../../src/operations/meta/sets.ts'

const tag = (code: string, more = {}) => ({ system: 'urn:s', code, ...more })

t.test('what is there already is not added again, whatever its display and version', async (t) => {
  const meta = { tag: [tag('a', { display: 'A' })] }
  t.same(addMeta(meta, { tag: [tag('a', { display: 'other', version: '2' }), tag('b'), tag('b')] }), {
    tag: [tag('a', { display: 'A' }), tag('b')],
  })
})

t.test('the system is part of the identity of a tag', async (t) => {
  const other = { system: 'urn:other', code: 'a' }
  t.same(addMeta({ tag: [tag('a')] }, { tag: [other, { code: 'a' }] }).tag, [tag('a'), other, { code: 'a' }])
  t.same(removeMeta({ tag: [tag('a'), other] }, { tag: [{ code: 'a' }] }).tag, [tag('a'), other])
})

t.test('profiles are told apart by their whole URL, labels and tags are kept apart', async (t) => {
  const meta = { profile: ['urn:p|1'], security: [tag('a')] }
  t.same(removeMeta(meta, { profile: ['urn:p'], tag: [tag('a')] }), meta)
  t.same(removeMeta(meta, { profile: ['urn:p|1'], security: [tag('a')] }), {})
})

t.test('the rest of meta stays, and an empty list is left out', async (t) => {
  const meta = { versionId: '1', source: 'urn:source', tag: [tag('a')] }
  t.same(removeMeta(meta, { tag: [tag('a'), tag('never')] }), { versionId: '1', source: 'urn:source' })
})

t.test('the answer is Parameters with one return', async (t) => {
  t.same(toMetaParameters({ profile: ['urn:p'] }), {
    resourceType: 'Parameters',
    parameter: [{ name: 'return', valueMeta: { profile: ['urn:p'] } }],
  })
})
