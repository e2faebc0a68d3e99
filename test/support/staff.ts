// A practitioner at the hospital's own system, from which apps are launched.
import type { Test } from 'tap'
import type { Client } from '../../src/smart/client.ts'
import { type Answer, allow, exchange, openSmartServer, type SmartServer } from './authorization.ts'
import type { Visitor } from './visitor.ts'

export interface Staff {
  readonly server: SmartServer
  /** The hospital's own system, which starts apps. */
  readonly ehr: Client
  readonly client: Client
  readonly visitor: Visitor
  launch(form: Readonly<Record<string, string>>): Promise<Answer>
}

/** Returns a server with Encounter/e1 of Patient/p1, and Practitioner/d1 who is logged in there and may start `client`. */
export async function openStaff(t: Test): Promise<Staff> {
  const server = await openSmartServer(t)
  const own = { purposes: ['TREAT'] }
  const [ehr, client] = [
    await server.client({}, own),
    await server.client({ launch_uri: 'https://app.example.org/launch' }, own),
  ]
  const visitor = await server.visitor(await server.account(['Practitioner/d1']))
  const back = await allow(server, visitor, ehr, {
    scope: 'openid fhirUser user/Patient.rs user/Encounter.rs',
  })
  const { body } = await exchange(server, ehr, back)
  const encounter = {
    resourceType: 'Encounter',
    status: 'in-progress',
    class: { code: 'AMB' },
    subject: { reference: 'Patient/p1' },
  }
  await server.app.inject({
    method: 'PUT',
    url: '/fhir/Encounter/e1',
    headers: { ...(await server.auth()), 'content-type': 'application/fhir+json' },
    payload: JSON.stringify({ ...encounter, id: 'e1' }),
  })
  return {
    server,
    ehr,
    client,
    visitor,
    launch: (form) => server.post('/auth/launch', form, { authorization: `Bearer ${body.access_token}` }),
  }
}
