// $meta, $meta-add and $meta-delete over HTTP. https://hl7.org/fhir/R4/resource-operation-meta.html
import t from 'tap'
import { openClient } from '../support/operations.ts'

const tag = { system: 'urn:s', code: 'a' }
const label = { system: 'urn:l', code: 'secret' }
const metaOf = (body: { parameter: { name: string; valueMeta: object }[] }) => body.parameter[0]!.valueMeta
const toBody = (meta: object) => ({
  resourceType: 'Parameters',
  parameter: [{ name: 'meta', valueMeta: meta }],
})

t.test('$meta-add makes a version, and none where nothing is new', async (t) => {
  const { send } = await openClient(t)
  await send('PUT', 'Patient/p', { resourceType: 'Patient', id: 'p', active: true })
  const before = (await send('GET', 'Patient/p')).body.meta.versionId
  const added = await send('POST', 'Patient/p/$meta-add', toBody({ tag: [tag], security: [label] }))
  t.equal(added.status, 200)
  t.match(metaOf(added.body), { tag: [tag], security: [label] })
  const after = (await send('GET', 'Patient/p')).body
  t.not(after.meta.versionId, before)
  t.match(after, { active: true, meta: { tag: [tag] } })
  t.same((await send('GET', 'Patient?_tag=urn:s|a')).body.entry.length, 1, 'it is indexed')
  const again = await send('POST', 'Patient/p/$meta-add', toBody({ tag: [{ ...tag, display: 'A' }] }))
  t.equal((metaOf(again.body) as { versionId: string }).versionId, after.meta.versionId)
  t.equal((await send('GET', 'Patient/p/_history')).body.entry.length, 2)
})

t.test('$meta-delete takes away what is there, and what is not there is no error', async (t) => {
  const { send } = await openClient(t)
  await send('PUT', 'Patient/p', {
    resourceType: 'Patient',
    id: 'p',
    meta: { tag: [tag], security: [label] },
  })
  const gone = await send('POST', 'Patient/p/$meta-delete', toBody({ tag: [tag, { code: 'never' }] }))
  t.equal(gone.status, 200)
  t.same((metaOf(gone.body) as { tag?: object }).tag, undefined)
  t.match((await send('GET', 'Patient/p')).body.meta, { security: [label] })
  t.equal((await send('GET', 'Patient?_tag=a')).body.entry, undefined)
})

t.test('$meta lists what the caller may see of one resource, a type, the system', async (t) => {
  const { send, as } = await openClient(t)
  await send('PUT', 'Patient/p', { resourceType: 'Patient', id: 'p', meta: { tag: [tag] } })
  await send('PUT', 'Patient/q', {
    resourceType: 'Patient',
    id: 'q',
    meta: { tag: [tag], security: [label] },
  })
  await send('PUT', 'Organization/o', {
    resourceType: 'Organization',
    id: 'o',
    name: 'O',
    meta: { profile: ['urn:p'] },
  })
  t.same(metaOf((await send('GET', 'Patient/$meta')).body), { security: [label], tag: [tag] })
  t.same(metaOf((await send('GET', '$meta')).body), { profile: ['urn:p'], security: [label], tag: [tag] })
  t.match(metaOf((await send('GET', 'Patient/q/$meta')).body), { security: [label] })
  const own = await as('patient/*.rs', { subject: 'Patient/p', patient: 'p' })
  t.same(
    metaOf((await own('GET', 'Patient/$meta')).body),
    { tag: [tag] },
    'the label of a hidden resource is not told',
  )
})

t.test('what is hidden, absent or deleted answers as a read does', async (t) => {
  const { send, as } = await openClient(t)
  await send('PUT', 'Patient/q', { resourceType: 'Patient', id: 'q' })
  const own = await as('patient/*.cruds', { subject: 'Patient/p', patient: 'p' })
  for (const name of ['$meta-add', '$meta-delete', '$meta']) {
    const [hidden, absent] = [
      await own('POST', `Patient/q/${name}`, name === '$meta' ? undefined : toBody({ tag: [tag] })),
      await own('POST', `Patient/none/${name}`, name === '$meta' ? undefined : toBody({ tag: [tag] })),
    ]
    t.equal(hidden.status, 404, name)
    t.same(hidden.body, absent.body, name)
  }
  await send('DELETE', 'Patient/q')
  t.equal((await send('GET', 'Patient/q/$meta')).status, 410)
  t.equal((await send('POST', 'Patient/q/$meta-add', toBody({ tag: [tag] }))).status, 410)
})

t.test('a change of meta needs the right to update, a POST, and one meta', async (t) => {
  const { send, as } = await openClient(t)
  await send('PUT', 'Patient/p', { resourceType: 'Patient', id: 'p' })
  const reader = await as('system/*.rs')
  t.equal((await reader('POST', 'Patient/p/$meta-add', toBody({ tag: [tag] }))).status, 403)
  t.equal((await send('GET', 'Patient/p/$meta-add')).status, 405)
  t.equal((await send('POST', 'Patient/p/$meta-add', { resourceType: 'Parameters' })).status, 400)
  t.equal((await send('POST', 'Patient/p/$meta-add', toBody({ tag: 'none' }))).status, 400)
  t.equal((await send('POST', 'Patient/p/$meta-add', { resourceType: 'Patient' })).status, 400)
  t.equal((await send('GET', 'Patient/p/$meta?other=1')).status, 400)
  t.equal((await send('POST', 'Patient/$meta-add', toBody({ tag: [tag] }))).status, 404)
})

t.test('on one version the meta operations are refused by name', async (t) => {
  const { send } = await openClient(t)
  await send('PUT', 'Patient/p', { resourceType: 'Patient', id: 'p' })
  const { versionId } = (await send('GET', 'Patient/p')).body.meta
  for (const name of ['$meta', '$meta-add', '$meta-delete']) {
    const { status, body } = await send(
      'POST',
      `Patient/p/_history/${versionId}/${name}`,
      toBody({ tag: [tag] }),
    )
    t.equal(status, 400)
    t.ok(body.issue[0].diagnostics.startsWith(`${name} of one version`))
  }
  t.equal((await send('GET', `Patient/p/_history/${versionId}/$other`)).status, 404)
})
