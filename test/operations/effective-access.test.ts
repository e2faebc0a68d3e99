// Patient/$effective-access: who may see how much, told to the person alone (consent.md 5, P2, L31).
import fc from 'fast-check'
import t from 'tap'
import { createContext } from '../../src/app.ts'
import {
  CLINIC,
  delegation,
  HOSPITAL,
  observation,
  openConsentServer,
  optIn,
  optOut,
  partsOf,
  rowsOf,
  uninformed,
} from '../support/consent-server.ts'
import { purpose } from '../support/consents.ts'
import { buildWorld, consentWorld, storeFrom, storeOrganizations } from '../support/record-world.ts'
import { openClient } from '../support/rest.ts'
import { openServer } from '../support/server.ts'

const WORLDS = Number(process.env['MUSUBI_WORLDS'] ?? 15)

const URL = 'Patient/p/$effective-access'

t.test('each recipient and purpose has a row with what the engine lets them have', async (t) => {
  const { put, person } = await openConsentServer(t)
  for (const id of ['a', 'b', 'c']) await put(observation(id))
  await put(observation('d', { meta: uninformed() }))
  const one = { data: [{ meaning: 'instance', reference: { reference: 'Observation/a' } }] }
  await put(optIn('one', CLINIC, { ...one, period: { end: '2199-12-31' } }))
  const reply = await person('GET', URL)
  t.equal(reply.status, 200, reply.text)
  const rows = rowsOf(reply)
  t.same(Object.keys(rows), [`${CLINIC} TREAT`, `${HOSPITAL} TREAT`])
  const clinic = rows[`${CLINIC} TREAT`]
  const { meta } = (await person('GET', 'Consent/one')).body
  t.match(clinic, {
    relation: 'named',
    extent: 'part',
    source: `Consent/one/_history/${meta.versionId}`,
  })
  t.match(clinic.class, { Observation: '1 of 3', Patient: '0 of 1' })
  t.match(clinic.period, { end: /^2199-12-31T14:59:59/ }, 'with the period of the consent')
  const hospital = rows[`${HOSPITAL} TREAT`]
  t.match(hospital, { relation: 'custodian', extent: 'all', default: 'own-data' })
  t.match(hospital.class, { Observation: '3 of 3' }, 'what the person was not told of is in no number (P2)')
})

t.test('a refusal is named, and each purpose that consents name has its row', async (t) => {
  const { put, person } = await openConsentServer(t)
  await put(observation('a'))
  await put(optIn('yes', CLINIC, { purpose: [purpose('TREAT'), purpose('HRESCH')] }))
  await put(optOut('no', CLINIC, { purpose: [purpose('HRESCH')] }))
  const rows = rowsOf(await person('GET', URL))
  t.match(rows[`${CLINIC} TREAT`].class, { Observation: '1 of 1' })
  t.match(rows[`${CLINIC} HRESCH`].class, { Observation: '0 of 1' })
  t.match(rows[`${CLINIC} HRESCH`].refusal, /^Consent\/no\/_history\//)
  t.match(rows[`${HOSPITAL} HRESCH`].class, { Observation: '0 of 1' })
  t.match(rows[`${HOSPITAL} HRESCH`].class, { Consent: '2 of 2' }, 'what it recorded itself')
})

t.test('a custodian of nothing but what the person was not told of is not named', async (t) => {
  const { put, person } = await openConsentServer(t)
  await put(observation('d', { meta: uninformed() }))
  const rows = rowsOf(await person('GET', URL))
  t.notOk(Object.values(rows).some((row) => 'Observation' in row.class))
})

t.test('all but the person and proxies with power are told that there is no such Patient', async (t) => {
  const { put, person, proxy, hospital, stranger, admin } = await openConsentServer(t)
  await put(optIn('one', CLINIC))
  const absent = await stranger('GET', 'Patient/none/$effective-access')
  t.equal(absent.status, 404)
  for (const call of [proxy, hospital, stranger, admin]) {
    const reply = await call('GET', URL)
    t.equal(reply.status, 404)
    t.same(reply.body, absent.body)
  }
  await put(delegation('weak', false))
  t.equal((await proxy('GET', URL)).status, 404, 'without the power to grant')
  await put(delegation('strong', true))
  t.equal((await proxy('GET', URL)).status, 200)
  await put(delegation('strong', true, undefined, { status: 'inactive' }))
  t.equal((await proxy('GET', URL)).status, 404, 'it ends with the delegation')
  t.equal((await person('GET', `${URL}?colour=red`)).status, 400)
})

t.test('it agrees with what the recipient finds', async (t) => {
  const { put, person, clinic } = await openConsentServer(t)
  for (const id of ['a', 'b', 'c']) await put(observation(id, { category: [{ text: id }] }))
  const period = { dataPeriod: { start: '2020', end: '2021' } }
  await put(observation('d', { effectiveDateTime: '2020-05-05' }))
  await put(optIn('dated', CLINIC, period))
  const { total } = (await clinic('GET', 'Observation?_total=accurate')).body
  const rows = rowsOf(await person('GET', URL))
  t.equal(total, 1)
  t.equal(rows[`${CLINIC} TREAT`].class.Observation, `${total} of 4`)
})

t.test('a record of some hundreds is answered well within a second', async (t) => {
  const { put, person } = await openConsentServer(t)
  await Promise.all(Array.from({ length: 300 }, (_, n) => put(observation(`o${n}`))))
  for (let n = 0; n < 8; n++)
    await put(
      optIn(`c${n}`, `Organization/r${n}`, {
        class: [{ system: 'http://hl7.org/fhir/resource-types', code: 'Observation' }],
      }),
    )
  await person('GET', URL)
  const start = performance.now()
  t.equal((await person('GET', URL)).status, 200)
  const took = performance.now() - start
  t.comment(`${Math.round(took)} ms`)
  t.ok(took < 1000, `${took} ms`)
})

t.test('in any world the numbers are those of single decisions, explained one by one', async (t) => {
  t.setTimeout(WORLDS * 3_000)
  const server = await openServer(t)
  const context = await createContext(server.config, server.store)
  await storeOrganizations(context)
  let worlds = 0
  const seen = new Set<number>()
  const property = fc.asyncProperty(consentWorld, async (drawn) => {
    const id = `w${worlds}-p`
    const resources = buildWorld(drawn, worlds++)
    for (const { source, resource } of resources) await storeFrom(context, source, resource)
    const grant = { subject: `Patient/${id}`, patient: id, purpose: 'PATRQT' }
    const person = await openClient(server, 'patient/*.rs', grant)
    const rows = Object.values(rowsOf(await person('GET', `Patient/${id}/$effective-access`)))
    for (const { recipient, purpose, class: classes } of rows) {
      let [visible, total] = [0, 0]
      for (const { resource } of resources) {
        if (resource.resourceType !== 'Observation') continue
        const query = `requester=${recipient}&purpose=${purpose}`
        const reply = await person('GET', `Observation/${resource.id}/$explain-access?${query}`)
        if (reply.status === 404) continue
        total++
        if (partsOf(reply.body).decision === 'permit') visible++
      }
      seen.add(visible)
      const told = classes.Observation ?? '0 of 0'
      if (told !== `${visible} of ${total}`)
        throw new Error(
          `${recipient} ${purpose}: ${told}, not ${visible} of ${total}: ${JSON.stringify(drawn)}`,
        )
    }
  })
  await fc.assert(property, { numRuns: WORLDS, endOnFailure: true })
  t.ok(seen.size > 1, 'some saw more than others')
})
