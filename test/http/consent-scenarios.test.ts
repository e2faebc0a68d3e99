// The search-level scenarios of consent, over HTTP: hospital B asks for what p1 kept back, and learns nothing of it.
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { DOUBLES } from '../../src/interactions/steward.ts'
import { linkOf, openHospitals, RESEARCH } from '../support/consented/hospitals.ts'
import type { Call, Reply } from '../support/rest.ts'

const idsOf = ({ body }: Reply): string[] =>
  (body.entry ?? []).map(({ resource }: { resource: { id: string } }) => resource.id)

/** The status and body of two replies, which must be equal to the byte. */
async function bothOf(call: Call, method: string, hidden: string, absent: string, body?: object) {
  const [a, b] = [await call(method, hidden, body), await call(method, absent, body)]
  return [
    [a.status, a.text],
    [b.status, b.text],
  ] as const
}

t.test('N01: a search gives what is visible, a total of it where one is asked, and no warning', async (t) => {
  const { b } = await openHospitals(t)
  const plain = await b('GET', 'Observation?patient=p1')
  t.same(idsOf(plain), ['p1-o0', 'p1-o2', 'p1-o3', 'p1-o4', 'p1-o6', 'p1-o7', 'p1-o8'])
  t.notMatch(plain.text, /outcome|OperationOutcome/)
  t.equal((await b('GET', 'Observation?patient=p1&_total=accurate')).body.total, 7)
})

t.test('N02: pages are full but for the last, which has no next', async (t) => {
  const { b } = await openHospitals(t)
  const first = await b('GET', 'Observation?patient=p1&_count=5')
  t.equal(idsOf(first).length, 5)
  const second = await b('GET', linkOf(first.body, 'next')!)
  t.equal(idsOf(second).length, 2)
  t.equal(linkOf(second.body, 'next'), undefined)
})

t.test(
  'N03: a consent revoked between two pages empties the second, without an error and without a next',
  async (t) => {
    const { b, p1, consent } = await openHospitals(t)
    const first = await b('GET', 'Observation?patient=p1&_count=5')
    const { body } = await p1('GET', consent)
    t.equal((await p1('PUT', consent, { ...body, status: 'inactive' })).status, 200)
    const second = await b('GET', linkOf(first.body, 'next')!)
    t.equal(second.status, 200)
    t.same(idsOf(second), [])
    t.equal(linkOf(second.body, 'next'), undefined)
  },
)

t.test('N04: a chain through a hidden person finds nothing', async (t) => {
  const { b } = await openHospitals(t)
  t.same(idsOf(await b('GET', encodeURI('Observation?subject:Patient.family=佐藤'))), [])
  t.equal(idsOf(await b('GET', encodeURI('Observation?subject:Patient.family=山田'))).length, 7)
})

t.test('N05: _has through a hidden Condition does not find the visible Patient', async (t) => {
  const { b } = await openHospitals(t)
  t.same(idsOf(await b('GET', 'Patient?_has:Condition:patient:code=hiv')), [])
  t.same(idsOf(await b('GET', 'Patient?_has:Condition:patient:code=cold')), ['p1'])
})

t.test('N06: _revinclude does not bring what is hidden', async (t) => {
  const { b } = await openHospitals(t)
  const found = idsOf(await b('GET', 'Patient?_id=p1&_revinclude=Condition:patient'))
  t.same(found.sort(), ['cold', 'p1', 'untold'])
})

t.test('N07: reading what is hidden and what is not there gives the same bytes', async (t) => {
  const { b } = await openHospitals(t)
  const [hidden, absent] = await bothOf(b, 'GET', 'Condition/hidden', `Condition/${randomUUID()}`)
  t.same(hidden, absent)
  t.equal(hidden[0], 404)
})

t.test('N08: the right entity tag of something hidden is 404, never 304; so are its versions', async (t) => {
  const { a, b } = await openHospitals(t)
  const { headers, body } = await a('GET', 'Condition/hidden')
  const match = { 'if-none-match': headers['etag']! }
  t.equal((await a('GET', 'Condition/hidden', undefined, match)).status, 304)
  t.equal((await b('GET', 'Condition/hidden', undefined, match)).status, 404)
  t.equal((await b('GET', `Condition/hidden/_history/${body.meta.versionId}`)).status, 404)
  t.equal((await b('GET', `Condition/hidden/_history/${body.meta.versionId}`, undefined, match)).status, 404)
  t.equal((await b('GET', 'Condition/hidden/_history')).status, 404)
})

t.test('N09: an update of what is hidden and of what is not there are both 404', async (t) => {
  const { b } = await openHospitals(t)
  const absent = randomUUID()
  const body = { resourceType: 'Condition', subject: { reference: 'Patient/p1' } }
  const replies = [
    await b('PUT', 'Condition/hidden', { ...body, id: 'hidden' }),
    await b('PUT', `Condition/${absent}`, { ...body, id: absent }),
  ]
  t.same(
    replies.map(({ status }) => status),
    [404, 404],
  )
  t.equal(replies[0]!.text, replies[1]!.text)
})

t.test('N10: a conditional create whose criteria only something hidden matches creates', async (t) => {
  const { a, b, server } = await openHospitals(t)
  const identifier = [{ system: 'urn:ids', value: 'hidden' }]
  const body = { resourceType: 'Condition', identifier, subject: { reference: 'Patient/p1' } }
  const made = await b('POST', 'Condition', body, { 'if-none-exist': 'identifier=urn:ids|hidden' })
  t.equal(made.status, 201)
  t.equal((await a('GET', 'Condition/hidden')).status, 200, 'the hidden one is as it was')
  const again = await b('POST', 'Condition', body, { 'if-none-exist': 'identifier=urn:ids|hidden' })
  t.equal(again.status, 200)
  t.equal(again.body.id, made.body.id)
  const created = `Condition/${made.body.id}`
  let row = await server.store.records.get(DOUBLES, created)
  for (let n = 0; n < 100 && !row; n++) {
    await sleep(20)
    row = await server.store.records.get(DOUBLES, created)
  }
  t.match(row?.value, { created, others: ['Condition/hidden'] }, 'and is on the list of doubles')
})

t.test('N11: deleting an Encounter is the same whether something hidden refers to it or not', async (t) => {
  const { a, b } = await openHospitals(t)
  const encounter = {
    resourceType: 'Encounter',
    status: 'finished',
    class: { system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'AMB' },
    subject: { reference: 'Patient/p1' },
  }
  const made = [await b('POST', 'Encounter', encounter), await b('POST', 'Encounter', encounter)]
  const [referred, alone] = made.map(({ body }) => `Encounter/${body.id}`)
  const { body: hidden } = await a('GET', 'Condition/hidden')
  const put = await a('PUT', 'Condition/hidden', { ...hidden, encounter: { reference: referred } })
  t.equal(put.status, 200)
  const [first, second] = await bothOf(b, 'DELETE', referred!, alone!)
  t.same(first, second)
  t.ok(first[0] < 300)
  t.equal((await b('GET', referred!)).status, 410)
})

t.test(
  'N12: a reference to something hidden is not shown, and the representation has its own entity tag',
  async (t) => {
    const { a, b } = await openHospitals(t)
    const [whole, pruned] = [await a('GET', 'MedicationRequest/m1'), await b('GET', 'MedicationRequest/m1')]
    t.equal(whole.body.reasonReference.length, 1)
    t.equal(pruned.status, 200)
    t.equal(pruned.body.reasonReference, undefined)
    t.notMatch(pruned.text, /kept|secret/)
    t.not(pruned.headers['etag'], whole.headers['etag'])
  },
)

t.test('N13: $everything of a hidden person is that of nobody', async (t) => {
  const { b } = await openHospitals(t)
  const [hidden, absent] = await bothOf(
    b,
    'GET',
    'Patient/p2/$everything',
    `Patient/${randomUUID()}/$everything`,
  )
  t.same(hidden, absent)
  t.equal(hidden[0], 404)
})

t.test('N14: a count counts what is visible, whatever the sort', async (t) => {
  const { b } = await openHospitals(t)
  t.equal((await b('GET', 'Observation?_sort=-date&_summary=count')).body.total, 7)
})

t.test(
  'N17: in a batch a hidden and an absent id have the same entry, and a search finds what is visible',
  async (t) => {
    const { b } = await openHospitals(t)
    const { body, status } = await b('POST', '', {
      resourceType: 'Bundle',
      type: 'batch',
      entry: ['Condition/hidden', 'Condition/absent', 'Observation?patient=p1&_total=accurate'].map(
        (url) => ({
          request: { method: 'GET', url },
        }),
      ),
    })
    t.equal(status, 200)
    t.match(body.entry[0].response.status, /^404/)
    t.same(body.entry[0], body.entry[1])
    t.equal(body.entry[2].resource.total, 7)
  },
)

t.test('N18: what the person has not been told of is not in their count', async (t) => {
  const { p1, a } = await openHospitals(t)
  t.equal((await p1('GET', 'Condition?patient=p1&_summary=count')).body.total, 3)
  t.equal((await a('GET', 'Condition?patient=p1&_summary=count')).body.total, 4)
})

t.test('N20: research over fewer than k is not counted', async (t) => {
  const { p1, as } = await openHospitals(t)
  t.equal((await p1('POST', 'Consent', RESEARCH)).status, 201)
  const research = await as('system/*.rs', { organization: 'Organization/bio', purpose: 'HRESCH' })
  const { body, status } = await research('GET', 'Observation?code=bp&_total=accurate')
  t.equal(status, 200)
  t.equal(body.total, undefined)
  t.equal((await research('GET', 'Observation?_summary=count')).body.total, undefined)
  const small = await research('GET', 'Observation/$count?code=bp')
  t.same((small.body as { parameter?: unknown }).parameter, [{ name: 'fewer-than', valueInteger: 10 }])
})
