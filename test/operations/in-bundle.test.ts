// Operations as entries of a batch or transaction. https://hl7.org/fhir/R4/http.html#transaction
import t from 'tap'
import { openClient, refsOf } from '../support/operations.ts'

const observation = {
  resourceType: 'Observation',
  id: 'o',
  status: 'final',
  code: { coding: [{ system: 'urn:c', code: 'a' }] },
  subject: { reference: 'Patient/p' },
  effectiveDateTime: '2026-01-01',
}
const writes = [
  { request: { method: 'PUT', url: 'Patient/p' }, resource: { resourceType: 'Patient', id: 'p' } },
  { request: { method: 'PUT', url: 'Observation/o' }, resource: observation },
]
const asks = ['Patient/p/$everything', 'Observation/$lastn?patient=p&code=a'].map((url) => ({
  request: { method: 'GET', url },
}))

t.test('an operation in a transaction sees what the transaction writes', async (t) => {
  const { send } = await openClient(t)
  const entry = [...asks, ...writes]
  const { status, body } = await send('POST', '', { resourceType: 'Bundle', type: 'transaction', entry })
  t.equal(status, 200)
  t.same([...refsOf(body.entry[0].resource)].sort(), ['Observation/o', 'Patient/p'])
  t.same(refsOf(body.entry[1].resource), ['Observation/o'])
})

t.test('one that changes what is stored is refused in a transaction and works in a batch', async (t) => {
  const { send } = await openClient(t)
  const resource = {
    resourceType: 'Parameters',
    parameter: [{ name: 'meta', valueMeta: { tag: [{ system: 'urn:s', code: 'x' }] } }],
  }
  const entry = [...writes, { request: { method: 'POST', url: 'Patient/p/$meta-add' }, resource }]
  const refused = await send('POST', '', { resourceType: 'Bundle', type: 'transaction', entry })
  t.equal(refused.status, 400)
  t.match(refused.body.issue[0].diagnostics, 'Bundle.entry[2]')
  t.equal((await send('GET', 'Patient/p')).status, 404, 'nothing of it is stored')
  await send('POST', '', { resourceType: 'Bundle', type: 'batch', entry })
  t.same(refsOf((await send('GET', 'Patient?_tag=urn:s|x')).body), ['Patient/p'])
})
