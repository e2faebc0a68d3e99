// The directory tells who asks beside the token: roles, affiliations, groups, teams; read as the system (consent.md 2.1).
import t from 'tap'
import { identify } from '../../src/access/identities.ts'
import { type TokenGrant, toPrincipal } from '../../src/access/principal.ts'
import type { DirectoryRecords } from '../../src/consent/records.ts'
import type { AdminPolicy } from '../../src/consent/state.ts'
import { loadDefinitions } from '../../src/fhir/definitions.ts'
import type { Resource } from '../../src/fhir/resource.ts'
import { grant as consent } from '../support/consents.ts'
import { openServer, type TestServer } from '../support/server.ts'

const DOCTOR = {
  subject: 'Practitioner/dr',
  client: 'app',
  scope: 'user/*.rs',
  purpose: 'TREAT',
  expiresAt: Number.MAX_SAFE_INTEGER,
  organization: 'Organization/a',
}
const NOW = Date.parse('2026-11-27T03:00:00Z')

const ref = (reference: string) => ({ reference })
const role = (id: string, organization: string, more: object = {}): Resource => ({
  resourceType: 'PractitionerRole',
  id,
  practitioner: ref('Practitioner/dr'),
  organization: ref(organization),
  ...more,
})
const group = (id: string, members: readonly object[], more: object = {}): Resource => ({
  resourceType: 'Group',
  id,
  type: 'practitioner',
  actual: true,
  member: members,
  ...more,
})
const team = (id: string, participant: readonly object[], more: object = {}): Resource => ({
  resourceType: 'CareTeam',
  id,
  status: 'active',
  subject: ref('Patient/p'),
  participant,
  ...more,
})
/** A consent that names an actor; it makes the directory worth asking. */
const naming = (id: string, actor: string): Resource => {
  const whole = consent({ id }) as unknown as Resource
  const provision = { ...(whole['provision'] as object), actor: [actorOf(actor)] }
  return { ...whole, provision }
}
const actorOf = (reference: string) => ({
  role: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ParticipationType', code: 'IRCP' }] },
  reference: ref(reference),
})

async function open(t: Parameters<typeof openServer>[0], resources: readonly Resource[]) {
  const server = await openServer(t)
  await put(server, { resourceType: 'Patient', id: 'p' })
  for (const each of resources) await put(server, each)
  return server
}

async function put({ app, auth }: TestServer, resource: Resource): Promise<void> {
  const reply = await app.inject({
    method: 'PUT',
    url: `/fhir/${resource.resourceType}/${resource.id}`,
    headers: { ...(await auth()), 'content-type': 'application/fhir+json' },
    payload: JSON.stringify(resource),
  })
  if (reply.statusCode > 201) throw new Error(reply.body)
}

async function known(
  records: DirectoryRecords,
  change: Partial<TokenGrant> = {},
  admin: readonly AdminPolicy[] = [],
) {
  const principal = toPrincipal({ ...DOCTOR, ...change }, loadDefinitions())
  const { identities, isContradicted } = await identify(principal, {
    records,
    admin,
    timeZone: 'Asia/Tokyo',
    time: NOW,
  })
  return { names: identities.map((each) => `${each.via} ${each.ref}`).sort(), isContradicted }
}

t.test(
  'roles in force are names of the practitioner, and their other organisations affiliations',
  async (t) => {
    const { store } = await open(t, [
      role('a', 'Organization/a'),
      role('b', 'Organization/b', { period: { start: '2026-11-27', end: '2026-11-27' } }),
      role('ended', 'Organization/c', { period: { end: '2026-11-26' } }),
      role('later', 'Organization/d', { period: { start: '2026-11-28' } }),
      role('inactive', 'Organization/e', { active: false }),
      { ...role('other', 'Organization/f'), practitioner: ref('Practitioner/other') },
    ])
    const names = ['affil Organization/b', 'user PractitionerRole/a', 'user PractitionerRole/b']
    t.strictSame(await known(store.consents), { names, isContradicted: false })
    t.strictSame(await known(store.consents, { subject: 'PractitionerRole/a' }), {
      names: ['affil Organization/b', 'user Practitioner/dr', 'user PractitionerRole/b'],
      isContradicted: false,
    })
  },
)

t.test(
  'the organisation acted for is one of the roles in force, where the directory knows any',
  async (t) => {
    const { store } = await open(t, [
      role('a', 'Organization/a'),
      role('ended', 'Organization/b', { active: false }),
    ])
    const cases: readonly (readonly [Partial<TokenGrant>, boolean])[] = [
      [{}, false],
      [{ organization: 'Organization/b' }, true],
      [{ organization: 'Organization/x' }, true],
      [{ subject: 'Practitioner/unknown', organization: 'Organization/x' }, false],
      [{ subject: 'PractitionerRole/a' }, false],
      [{ subject: 'PractitionerRole/a', organization: 'Organization/x' }, true],
      [{ subject: 'PractitionerRole/ended', organization: 'Organization/b' }, true],
      [{ subject: 'PractitionerRole/unknown', organization: 'Organization/x' }, false],
      [{ role: 'PractitionerRole/a' }, false],
      [{ role: 'PractitionerRole/ended', organization: 'Organization/b' }, true],
      [{ role: 'PractitionerRole/gone' }, true],
      [{ subject: 'Client/app', organization: 'Organization/x' }, false],
    ]
    for (const [change, isContradicted] of cases)
      t.equal((await known(store.consents, change)).isContradicted, isContradicted, JSON.stringify(change))
  },
)

const member = (entity: string, more: object = {}) => ({ entity: ref(entity), ...more })
const participant = (reference: string, more: object = {}) => ({ member: ref(reference), ...more })

const COLLECTIVES: readonly (readonly [Resource, boolean])[] = [
  [group('g', [member('Practitioner/dr')]), true],
  [group('g', [member('PractitionerRole/a')]), true],
  [group('g', [member('Practitioner/dr', { inactive: true })]), false],
  [group('g', [member('Practitioner/dr', { period: { end: '2026-11-26' } })]), false],
  [group('g', [member('Practitioner/dr')], { active: false }), false],
  [group('g', [member('Practitioner/other')]), false],
  [team('g', [participant('Practitioner/dr')]), true],
  [team('g', [participant('Organization/a')]), true],
  [team('g', [participant('Practitioner/dr', { period: { start: '2026-11-28' } })]), false],
  [team('g', [participant('Practitioner/dr')], { status: 'suspended' }), false],
  [team('g', [participant('Practitioner/dr')], { period: { end: '2026-11-26' } }), false],
]

t.test('a group or team that a rule names is a name of those who belong to it now', async (t) => {
  const collectives = COLLECTIVES.map(([each], i) => ({ ...each, id: `g${i}` }))
  const named = collectives.map(({ resourceType, id }) => naming(`c${id}`, `${resourceType}/${id}`))
  const { store } = await open(t, [role('a', 'Organization/a'), ...collectives, ...named])
  const { names } = await known(store.consents)
  for (const [i, { resourceType, id }] of collectives.entries()) {
    const [collective, belongs] = COLLECTIVES[i]!
    t.equal(names.includes(`group ${resourceType}/${id}`), belongs, JSON.stringify(collective))
  }
})

t.test('who belongs to a group that belongs to another belongs to both', async (t) => {
  const { store } = await open(t, [
    group('inner', [member('Practitioner/dr')]),
    group('outer', [member('Group/inner')]),
    group('loop', [member('Group/outer'), member('Group/loop')]),
    naming('c', 'Group/outer'),
  ])
  const { names } = await known(store.consents)
  t.strictSame(names, ['group Group/inner', 'group Group/loop', 'group Group/outer'])
})

t.test('groups are read only where a rule on record or a policy names one', async (t) => {
  const { store } = await open(t, [group('g', [member('Practitioner/dr')])])
  t.strictSame((await known(store.consents)).names, [])
  const block = { kind: 'hard-deny', id: 'block', actor: 'Group/g' } as const
  t.strictSame((await known(store.consents, {}, [block])).names, ['group Group/g'])
  const asked: PropertyKey[] = []
  const watched = new Proxy(store.consents, {
    get(of, name) {
      asked.push(name)
      return Reflect.get(of, name)
    },
  })
  await known(watched, { subject: 'Client/app' })
  t.strictSame(asked, ['namesTypes'], 'of the directory nothing is asked for a client')
})
