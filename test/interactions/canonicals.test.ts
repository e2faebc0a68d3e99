// Definitions that come and go are in force at once: by post, by package, in another process. https://hl7.org/fhir/R4/references.html#canonical
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import t from 'tap'
import { createContext } from '../../src/app.ts'
import { readPackage } from '../../src/fhir/package/read.ts'
import {
  addPackage,
  listPackages,
  orderPackages,
  removePackage,
} from '../../src/interactions/canonicals/packages.ts'
import { openStore } from '../../src/store/open.ts'
import { manifest, packTgz, requiring } from '../support/package.ts'
import { openFolder, openServer } from '../support/server.ts'

const PROFILE = 'http://a.b/StructureDefinition/named'
const PATIENT = { resourceType: 'Patient', meta: { profile: [PROFILE] } }

t.test('a posted profile is in force with its commit, changes and goes', async (t) => {
  const { app, auth } = await openServer(t)
  const headers = { ...(await auth()), 'content-type': 'application/fhir+json' }
  const send = async (method: 'POST' | 'PUT' | 'DELETE', url: string, body?: object) =>
    (
      await app.inject({
        method,
        url: `/fhir/${url}`,
        headers,
        ...(body && { payload: JSON.stringify(body) }),
      })
    ).statusCode
  const profile = requiring(PROFILE, 'name', { id: 'p' })
  t.equal(await send('POST', 'Patient', PATIENT), 201, 'nobody knows the profile yet')
  t.equal(await send('PUT', 'StructureDefinition/p', profile), 201)
  t.equal(await send('POST', 'Patient', PATIENT), 422)
  t.equal(await send('POST', 'Patient', { ...PATIENT, name: [{ text: 'a' }] }), 201)
  t.equal(await send('PUT', 'StructureDefinition/p', requiring(PROFILE, 'gender', { id: 'p' })), 200)
  t.equal(await send('POST', 'Patient', { ...PATIENT, gender: 'other' }), 201)
  t.equal(await send('PUT', 'StructureDefinition/p', { ...profile, status: 'retired' }), 200)
  t.equal(await send('POST', 'Patient', PATIENT), 201)
  t.equal(await send('PUT', 'StructureDefinition/p', profile), 200)
  t.equal(await send('DELETE', 'StructureDefinition/p'), 204)
  t.equal(await send('POST', 'Patient', PATIENT), 201)
})

t.test('a profile that cannot be used is refused when it is posted', async (t) => {
  const { app, auth } = await openServer(t)
  const headers = { ...(await auth()), 'content-type': 'application/fhir+json' }
  const post = async (body: object) =>
    app.inject({ method: 'POST', url: '/fhir/StructureDefinition', headers, payload: JSON.stringify(body) })
  const unknown = await post(requiring(PROFILE, 'nickname'))
  t.equal(unknown.statusCode, 422)
  t.match(unknown.body, /Patient has no element nickname/)
  const baseless = await post(requiring(PROFILE, 'name', { baseDefinition: 'http://a.b/none' }))
  t.equal(baseless.statusCode, 422)
  t.match(baseless.body, /is not known/)
})

t.test('of several versions the newest is meant, but for one that is asked for', async (t) => {
  const { app, auth } = await openServer(t)
  const headers = { ...(await auth()), 'content-type': 'application/fhir+json' }
  const put = async (id: string, version: string, element: string) =>
    app.inject({
      method: 'PUT',
      url: `/fhir/StructureDefinition/${id}`,
      headers,
      payload: JSON.stringify(requiring(PROFILE, element, { id, version })),
    })
  await put('one', '1.9.0', 'name')
  await put('two', '1.10.0', 'gender')
  const accepts = async (profile: string, more: object) =>
    (
      await app.inject({
        method: 'POST',
        url: '/fhir/Patient',
        headers,
        payload: JSON.stringify({ ...PATIENT, meta: { profile: [profile] }, ...more }),
      })
    ).statusCode === 201
  t.ok(await accepts(PROFILE, { gender: 'male' }))
  t.notOk(await accepts(PROFILE, { name: [{ text: 'a' }] }))
  t.ok(await accepts(`${PROFILE}|1.9`, { name: [{ text: 'a' }] }))
  t.notOk(await accepts(`${PROFILE}|1.9.0`, { gender: 'male' }))
})

t.test('a package is all there or not at all, and a running server follows', async (t) => {
  const { app, auth, config, store } = await openServer(t)
  const folder = openFolder(t)
  const write = (name: string, files: Parameters<typeof packTgz>[0]) => {
    const file = join(folder, name)
    writeFileSync(file, packTgz(files))
    return readPackage(file)
  }
  const headers = { ...(await auth()), 'content-type': 'application/fhir+json' }
  const create = async () =>
    (await app.inject({ method: 'POST', url: '/fhir/Patient', headers, payload: JSON.stringify(PATIENT) }))
      .statusCode
  const base = write('base.tgz', {
    'package/package.json': manifest('a.base', '1.0.0'),
    'package/p.json': requiring('http://a.b/base', 'gender'),
  })
  const child = write('child.tgz', {
    'package/package.json': manifest('a.child', '1.0.0', { dependencies: { 'a.base': '1.0.x' } }),
    'package/p.json': requiring(PROFILE, 'name', { baseDefinition: 'http://a.b/base' }),
  })
  const broken = write('broken.tgz', {
    'package/package.json': manifest('a.broken', '1.0.0'),
    'package/p.json': requiring(PROFILE, 'name', { baseDefinition: 'http://a.b/nothing' }),
  })
  // As another process would.
  const other = await openStore(config.store)
  t.teardown(() => other.close())
  const context = await createContext(config, other)
  await t.rejects(addPackage(context, child), /depends on a\.base#1\.0\.x/)
  await t.rejects(addPackage(context, broken), /http:\/\/a\.b\/nothing/)
  t.same(await listPackages(store), [])
  t.same(orderPackages([child, base]), [base, child])
  for (const pack of orderPackages([child, base])) {
    t.equal((await addPackage(context, pack)).definitions, 1)
    await context.refreshCanonicals()
  }
  t.same(
    (await listPackages(store)).map(({ name }) => name),
    ['a.base', 'a.child'],
  )
  await wait(300)
  t.equal(await create(), 422)
  t.ok(await removePackage(other, 'a.child', '1.0.0'))
  t.notOk(await removePackage(other, 'a.child', '1.0.0'))
  await wait(300)
  t.equal(await create(), 201)
})
