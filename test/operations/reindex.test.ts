// Posted SearchParameters: building, in force, gone. https://hl7.org/fhir/R4/searchparameter.html
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { createApp } from '../../src/app.ts'
import { openClient, refsOf } from '../support/operations.ts'

const nickname = {
  resourceType: 'SearchParameter',
  id: 'nickname',
  url: 'https://musubi.example/fhir/SearchParameter/nickname',
  name: 'Nickname',
  status: 'active',
  description: 'Names of use nickname',
  code: 'nickname',
  base: ['Patient'],
  type: 'string',
  expression: "Patient.name.where(use = 'nickname').given",
}
const patient = (id: string, given: string) => ({
  resourceType: 'Patient',
  id,
  name: [{ use: 'nickname', given: [given] }, { given: ['Formal'] }],
})
const forUrl = (url = nickname.url) => ({
  resourceType: 'Parameters',
  parameter: [{ name: 'url', valueUri: url }],
})
const valuesOf = (
  body: { parameter: { name: string; valueInteger?: number; valueUri?: string }[] },
  name: string,
) => body.parameter.filter((each) => each.name === name).map((each) => each.valueInteger ?? each.valueUri)

t.test('a posted parameter is refused until $reindex, and then finds what stood there before', async (t) => {
  const { send } = await openClient(t)
  await send('PUT', 'Patient/before', patient('before', 'Taro'))
  t.equal((await send('GET', 'Patient?nickname=taro')).status, 400, 'it is unknown')
  t.equal((await send('PUT', 'SearchParameter/nickname', nickname)).status, 201)
  await send('PUT', 'Patient/after', patient('after', 'Taro'))
  const building = await send('GET', 'Patient?nickname=taro')
  t.equal(building.status, 400)
  t.match(building.body.issue[0].diagnostics, /nickname.*\$reindex/)
  t.equal((await send('GET', 'Observation?subject.nickname=taro')).status, 400, 'in a chain too')
  const done = await send('POST', '$reindex', forUrl())
  t.equal(done.status, 200)
  t.same(valuesOf(done.body, 'resources'), [2])
  t.same(valuesOf(done.body, 'parameter'), [nickname.url])
  t.same([...refsOf((await send('GET', 'Patient?nickname=taro')).body)].sort(), [
    'Patient/after',
    'Patient/before',
  ])
  t.same(refsOf((await send('GET', 'Patient?nickname=formal')).body), [])
  t.equal(
    (await send('GET', 'Patient/before')).body.meta.versionId,
    (await send('GET', 'Patient/before/_history')).body.entry[0].resource.meta.versionId,
  )
  t.equal((await send('GET', 'Patient/before/_history')).body.entry.length, 1, 'it makes no version')
})

t.test('$reindex again is harmless, and without url builds what is waiting', async (t) => {
  const { send } = await openClient(t)
  await send('PUT', 'Patient/p', patient('p', 'Taro'))
  t.same(valuesOf((await send('POST', '$reindex')).body, 'resources'), [0], 'nothing waits')
  await send('PUT', 'SearchParameter/nickname', nickname)
  t.same(valuesOf((await send('POST', '$reindex')).body, 'parameter'), [nickname.url])
  t.same(valuesOf((await send('POST', '$reindex')).body, 'resources'), [0])
  t.same(valuesOf((await send('POST', '$reindex', forUrl())).body, 'resources'), [1])
  t.same(refsOf((await send('GET', 'Patient?nickname=taro')).body), ['Patient/p'])
})

t.test(
  'a parameter that comes to mean something else waits again; one that says the same does not',
  async (t) => {
    const { send } = await openClient(t)
    await send('PUT', 'Patient/p', patient('p', 'Taro'))
    await send('PUT', 'SearchParameter/nickname', nickname)
    await send('POST', '$reindex')
    await send('PUT', 'SearchParameter/nickname', { ...nickname, description: 'In other words' })
    t.equal((await send('GET', 'Patient?nickname=taro')).status, 200)
    await send('PUT', 'SearchParameter/nickname', { ...nickname, expression: 'Patient.name.given' })
    t.equal((await send('GET', 'Patient?nickname=taro')).status, 400)
    await send('POST', '$reindex')
    t.same(refsOf((await send('GET', 'Patient?nickname=formal')).body), ['Patient/p'])
  },
)

t.test('a deleted or retired parameter is unknown again', async (t) => {
  const { send } = await openClient(t)
  for (const end of ['delete', 'retire'] as const) {
    await send('PUT', 'SearchParameter/nickname', nickname)
    await send('POST', '$reindex')
    t.equal((await send('GET', 'Patient?nickname=taro')).status, 200)
    if (end === 'delete') await send('DELETE', 'SearchParameter/nickname')
    else await send('PUT', 'SearchParameter/nickname', { ...nickname, status: 'retired' })
    t.equal((await send('GET', 'Patient?nickname=taro')).status, 400, end)
    t.equal((await send('POST', '$reindex', forUrl())).status, 400, end)
  }
})

t.test('an expression that cannot be evaluated is refused, also in a transaction', async (t) => {
  const { send } = await openClient(t)
  for (const expression of ['Patient.name.where(', 'Patient.name.nonsense()', '!!']) {
    const { status, body } = await send('POST', 'SearchParameter', { ...nickname, id: undefined, expression })
    t.equal(status, 422, expression)
    t.same(body.issue[0].expression, ['SearchParameter.expression'])
  }
  const entry = [
    { request: { method: 'PUT', url: 'Patient/p' }, resource: patient('p', 'Taro') },
    {
      request: { method: 'PUT', url: 'SearchParameter/nickname' },
      resource: { ...nickname, expression: '!!' },
    },
  ]
  const { status, body } = await send('POST', '', { resourceType: 'Bundle', type: 'transaction', entry })
  t.equal(status, 422)
  t.match(JSON.stringify(body), /Bundle\.entry\[1\]/)
  t.equal((await send('GET', 'Patient/p')).status, 404)
})

t.test("R4's own codes stay what they are, and no two posted parameters share a code", async (t) => {
  const { send } = await openClient(t)
  await send('PUT', 'Patient/p', { ...patient('p', 'Taro'), gender: 'male' })
  const gender = { ...nickname, id: 'gender', url: 'urn:gender', code: 'gender', expression: 'Patient.id' }
  t.equal((await send('PUT', 'SearchParameter/gender', gender)).status, 201)
  t.same(refsOf((await send('GET', 'Patient?gender=male')).body), ['Patient/p'])
  await send('PUT', 'SearchParameter/nickname', nickname)
  const twin = await send('PUT', 'SearchParameter/twin', { ...nickname, id: 'twin', url: 'urn:twin' })
  t.equal(twin.status, 422)
  t.equal(twin.body.issue[0].code, 'duplicate')
})

t.test('each type of parameter is built and found', async (t) => {
  const { send } = await openClient(t)
  await send('PUT', 'Patient/p', {
    ...patient('p', 'Taro'),
    photo: [{ title: 'x', creation: '2026-05-01', size: 7, url: 'http://x.example/1' }],
    contact: [{ gender: 'female', organization: { reference: 'Organization/o' } }],
  })
  const rows = [
    ['token', 'Patient.contact.gender', 'female', 'male'],
    ['date', 'Patient.photo.creation', 'ge2026-05', 'lt2026'],
    ['number', 'Patient.photo.size', 'gt6', 'gt7'],
    ['uri', 'Patient.photo.url', 'http://x.example/1', 'http://x.example'],
    ['reference', 'Patient.contact.organization', 'Organization/o', 'Organization/p'],
  ] as const
  for (const [type, expression] of rows) {
    const more = type === 'reference' ? { target: ['Organization'] } : {}
    const posted = {
      ...nickname,
      ...more,
      id: type,
      url: `urn:${type}`,
      code: `my-${type}`,
      type,
      expression,
    }
    t.equal((await send('PUT', `SearchParameter/${type}`, posted)).status, 201, type)
  }
  await send('POST', '$reindex')
  for (const [type, , yes, no] of rows) {
    t.same(refsOf((await send('GET', `Patient?my-${type}=${yes}`)).body), ['Patient/p'], type)
    t.same(refsOf((await send('GET', `Patient?my-${type}=${no}`)).body), [], type)
  }
})

t.test('$reindex is for system clients that see everything of the types', async (t) => {
  const { send, as } = await openClient(t)
  await send('PUT', 'SearchParameter/nickname', nickname)
  const doctor = await as('user/*.cruds', { subject: 'Practitioner/d' })
  t.equal((await doctor('POST', '$reindex')).status, 403)
  for (const scope of [
    'system/SearchParameter.rs',
    'system/SearchParameter.rs system/Patient.cruds?gender=male',
  ]) {
    const some = await as(scope)
    t.equal((await some('POST', '$reindex')).status, 403, scope)
  }
  t.equal((await send('GET', '$reindex')).status, 405)
  t.equal((await send('POST', '$reindex', forUrl('urn:none'))).status, 400)
  t.equal((await send('GET', 'Patient?nickname=x')).status, 400, 'none of these put it in force')
})

t.test('writes during $reindex keep their own entries', async (t) => {
  const { send } = await openClient(t)
  const entry = Array.from({ length: 450 }, (_, at) => ({
    request: { method: 'PUT', url: `Patient/p${at}` },
    resource: patient(`p${at}`, 'Taro'),
  }))
  await send('POST', '', { resourceType: 'Bundle', type: 'transaction', entry })
  await send('PUT', 'SearchParameter/nickname', nickname)
  const running = send('POST', '$reindex')
  for (let at = 0; at < 450; at += 18) await send('PUT', `Patient/p${at}`, patient(`p${at}`, 'Jiro'))
  t.equal((await running).status, 200)
  const total = async (value: string) =>
    (await send('GET', `Patient?nickname=${value}&_summary=count`)).body.total
  t.same([await total('jiro'), await total('taro')], [25, 425])
})

t.test('another server on the store knows what was posted', async (t) => {
  const { send, store, config, auth } = await openClient(t)
  await send('PUT', 'Patient/p', patient('p', 'Taro'))
  await send('PUT', 'SearchParameter/nickname', nickname)
  await send('POST', '$reindex')
  const app = await createApp(config, store, { write: () => {} })
  t.teardown(() => app.close())
  const search = async () =>
    app.inject({ url: `${config.baseUrl}/Patient?nickname=taro`, headers: await auth() })
  t.same(refsOf((await search()).json()), ['Patient/p'])
  await send('DELETE', 'SearchParameter/nickname')
  await sleep(300)
  await search()
  t.equal((await search()).statusCode, 400, 'and follows what the other server writes')
})

t.test('the CapabilityStatement claims a posted parameter when it is in force', async (t) => {
  const { send } = await openClient(t)
  const claims = async () => {
    const { body } = await send('GET', 'metadata')
    const { searchParam } = body.rest[0].resource.find(({ type }: { type: string }) => type === 'Patient')
    return searchParam.some(({ name }: { name: string }) => name === 'nickname')
  }
  t.notOk(await claims())
  await send('PUT', 'SearchParameter/nickname', nickname)
  t.notOk(await claims(), 'not while it is being built')
  await send('POST', '$reindex')
  t.ok(await claims())
})
