// Whose data a token reaches: the patient in context, what the user may see, and never more. https://hl7.org/fhir/smart-app-launch/scopes-and-launch-context.html#scopes-for-requesting-fhir-resources
import t from 'tap'
import { openSmartServer, type SmartServer } from '../support/authorization.ts'
import { actor, grant as consent, purpose } from '../support/consents.ts'
import { grantBackend, grantUser } from '../support/granted.ts'
import { refsOf } from '../support/operations.ts'
import { type Call, openClient } from '../support/rest.ts'

type Tap = Parameters<typeof openSmartServer>[0]

const about = (type: string, id: string, patient: string, rest: object = {}) => ({
  resourceType: type,
  id,
  subject: { reference: `Patient/${patient}` },
  ...(type === 'Observation' ? { status: 'final', code: { text: 'x' } } : { code: { text: 'x' } }),
  ...rest,
})

/** Patient/p1 is linked to Patient/p3; what is p1's refers to what is p2's, and the other way round. */
const RECORDS = [
  { resourceType: 'Patient', id: 'p3', link: [{ other: { reference: 'Patient/p1' }, type: 'seealso' }] },
  about('Observation', 'theirs', 'p2'),
  about('Observation', 'linked', 'p3'),
  about('Condition', 'theirs', 'p2'),
  about('Observation', 'mine', 'p1', {
    hasMember: [{ reference: 'Observation/theirs' }, { reference: 'Observation/linked' }],
  }),
  about('Condition', 'mine', 'p1'),
  {
    resourceType: 'Group',
    id: 'both',
    type: 'person',
    actual: true,
    member: ['p1', 'p2'].map((id) => ({ entity: { reference: `Patient/${id}` } })),
  },
]

async function openWorld(t: Tap): Promise<SmartServer> {
  const server = await openSmartServer(t)
  const all = await openClient(server)
  for (const each of RECORDS) await put(all, each)
  const { body } = await all('GET', 'Patient/p1')
  await put(all, { ...body, link: [{ other: { reference: 'Patient/p3' }, type: 'seealso' }] })
  return server
}

async function put(
  call: Call,
  resource: { readonly resourceType: string; readonly id: string },
): Promise<void> {
  const { status, text } = await call('PUT', `${resource.resourceType}/${resource.id}`, resource)
  if (status > 201) throw new Error(text)
}

/** What is found by each path by an app of Patient/p1: nothing of anybody else's, and no number of it. */
const FOUND: readonly (readonly [path: string, refs: readonly string[]])[] = [
  ['Observation', ['Observation/mine']],
  ['Observation?subject=Patient/p2', []],
  ['Observation?subject=Patient/p1,Patient/p2', ['Observation/mine']],
  ['Observation?_id=mine,theirs,linked', ['Observation/mine']],
  ['Observation?performer=Patient/p1', []],
  ['Observation?subject:Patient.birthdate=2015-05-11', []],
  ['Observation?subject=Patient/p3', []],
  ['Patient', ['Patient/p1']],
  ['Patient?_id=p2', []],
  ['Patient?birthdate=2015-05-11', []],
  ['Patient?_has:Observation:subject:_id=theirs', []],
  ['Patient?_has:Observation:subject:_id=mine', ['Patient/p1']],
  ['Patient?_id=p3', []],
  ['Patient/p2/Observation', []],
  ['Patient/p3/Observation', []],
  ['Patient/p1/Observation', ['Observation/mine']],
  ['?_type=Observation,Condition', ['Condition/mine', 'Observation/mine']],
  ['Observation?_include=Observation:has-member', ['Observation/mine']],
  [
    'Observation?_include:iterate=Observation:has-member&_include:iterate=Observation:subject',
    ['Observation/mine', 'Patient/p1'],
  ],
  ['Observation?_include=*', ['Observation/mine', 'Patient/p1']],
  ['Patient?_include=Patient:link', ['Patient/p1']],
  ['Patient?_revinclude=Patient:link', ['Patient/p1']],
  [
    'Patient?_revinclude=Observation:subject&_revinclude=Condition:subject',
    ['Condition/mine', 'Observation/mine', 'Patient/p1'],
  ],
]

const matchesOf = (body: object) => refsOf(body, 'match').length

t.test('32, 54: what is found for a patient/ scope is that patient’s, and so is every total', async (t) => {
  const server = await openWorld(t)
  const as: readonly Parameters<typeof grantUser>[1][] = [
    { scope: 'patient/*.rs' },
    { scope: 'patient/*.read' },
    { scope: 'user/*.rs' },
    { scope: 'patient/*.rs', as: 'Practitioner/d1', patient: 'p1' },
  ]
  for (const asked of as) {
    const { call } = await grantUser(server, asked)
    const name = JSON.stringify(asked)
    for (const [path, refs] of FOUND) {
      const { status, body } = await call('GET', path)
      t.equal(status, 200, `${name}: ${path}`)
      t.strictSame([...refsOf(body)].sort(), refs, `${name}: ${path}`)
      const counted = await call('GET', `${path}${path.includes('?') ? '&' : '?'}_total=accurate`)
      t.equal(counted.body.total, matchesOf(body), `${name}: total of ${path}`)
      t.equal(body.link.filter(({ relation }: { relation: string }) => relation === 'next').length, 0)
    }
  }
})

t.test(
  '32: the record is FHIR’s compartment, and what names others in it is for them to open too',
  async (t) => {
    const server = await openWorld(t)
    const all = await openClient(server)
    await put(all, about('Observation', 'performed', 'p2', { performer: [{ reference: 'Patient/p1' }] }))
    await put(all, about('Observation', 'watched', 'p1', { performer: [{ reference: 'Patient/p2' }] }))
    const path = 'Observation?_include=Observation:performer&_include=Observation:subject&_total=accurate'
    const staff = await grantUser(server, { scope: 'patient/*.rs', as: 'Practitioner/d1', patient: 'p1' })
    const seen = (await staff.call('GET', path)).body
    t.strictSame([...refsOf(seen)].sort(), [
      'Observation/mine',
      'Observation/performed',
      'Observation/watched',
      'Patient/p1',
    ])
    t.equal(seen.total, 3, 'and no Patient/p2')
    const own = await grantUser(server, { scope: 'patient/*.rs' })
    const shown = (await own.call('GET', path)).body
    t.strictSame([[...refsOf(shown)].sort(), shown.total], [['Observation/mine', 'Patient/p1'], 1])
  },
)

const HIDDEN = [
  'Observation/theirs',
  'Observation/linked',
  'Condition/theirs',
  'Patient/p2',
  'Patient/p3',
  'Group/both',
]

t.test('32: nothing outside the record is there by id, linked patients neither', async (t) => {
  const server = await openWorld(t)
  const { call } = await grantUser(server, { scope: 'patient/*.cruds' })
  for (const ref of HIDDEN) {
    const [type, id] = ref.split('/') as [string, string]
    const closed = type === 'Group' ? 403 : 404
    for (const path of ['', '/_history', '/$everything'].slice(0, type === 'Patient' ? 3 : 2)) {
      const [hidden, absent] = [await call('GET', `${ref}${path}`), await call('GET', `${type}/never${path}`)]
      t.equal(hidden.status, closed, `${ref}${path}`)
      t.equal(hidden.text, absent.text, 'as one that is not there')
    }
    if (type !== 'Observation') continue
    const mine = about(type, id, 'p1')
    t.equal((await call('PUT', ref, mine)).status, 404, 'no update, to one’s own record neither')
    await call('DELETE', ref)
  }
  const all = await openClient(server)
  for (const ref of HIDDEN) t.equal((await all('GET', ref)).status, 200, `${ref} stays`)
})

t.test('32: who writes with a patient/ scope writes into that record alone', async (t) => {
  const server = await openWorld(t)
  for (const as of [{}, { as: 'Practitioner/d1', patient: 'p1' }]) {
    const { call } = await grantUser(server, { scope: 'patient/Observation.cruds', ...as })
    const { id: _, ...mine } = about('Observation', 'x', 'p1')
    const made = await call('POST', 'Observation', mine)
    t.equal(made.status, 201)
    const { id: __, ...theirs } = about('Observation', 'x', 'p2', {
      performer: [{ reference: 'Patient/p1' }],
    })
    t.equal((await call('POST', 'Observation', theirs)).status, 403)
    t.equal((await call('POST', 'Observation', { ...mine, subject: undefined })).status, 403, 'nobody’s')
    t.equal((await call('PUT', `Observation/${made.body.id}`, { ...theirs, id: made.body.id })).status, 403)
    const move = [{ op: 'replace', path: '/subject/reference', value: 'Patient/p2' }]
    const headers = { 'content-type': 'application/json-patch+json' }
    t.equal((await call('PATCH', `Observation/${made.body.id}`, move, headers)).status, 403)
  }
})

t.test('33: user/ scopes give what the role may do and no more', async (t) => {
  const server = await openWorld(t)
  const { call } = await grantUser(server, { scope: 'user/*.cruds', as: 'Practitioner/d1' })
  t.equal((await call('DELETE', 'Patient/p1')).status, 403)
  t.equal((await call('GET', 'AuditEvent')).status, 403)
  t.equal((await call('POST', 'Organization', { resourceType: 'Organization', name: 'x' })).status, 403)
  t.equal((await call('POST', '$reindex')).status, 403)
  const own = await grantUser(server, { scope: 'user/*.cruds' })
  t.equal((await own.call('DELETE', 'Condition/mine')).status, 403)
  t.equal((await own.call('POST', 'Patient', { resourceType: 'Patient' })).status, 403)
})

t.test('33: consents decide what a user/ scope shows of every other person', async (t) => {
  const server = await openSmartServer(t)
  const other = await openClient(server, 'system/*.cruds', { organization: 'Organization/other' })
  const { id: _, ...elsewhere } = about('Observation', 'x', 'p1')
  const { body: made } = await other('POST', 'Observation', elsewhere)
  const staff = await grantUser(server, { scope: 'user/*.cruds', as: 'Practitioner/d1' })
  const backend = await grantBackend(server, { scope: 'system/*.cruds' })
  const assertSeen = async (count: number, when: string) => {
    for (const { call } of [staff, backend]) {
      const { body } = await call('GET', 'Observation?_total=accurate&_include=Observation:subject')
      t.strictSame([body.total, refsOf(body, 'match').length], [count, count], when)
      t.equal((await call('GET', `Observation/${made.id}`)).status, count === 1 ? 200 : 404)
    }
  }
  await assertSeen(0, 'of another organisation')
  const person = await openClient(server, 'patient/*.cruds', {
    subject: 'Patient/p1',
    patient: 'p1',
    purpose: 'PATRQT',
  })
  const given = await person('POST', 'Consent', toConsent())
  t.equal(given.status, 201, given.text)
  await assertSeen(1, 'with the consent of the person')
  t.equal((await person('POST', `Consent/${given.body.id}/$revoke-consent`)).status, 200)
  await assertSeen(0, 'once it is withdrawn')
})

function toConsent() {
  const { id: _, ...whole } = consent({
    patient: { reference: 'Patient/p1' },
    performer: [{ reference: 'Patient/p1' }],
    organization: [{ reference: 'Organization/demo' }],
    provision: { type: 'permit', actor: [actor('Organization/demo')], purpose: [purpose('TREAT')] },
  }) as { readonly id?: string }
  return whole
}
