// A label reaches what refers to the resource that gained it, whichever was written first (LI2).
import t from 'tap'
import type { Resource } from '../../src/fhir/resource.ts'
import { openClient } from '../support/rest.ts'
import { openServer } from '../support/server.ts'

const HIV = { coding: [{ system: 'http://loinc.org', code: '75622-1' }] }
const OTHER = { coding: [{ system: 'http://loinc.org', code: '718-7' }] }

const observation = (id: string, code: object): Resource => ({
  resourceType: 'Observation',
  id,
  status: 'final',
  code,
  subject: { reference: 'Patient/p' },
})

const report = (id: string, observed: string): Resource => ({
  resourceType: 'DiagnosticReport',
  id,
  status: 'final',
  code: OTHER,
  subject: { reference: 'Patient/p' },
  result: [{ reference: observed }],
})

function codesOf({ meta }: Resource): readonly unknown[] {
  return (meta?.security ?? []).map(({ code }) => code)
}

t.test('LI2: a report written before its result gains the label when the result does', async (t) => {
  const call = await openClient(await openServer(t))
  await call('PUT', 'Patient/p', { resourceType: 'Patient', id: 'p' })
  await call('PUT', 'Observation/o', observation('o', OTHER))
  await call('PUT', 'DiagnosticReport/r', report('r', 'Observation/o'))
  await call('PUT', 'Observation/second', {
    ...observation('second', OTHER),
    derivedFrom: [{ reference: 'Observation/o' }],
  })
  t.same(codesOf(JSON.parse((await call('GET', 'DiagnosticReport/r')).text)), [])
  await call('PUT', 'Observation/o', observation('o', HIV))
  for (const ref of ['Observation/o', 'DiagnosticReport/r', 'Observation/second'])
    t.match(codesOf(JSON.parse((await call('GET', ref)).text)), ['HIV', 'R'], ref)
  const versions = JSON.parse((await call('GET', 'DiagnosticReport/r/_history')).text)
  t.equal(versions.total, 2, 'labelled once')
})

t.test('LI2: a report written after its result has the label at once, in one transaction too', async (t) => {
  const call = await openClient(await openServer(t))
  await call('PUT', 'Patient/p', { resourceType: 'Patient', id: 'p' })
  await call('PUT', 'Observation/o', observation('o', HIV))
  t.match(codesOf(JSON.parse((await call('PUT', 'DiagnosticReport/r', report('r', 'Observation/o'))).text)), [
    'HIV',
    'R',
  ])
  const entry = [
    { request: { method: 'PUT', url: 'DiagnosticReport/b' }, resource: report('b', 'Observation/n') },
    { request: { method: 'PUT', url: 'Observation/n' }, resource: observation('n', HIV) },
  ]
  t.equal((await call('POST', '', { resourceType: 'Bundle', type: 'transaction', entry })).status, 200)
  t.match(codesOf(JSON.parse((await call('GET', 'DiagnosticReport/b')).text)), ['HIV', 'R'])
})

t.test('LI3: a change of labels is in the access log, with the rule that made it', async (t) => {
  const server = await openServer(t)
  const call = await openClient(server)
  await call('PUT', 'Observation/o', observation('o', HIV))
  const { rows } = await server.store.journal.list({ limit: 1 })
  t.match(rows[0]!.row.entities[0], { labels: ['added HIV (hiv)', /^added R/] })
  const event = JSON.parse((await call('GET', `AuditEvent?_id=${rows[0]!.row.id}`)).text)
  t.match(JSON.stringify(event), /"type":"label","valueString":"added HIV \(hiv\)"/)
})
