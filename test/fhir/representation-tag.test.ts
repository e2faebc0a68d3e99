// The entity tag of a representation that shows less than all. https://www.rfc-editor.org/rfc/rfc9110#section-8.8.3
import t from 'tap'
import { buildDocument, stampDocument } from '../../src/fhir/document.ts'
import { representationTag } from '../../src/fhir/representation-tag.ts'
import type { Resource } from '../../src/fhir/resource.ts'

const task = { resourceType: 'Task', id: 'a', status: 'draft' }
const tag = (resource: Resource, versionId: string, at: number) =>
  representationTag(stampDocument(buildDocument(resource, versionId), at))

t.test('versions that are shown alike have one tag, which is an id and not a version', async (t) => {
  const known = tag(task, 'v1', 0)
  t.match(known, /^[0-9a-f]{32}$/)
  t.equal(tag(task, 'another-version', 86_400_000), known)
})

t.test('whatever else is shown changes the tag', async (t) => {
  const known = tag(task, 'v1', 0)
  const others: Resource[] = [
    { ...task, status: 'ready' },
    { ...task, id: 'b' },
    { ...task, meta: { profile: ['http://x'] } },
    { ...task, meta: { tag: [{ code: '"versionId":"v1","lastUpdated":"1"' }] } },
  ]
  for (const other of others) t.not(tag(other, 'v1', 0), known)
})

t.test('bytes of another form have a tag too, of all of them', async (t) => {
  const pretty = (versionId: string) => Buffer.from(JSON.stringify({ ...task, meta: { versionId } }, null, 2))
  t.not(representationTag(pretty('1')), representationTag(pretty('2')))
  t.match(representationTag(Buffer.from('')), /^[0-9a-f]{32}$/)
})
