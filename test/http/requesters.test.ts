// Who asks, over HTTP: the directory decides with the token, at every request (consent.md 2.1, Q14).
import t from 'tap'
import type { TokenGrant } from '../../src/access/principal.ts'
import type { Resource } from '../../src/fhir/resource.ts'
import { actor, grant as consent, policyRule } from '../support/consents.ts'
import { type Call, openClient } from '../support/rest.ts'
import { openServer } from '../support/server.ts'

type Tap = Parameters<typeof openServer>[0]

const ref = (reference: string) => ({ reference })
const DOCTOR = { subject: 'Practitioner/dr', organization: 'Organization/clinic' }

async function open(t: Tap) {
  const server = await openServer(t)
  const custodian = await openClient(server)
  const put = async (resource: Resource) => {
    const { status, text } = await custodian('PUT', `${resource.resourceType}/${resource.id}`, resource)
    if (status > 201) throw new Error(text)
  }
  await put({ resourceType: 'Patient', id: 'p' })
  await put({
    resourceType: 'Observation',
    id: 'o',
    status: 'final',
    code: { text: 'x' },
    subject: ref('Patient/p'),
  })
  const as = (grant: Partial<TokenGrant>) => openClient(server, 'user/*.rs', grant)
  return { put, as, custodian }
}

const sees = async (call: Call) => (await call('GET', 'Observation/o')).status

function permit(...actors: readonly string[]): Resource {
  const whole = consent({ id: 'permit' })
  const provision = { ...whole.provision, actor: actors.map(actor) }
  return { ...whole, id: 'permit', provision } as unknown as Resource
}

const group = (members: readonly object[]): Resource => ({
  resourceType: 'Group',
  id: 'night-shift',
  type: 'practitioner',
  actual: true,
  member: members,
})
const role = (id: string, organization: string, more: object = {}): Resource => ({
  resourceType: 'PractitionerRole',
  id,
  practitioner: ref('Practitioner/dr'),
  organization: ref(organization),
  ...more,
})

t.test('a consent to a group opens to those who are in it at the time of the request', async (t) => {
  const { put, as } = await open(t)
  const doctor = await as(DOCTOR)
  await put(permit('Group/night-shift'))
  t.equal(await sees(doctor), 404, 'there is no such group')
  await put(group([{ entity: ref('Practitioner/dr') }]))
  t.equal(await sees(doctor), 200)
  t.equal(await sees(await as({ ...DOCTOR, subject: 'Practitioner/other' })), 404)
  await put(group([{ entity: ref('Practitioner/dr'), inactive: true }]))
  t.equal(await sees(doctor), 404, 'no longer in it')
})

t.test('a consent to a role opens to who holds it, as long as it is in force', async (t) => {
  const { put, as } = await open(t)
  const doctor = await as(DOCTOR)
  await put(permit('PractitionerRole/ward'))
  t.equal(await sees(doctor), 404)
  await put(role('clinic', 'Organization/clinic'))
  await put(role('ward', 'Organization/ward'))
  t.equal(await sees(doctor), 200)
  await put(role('ward', 'Organization/ward', { active: false }))
  t.equal(await sees(doctor), 404)
})

t.test('who acts for an organisation in which no role is in force is refused everything', async (t) => {
  const { put, as, custodian } = await open(t)
  const doctor = await as({ ...DOCTOR, organization: 'Organization/demo' })
  t.equal(await sees(doctor), 200, 'the directory knows nothing: the word of the token stands')
  await put(role('clinic', 'Organization/clinic'))
  t.equal(await sees(doctor), 403)
  for (const path of ['Observation', 'Observation/$lastn?patient=p&category=x', 'Patient/p/$everything'])
    t.equal((await doctor('GET', path)).status, 403, path)
  t.equal((await doctor('GET', 'metadata')).status, 200)
  await put(role('demo', 'Organization/demo'))
  t.equal(await sees(doctor), 200)
  await custodian('DELETE', 'PractitionerRole/demo')
  t.equal(await sees(doctor), 403, 'from the next request')
  await custodian('DELETE', 'PractitionerRole/clinic')
  t.equal(await sees(doctor), 403, 'also when none is left')
  const asRole = await as({ subject: 'PractitionerRole/demo', organization: 'Organization/demo' })
  t.equal(await sees(asRole), 403, 'nor in the role that is gone')
  await put(role('demo', 'Organization/demo'))
  t.equal(await sees(doctor), 200)
  t.equal(await sees(asRole), 200)
})

t.test('a dissent from an organisation reaches who has a role there, whomever they act for', async (t) => {
  const { put, as } = await open(t)
  const doctor = await as({ ...DOCTOR, organization: 'Organization/demo' })
  await put(role('demo', 'Organization/demo'))
  const { provision: _, ...whole } = consent({ id: 'dissent', policyRule: policyRule('OPTOUT') })
  const provision = { type: 'deny', actor: [actor('Organization/rival')] }
  await put({ ...whole, id: 'dissent', provision } as unknown as Resource)
  t.equal(await sees(doctor), 200)
  await put(role('rival', 'Organization/rival'))
  t.equal(await sees(doctor), 404)
})
