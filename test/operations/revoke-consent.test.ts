// $revoke-consent: at once, for good, on record, and by those alone whose it is (S4, P3, P7).
import t from 'tap'
import { createSystemPolicy } from '../../src/access/system.ts'
import { createContext } from '../../src/app.ts'
import {
  CLINIC,
  delegation,
  HOSPITAL,
  observation,
  openConsentServer,
  optIn,
  optOut,
  PROXY,
} from '../support/consent-server.ts'
import { actor, purpose } from '../support/consents.ts'
import { storeFrom } from '../support/record-world.ts'
import { type Call, diagnosticsOf, openClient } from '../support/rest.ts'

const revoke = (call: Call, id: string, query = '') => call('POST', `Consent/${id}/$revoke-consent${query}`)

async function provenances(hospital: Call) {
  const { body } = await hospital('GET', 'Provenance')
  // biome-ignore lint/suspicious/noExplicitAny: tests look into whatever comes
  return (body.entry ?? []).map(({ resource }: any) => resource)
}

t.test('the person withdraws a consent: it ends at once and stays to be seen', async (t) => {
  const { put, person, clinic, server } = await openConsentServer(t)
  await put(observation('a'))
  await put(optIn('yes', CLINIC))
  t.equal((await clinic('GET', 'Observation/a')).status, 200)
  const before = (await person('GET', 'Consent/yes')).body
  const reply = await revoke(person, 'yes', '?reason=%E3%81%84%E3%82%84')
  t.equal(reply.status, 200, reply.text)
  t.equal((await clinic('GET', 'Observation/a')).status, 404)
  const { body } = await person('GET', 'Consent/yes')
  t.same(body, reply.body)
  t.equal(body.status, 'inactive')
  t.match(body.extension, [{ valueCodeableConcept: { coding: [{ code: 'PATRQT' }] } }])
  t.same({ ...body, meta: 0, status: 0, extension: 0 }, { ...before, meta: 0, status: 0, extension: 0 })
  t.notMatch(JSON.stringify(body), 'いや', 'what was said is not told to those the consent names')
  const context = await createContext(server.config, server.store)
  const found: unknown[] = []
  const system = await createSystemPolicy('test', context)
  for await (const version of context.store.scan(
    system.scanPlan([{ type: 'Provenance', where: { kind: 'all' } }]),
  ))
    found.push(JSON.parse(Buffer.from(version.document!).toString()))
  t.match(found, [
    {
      target: [{ reference: `Consent/yes/_history/${body.meta.versionId}` }],
      recorded: /Z$/,
      agent: [{ who: { reference: 'Patient/p' } }],
      reason: [{ text: 'いや', coding: [{ code: 'PATRQT' }] }],
      entity: [{ what: { reference: `Consent/yes/_history/${before.meta.versionId}` } }],
    },
  ])
  t.same(await context.validate(found[0] as never, { level: 'errors' }), [])
  t.same(await context.validate(body, { level: 'errors' }), [])
})

t.test('asking again changes nothing', async (t) => {
  const { put, person, hospital } = await openConsentServer(t)
  await put(optIn('yes', CLINIC))
  const first = await revoke(hospital, 'yes')
  const second = await revoke(person, 'yes')
  t.same(second.body, first.body)
  t.equal((await provenances(hospital)).length, 1)
  t.equal((await revoke(person, 'none')).status, 404)
  t.equal((await person('GET', 'Consent/yes/$revoke-consent')).status, 405)
})

t.test('of many at the same time each is answered, and one is on record', async (t) => {
  const { put, person, hospital } = await openConsentServer(t)
  await put(optIn('yes', CLINIC))
  const replies = await Promise.all(
    Array.from({ length: 6 }, (_, n) => revoke(n % 2 ? person : hospital, 'yes')),
  )
  t.ok(replies.every(({ status }) => status === 200))
  t.equal(new Set(replies.map(({ body }) => body.meta.versionId)).size, 1)
})

t.test('on the Patient the consent is named, and must be of that person', async (t) => {
  const { put, person, stranger } = await openConsentServer(t)
  await put(optIn('yes', CLINIC))
  const on = (call: Call, id: string, consent: string) =>
    call('POST', `Patient/${id}/$revoke-consent?consent=${consent}`)
  t.equal((await on(stranger, 'q', 'Consent/yes')).status, 404)
  t.equal((await on(stranger, 'p', 'Consent/yes')).status, 404)
  t.equal((await on(person, 'q', 'Consent/yes')).status, 404)
  t.equal((await on(person, 'p', 'Observation/yes')).status, 400)
  t.equal((await on(person, 'p', 'Consent/yes')).body.status, 'inactive')
})

t.test('the person ends a delegation alone, and nothing is written to the proxy (P7)', async (t) => {
  const { put, person, proxy, hospital } = await openConsentServer(t)
  await put(observation('a'))
  await put(delegation('d', true))
  t.equal((await proxy('GET', 'Observation/a')).status, 200)
  t.equal((await revoke(person, 'd')).body.status, 'inactive')
  t.equal((await proxy('GET', 'Observation/a')).status, 404)
  for (const type of ['Communication', 'Task', 'Consent', 'Provenance'])
    t.equal((await proxy('GET', `${type}?_total=accurate`)).body.total, 0, type)
  t.equal((await proxy('GET', 'Consent/d')).status, 404)
  t.same(await provenances(hospital), [], 'it is on record with the person')
})

t.test('a guardianship is not ended by the person, but by who recorded it', async (t) => {
  const { put, person, hospital } = await openConsentServer(t)
  const kind = {
    coding: [{ system: 'https://musubi.example/fhir/CodeSystem/delegation-kind', code: 'guardian' }],
  }
  await put(
    delegation('g', true, PROXY, {
      category: [kind],
      performer: [{ reference: HOSPITAL }],
      verification: [{ verified: true, verifiedWith: { reference: PROXY } }],
    }),
  )
  t.equal((await revoke(person, 'g')).status, 403)
  t.equal((await revoke(hospital, 'g')).body.status, 'inactive')
})

t.test('a proxy withdraws grants and what they refused, never what protects the person', async (t) => {
  const { put, proxy, server } = await openConsentServer(t)
  await put(delegation('d', true))
  await put(delegation('other', true, 'RelatedPerson/other'))
  await put(optIn('grant', CLINIC))
  const nested = { type: 'deny', purpose: [purpose('HRESCH')], actor: [actor(CLINIC)] }
  await put(optIn('mixed', CLINIC, { provision: [nested] }))
  await put(optOut('dissent', CLINIC))
  await put(optOut('own', CLINIC, {}, { performer: [{ reference: PROXY }] }))
  const context = await createContext(server.config, server.store)
  await storeFrom(context, HOSPITAL, optOut('odd', CLINIC, { type: 'permit' }))
  const answers = []
  for (const id of ['grant', 'own', 'mixed', 'dissent', 'odd', 'other', 'd'])
    answers.push([id, (await revoke(proxy, id)).status])
  t.same(answers, [
    ['grant', 200],
    ['own', 200],
    ['mixed', 403],
    ['dissent', 403],
    ['odd', 403],
    // Whom else the person has chosen is not there for a proxy, and none changes a delegation (J18).
    ['other', 404],
    ['d', 403],
  ])
})

t.test(
  'others withdraw nothing: who is named, who controls and did not record it, proxies without power',
  async (t) => {
    const { put, proxy, clinic, stranger, hospital, server } = await openConsentServer(t)
    await put(delegation('weak', false))
    await put(optIn('yes', CLINIC, {}, { organization: [{ reference: CLINIC }] }))
    t.equal((await revoke(proxy, 'yes')).status, 404)
    t.equal((await revoke(stranger, 'yes')).status, 404)
    t.equal((await revoke(clinic, 'yes')).status, 403, 'it may be seen by who is named, and not changed')
    t.equal((await revoke(hospital, 'yes')).status, 404, 'who recorded it and is no controller')
    t.equal((await hospital('GET', 'Consent/yes')).body.status, 'active')
    const reader = await openClient(server, 'patient/*.rs', {
      subject: 'Patient/p',
      patient: 'p',
      purpose: 'PATRQT',
    })
    const refused = await revoke(reader, 'yes')
    t.equal(refused.status, 403, 'an app that may only read')
    t.match(diagnosticsOf(refused), /scopes/)
  },
)

t.test('it is recorded who acted for whom', async (t) => {
  const { put, hospital, proxy } = await openConsentServer(t)
  await put(delegation('d', true))
  await put(optIn('yes', CLINIC))
  await put(optIn('no', CLINIC))
  await revoke(hospital, 'yes')
  t.match(await provenances(hospital), [
    { agent: [{ who: { reference: HOSPITAL } }], reason: [{ coding: [{ code: 'HOPERAT' }] }] },
  ])
  t.equal((await revoke(proxy, 'no', `?reason=${'x'.repeat(1001)}`)).status, 400)
  t.equal((await revoke(proxy, 'no')).status, 200)
})
