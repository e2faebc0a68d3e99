// A consent that is imported and cannot be interpreted becomes work for the custodian, in the same commit (N3).
import t from 'tap'
import { createSystemPolicy } from '../../src/access/system.ts'
import { createContext } from '../../src/app.ts'
import type { Resource } from '../../src/fhir/resource.ts'
import { prepareAll, storeAll } from '../../src/interactions/ingest.ts'
import { grant } from '../support/consents.ts'
import { openClient } from '../support/rest.ts'
import { openServer } from '../support/server.ts'

t.test('an uninterpretable consent raises one task, and a consent that can be read none', async (t) => {
  const server = await openServer(t)
  const context = await createContext(server.config, server.store)
  const policy = await createSystemPolicy('import', context, 'Organization/demo')
  const ingest = async (...resources: readonly object[]) => {
    const candidates = resources.map((each, key) => ({ key, bytes: Buffer.from(JSON.stringify(each)) }))
    const { rejected, ...counts } = await storeAll(
      context,
      policy,
      candidates,
      await prepareAll(context, policy, candidates),
    )
    t.strictSame(rejected, [])
    return counts
  }
  const call = await openClient(server)
  const tasks = async () =>
    ((await call('GET', 'Task')).body.entry ?? []).map(({ resource }: { resource: Resource }) => resource)

  const readable = grant({ id: 'c' })
  const broken = {
    ...readable,
    provision: { ...readable.provision, purpose: [{ system: 'urn:x', code: 'y' }] },
  }
  t.strictSame(await ingest({ resourceType: 'Patient', id: 'p' }, readable), { stored: 2, unchanged: 0 })
  t.strictSame(await tasks(), [])
  t.strictSame(await ingest(broken), { stored: 1, unchanged: 0 })
  t.match(await tasks(), [
    {
      status: 'requested',
      code: { coding: [{ code: 'consent-uninterpretable' }] },
      focus: { reference: 'Consent/c' },
      for: { reference: 'Patient/p' },
      owner: { reference: 'Organization/demo' },
      input: [{ type: { text: 'problem' } }],
    },
  ])
  t.strictSame(await ingest(broken), { stored: 0, unchanged: 1 })
  t.strictSame(await ingest({ ...broken, dateTime: '2026-11-28' }), { stored: 1, unchanged: 0 })
  t.equal((await tasks()).length, 1, 'it is asked for once')
  t.strictSame(await ingest({ ...broken, id: 'd', status: 'inactive' }), { stored: 1, unchanged: 0 })
  t.equal((await tasks()).length, 1, 'what is not active is not enforced')
})
