// Patient/$end-delegation: the person alone, at once, silently (P7, J18).
import t from 'tap'
import {
  delegation,
  HOSPITAL,
  observation,
  openConsentServer,
  optIn,
  PROXY,
} from '../support/consent-server.ts'
import type { Call } from '../support/rest.ts'

const end = (call: Call, proxy = PROXY) => call('POST', `Patient/p/$end-delegation?proxy=${proxy}`)

t.test('every voluntary delegation to the proxy ends, and nothing else', async (t) => {
  const { put, person, proxy } = await openConsentServer(t)
  await put(observation('a'))
  await put(delegation('one', true))
  await put(delegation('two', false))
  await put(delegation('other', true, 'RelatedPerson/other'))
  await put(optIn('grant', PROXY))
  const reply = await end(person)
  t.equal(reply.status, 200, reply.text)
  const ended = reply.body.parameter.map(({ resource }: { resource: { id: string; status: string } }) => [
    resource.id,
    resource.status,
  ])
  t.same(ended, [
    ['one', 'inactive'],
    ['two', 'inactive'],
  ])
  t.equal((await proxy('GET', 'Observation/a')).status, 404)
  for (const id of ['other', 'grant'])
    t.equal((await person('GET', `Consent/${id}`)).body.status, 'active', id)
  t.same((await end(person)).body, { resourceType: 'Parameters' }, 'a second time there is nothing to end')
})

t.test('nobody else may: neither the proxy, who is told nothing, nor organisations', async (t) => {
  const { put, person, proxy, hospital, stranger } = await openConsentServer(t)
  await put(delegation('one', true))
  for (const call of [proxy, hospital, stranger]) t.equal((await end(call)).status, 404)
  t.equal((await person('GET', 'Consent/one')).body.status, 'active')
  t.equal((await end(person, 'Patient/q')).status, 400)
})

t.test('a guardianship stays', async (t) => {
  const { put, person } = await openConsentServer(t)
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
  t.equal((await end(person)).status, 403)
  t.equal((await person('GET', 'Consent/g')).body.status, 'active')
})
