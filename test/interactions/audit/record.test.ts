// What is given to third parties is recorded with who, whose, what and why. APPI, article 29.

import { setTimeout } from 'node:timers/promises'
import fc from 'fast-check'
import t from 'tap'
import { listProvided } from '../../../src/access/audit/provision.ts'
import type { Disclosed } from '../../../src/access/audit.ts'
import { toPrincipal } from '../../../src/access/principal.ts'
import { loadDefinitions } from '../../../src/fhir/definitions.ts'
import { observed, openRecording } from '../../support/provide.ts'
import { openClient } from '../../support/rest.ts'
import { openServer } from '../../support/server.ts'

const HOSPITAL_A = 'Organization/a'
const HOSPITAL_B = 'Organization/b'

t.test('what another organisation has collected is a provision to the one acted for', async (t) => {
  const server = await openServer(t)
  const call = await openClient(server)
  await call('PUT', 'Organization/b', {
    resourceType: 'Organization',
    id: 'b',
    name: '結び病院',
    address: [{ postalCode: '100-0001', state: '東京都', city: '千代田区', line: ['1-1'] }],
    contact: [
      { name: { text: '受付' } },
      { purpose: { coding: [{ code: 'ADMIN' }] }, name: { family: '山田', given: ['太郎'] } },
    ],
  })
  const { record } = await openRecording(server)
  await record({ organization: HOSPITAL_B }, [
    observed('1', HOSPITAL_A, 'Patient/1'),
    observed('2', HOSPITAL_A, 'Patient/1', 'Patient/2'),
    { type: 'Condition', id: '3', patients: ['Patient/1'], source: 'Organization/c' },
    observed('4', HOSPITAL_B, 'Patient/1'),
    observed('5', HOSPITAL_A),
  ])
  const rows = async (patient: string) =>
    (await server.store.journal.provisions({ patient, limit: 10 })).rows.map(({ row }) => row)
  t.match(await rows('Patient/1'), [
    { custodian: 'Organization/c', items: { Condition: { count: 1, refs: ['Condition/3'] } } },
    {
      patient: 'Patient/1',
      recipient: {
        reference: HOSPITAL_B,
        name: '結び病院',
        address: '100-0001 東京都 千代田区 1-1',
        representative: '山田 太郎',
      },
      purpose: 'TREAT',
      basis: { kind: 'default', consents: [] },
      items: { Observation: { count: 2, refs: ['Observation/1/_history/1', 'Observation/2/_history/1'] } },
      custodian: HOSPITAL_A,
      subject: 'Practitioner/7',
      requestId: 'r',
    },
  ])
  t.match(await rows('Patient/2'), [{ items: { Observation: { count: 1 } } }])
  await call('PUT', 'Organization/b', { resourceType: 'Organization', id: 'b', name: '別の名' })
  t.match((await rows('Patient/1'))[1]!.recipient, { name: '結び病院' }, 'as it was at that time')
  const { rows: audits } = await server.store.journal.list({ patient: 'Patient/2', limit: 1 })
  t.match(audits[0]!.row, { entityCount: 5, patients: ['Patient/1', 'Patient/2'] })
})

t.test('the basis tells why', async (t) => {
  const server = await openServer(t)
  const { record } = await openRecording(server)
  await record({ organization: HOSPITAL_B, purpose: 'BTG' }, [observed('1', HOSPITAL_A, 'Patient/1')])
  const { rows } = await server.store.journal.provisions({ patient: 'Patient/1', limit: 1 })
  t.match(rows[0]!.row.basis, { kind: 'break-glass' })
  t.match(rows[0]!.row.recipient, { reference: HOSPITAL_B, name: undefined }, 'not in the directory')
})

t.test('a provision is on disk before it is answered', async (t) => {
  const server = await openServer(t)
  const { record, policy } = await openRecording(server)
  const stranger = { subject: 'Client/x', client: 'x' }
  await Promise.all([policy({ organization: HOSPITAL_B }), policy(stranger)])
  await server.store.close()
  await record({ organization: HOSPITAL_B }, [observed('1', HOSPITAL_B, 'Patient/1')])
  t.pass('what is one’s own does not wait')
  const given = record(stranger, [observed('1', HOSPITAL_A, 'Patient/1')])
  await t.rejects(given, { code: 'unavailable' })
  // Its row fails a moment later.
  await setTimeout(100)
  const own = record({ organization: HOSPITAL_B }, [observed('1', HOSPITAL_B, 'Patient/1')])
  await t.rejects(own, { code: 'unavailable' }, 'once rows cannot be kept, nothing is given without one')
})

const definitions = loadDefinitions()
const principal = (subject: string, organization?: string) =>
  toPrincipal(
    {
      subject,
      client: 'a',
      scope: 'user/*.rs',
      purpose: 'TREAT',
      expiresAt: 0,
      ...(organization && { organization }),
    },
    definitions,
  )

t.test(
  'every resource of others is in exactly one record of each of its patients, and nothing else is',
  (t) => {
    const ref = (type: string) => fc.integer({ min: 1, max: 3 }).map((n) => `${type}/${n}`)
    const disclosed: fc.Arbitrary<Disclosed> = fc.record(
      {
        type: fc.constant('Observation'),
        id: fc.uuid(),
        patients: fc.uniqueArray(ref('Patient'), { maxLength: 3 }),
        source: ref('Organization'),
      },
      { requiredKeys: ['type', 'id', 'patients'] },
    )
    const subject = fc.oneof(ref('Patient'), fc.constant('Practitioner/7'))
    fc.assert(
      fc.property(
        fc.array(disclosed),
        subject,
        fc.option(ref('Organization'), { nil: undefined }),
        (all, who, organization) => {
          const told = listProvided(principal(who, organization), all).flatMap((each) =>
            each.disclosed.map(({ id, source }) => `${each.patient} ${id} ${each.custodian === source}`),
          )
          const expected = all.flatMap(({ id, patients, source }) =>
            source === organization
              ? []
              : patients.filter((patient) => patient !== who).map((patient) => `${patient} ${id} true`),
          )
          t.same([...told].sort(), [...expected].sort())
        },
      ),
    )
    t.end()
  },
)
