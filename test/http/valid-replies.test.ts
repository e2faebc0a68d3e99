// What the server says is R4 itself: every kind of reply passes the check that writes pass.
import t from 'tap'
import { loadDefinitions } from '../../src/fhir/definitions.ts'
import { createValidator } from '../../src/fhir/validate.ts'
import { openClient } from '../support/rest.ts'
import { openServer } from '../support/server.ts'

const batch = {
  resourceType: 'Bundle',
  type: 'batch',
  entry: [
    { resource: { resourceType: 'Patient' }, request: { method: 'POST', url: 'Patient' } },
    { resource: { resourceType: 'Patient', id: 'x' }, request: { method: 'PUT', url: 'Patient/x' } },
    { request: { method: 'GET', url: 'Patient/none' } },
    { request: { method: 'GET', url: 'Patient?_summary=true' } },
    { request: { method: 'DELETE', url: 'Patient/x' } },
    { request: { method: 'GET', url: 'Patient/x' } },
  ],
}

t.test('replies are valid resources', async (t) => {
  const call = await openClient(await openServer(t))
  const validate = createValidator(loadDefinitions())
  await call('PUT', 'Patient/p', { resourceType: 'Patient', id: 'p', name: [{ family: 'a' }] })
  await call('PUT', 'Patient/q', {
    resourceType: 'Patient',
    id: 'q',
    link: [{ other: { reference: 'Patient/p' }, type: 'seealso' }],
  })
  await call('PUT', 'Patient/q', { resourceType: 'Patient', id: 'q', active: true })
  await call('DELETE', 'Patient/q')
  const cases: readonly [string, string, unknown?, Record<string, string>?][] = [
    ['GET', 'Patient/p'],
    ['GET', 'Patient/p?_summary=true'],
    ['GET', 'Patient/q'],
    ['GET', 'Patient/none'],
    ['GET', 'Patient?_include=Patient:link&_total=accurate'],
    ['GET', 'Patient?_summary=count'],
    ['GET', 'Patient?nonsense=1', undefined, { prefer: 'handling=lenient' }],
    ['GET', 'Patient?nonsense=1'],
    ['GET', 'Patient?_id=none'],
    ['GET', '?_type=Patient&_count=1'],
    ['GET', 'Patient/p/_history'],
    ['GET', '_history?_count=1'],
    ['POST', '', batch],
    ['POST', '', batch, { prefer: 'return=representation' }],
    ['POST', '', { ...batch, entry: batch.entry.slice(3) }, { prefer: 'return=OperationOutcome' }],
    ['POST', '', { resourceType: 'Bundle', type: 'transaction' }],
    ['POST', 'Patient', { resourceType: 'Patient', nonsense: 1 }],
    ['GET', 'metadata'],
  ]
  for (const [method, path, body, headers] of cases) {
    const reply = await call(method, path, body, headers)
    t.ok(reply.body, `${method} ${path} has a body`)
    // An entry of a history has no resource where it was deleted; nothing else may differ from what a write may hold.
    t.strictSame(validate(reply.body), [], `${method} ${path}`)
  }
})
