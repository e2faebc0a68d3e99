// decide over what is stored says what a read comes to, in any world (4.2, PT11).
import fc from 'fast-check'
import t from 'tap'
import { createSystemPolicy } from '../../src/access/system.ts'
import { createContext } from '../../src/app.ts'
import type { Resource } from '../../src/fhir/resource.ts'
import { buildPut } from '../../src/interactions/write.ts'
import { observation, partsOf } from '../support/consent-server.ts'
import { actor, grant, label, policyRule, purpose } from '../support/consents.ts'
import { openClient } from '../support/rest.ts'
import { openServer } from '../support/server.ts'

const WORLDS = Number(process.env['MUSUBI_WORLDS'] ?? 40)

t.setTimeout(WORLDS * 2_000)

const SOURCES = ['Organization/hospital', 'Organization/ward', 'Organization/clinic']
const PURPOSES = ['TREAT', 'HRESCH', 'HPAYMT']
const ACTORS = [...SOURCES, 'Practitioner/dr']
const TYPES = ['Observation', 'Encounter', 'Consent']
const some = fc.constantFrom
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined, freq: 2 })

const data = fc.record({
  meaning: some('instance', 'related', 'dependents', 'authoredby'),
  target: some(
    'Observation/o0',
    'Observation/o1',
    'Encounter/e',
    'DiagnosticReport/r',
    'Practitioner/dr',
    'Organization/hospital',
  ),
})
const provision = fc.record({
  actor: maybe(some(...ACTORS)),
  purpose: maybe(some(...PURPOSES)),
  type: maybe(some(...TYPES)),
  label: maybe(some('PSY', 'HIV')),
  year: maybe(some('2020', '2021')),
  data: maybe(data),
})
const consent = fc.record({ optIn: fc.boolean(), root: provision, nested: maybe(provision) })
const item = fc.record({
  source: some(...SOURCES),
  label: maybe(some('PSY', 'HIV')),
  year: maybe(some('2020', '2021')),
  shared: fc.boolean(),
  flag: maybe(some('UNINFORMED', 'UNDELIVERED')),
  authored: fc.boolean(),
  referred: fc.boolean(),
})
const world = fc.record({
  consents: fc.array(consent, { maxLength: 3 }),
  others: fc.array(consent, { maxLength: 1 }),
  items: fc.tuple(item, item, item),
  treating: maybe(some(...SOURCES)),
})
type Drawn<T> = T extends fc.Arbitrary<infer V> ? V : never

// Every world has ids of its own, so that one server holds all of them.
function build({ consents, others, items, treating }: Drawn<typeof world>, n: number) {
  const own = (ref: string) =>
    /^(Practitioner|Organization)\//.test(ref) ? ref : ref.replace('/', `/w${n}-`)
  const reference = (ref: string) => ({ reference: own(ref) })
  const toProvision = (type: string, drawn: Drawn<typeof provision>, nested?: object) => ({
    type,
    ...(drawn.actor && { actor: [actor(drawn.actor)] }),
    ...(drawn.purpose && { purpose: [purpose(drawn.purpose)] }),
    ...(drawn.type && { class: [{ system: 'http://hl7.org/fhir/resource-types', code: drawn.type }] }),
    ...(drawn.label && { securityLabel: [label(drawn.label)] }),
    ...(drawn.year && { dataPeriod: { start: drawn.year, end: drawn.year } }),
    ...(drawn.data && {
      data: [{ meaning: drawn.data.meaning, reference: reference(drawn.data.target) }],
    }),
    ...(nested && { provision: [nested] }),
  })
  const toConsent = (
    patient: string,
    id: string,
    { optIn, root, nested }: Drawn<typeof consent>,
  ): Resource => {
    const [outer, inner] = optIn ? ['permit', 'deny'] : ['deny', 'permit']
    return grant({
      id: `w${n}-${id}`,
      patient: reference(patient),
      performer: [reference(patient)],
      policyRule: policyRule(optIn ? 'OPTIN' : 'OPTOUT'),
      provision: toProvision(outer!, root, nested && toProvision(inner!, nested)),
    })
  }
  const toItem = (each: Drawn<typeof item>, i: number): Resource =>
    observation(`w${n}-o${i}`, {
      subject: reference('Patient/p'),
      encounter: reference('Encounter/e'),
      ...(each.year && { effectiveDateTime: `${each.year}-05-05` }),
      performer: [
        ...(each.shared ? [reference('Patient/q')] : []),
        ...(each.authored ? [reference('Practitioner/dr')] : []),
      ],
      meta: {
        security: [
          {
            system: 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality',
            code: each.label ? 'R' : 'N',
          },
          ...(each.label ? [label(each.label)] : []),
        ],
        ...(each.flag && {
          tag: [{ system: 'http://jpfhir.jp/fhir/clins/CodeSystem/JP_ehrshrs_indication', code: each.flag }],
        }),
      },
    })
  const patients = ['p', 'q'].map((id) => ({ resourceType: 'Patient', id: `w${n}-${id}` }))
  const encounter = {
    resourceType: 'Encounter',
    id: `w${n}-e`,
    status: 'finished',
    class: { code: 'AMB' },
    subject: reference('Patient/p'),
  }
  const report = {
    resourceType: 'DiagnosticReport',
    id: `w${n}-r`,
    status: 'final',
    code: { text: 'x' },
    subject: reference('Patient/p'),
    result: items.flatMap(({ referred }, i) => (referred ? [reference(`Observation/o${i}`)] : [])),
  }
  const provenance = {
    resourceType: 'Provenance',
    id: `w${n}-v`,
    target: [reference('Observation/o2')],
    recorded: '2024-01-01T00:00:00Z',
    agent: [{ who: { reference: 'Practitioner/dr' } }],
  }
  const from = (source: string, ...resources: object[]) =>
    resources.map((resource) => ({ source, resource: resource as Resource & { id: string } }))
  return [
    ...from('Organization/hospital', ...patients, encounter, report, provenance),
    ...items.flatMap((each, i) => from(each.source, toItem(each, i))),
    ...consents.flatMap((each, i) => from('Organization/hospital', toConsent('Patient/p', `c${i}`, each))),
    ...others.flatMap((each) => from('Organization/clinic', toConsent('Patient/q', 'd', each))),
    ...(treating
      ? from(own('Patient/p'), {
          resourceType: 'EpisodeOfCare',
          id: `w${n}-t`,
          status: 'active',
          patient: reference('Patient/p'),
          managingOrganization: { reference: treating },
        })
      : []),
  ]
}

t.test(
  'for any stored world the decision of $explain-access is what a read by the requester answers',
  async (t) => {
    const server = await openServer(t, { MUSUBI_UNKNOWN_PROFILE: 'warning' })
    const context = await createContext(server.config, server.store)
    const admin = await openClient(server, 'system/*.rs', { purpose: 'HSYSADMIN' })
    const store = async (source: string, resource: Resource & { id: string }) => {
      const policy = await createSystemPolicy('test', context, source)
      const writing = { context, policy, reader: context.store }
      await context.store.commit([buildPut(writing, resource, 'PUT', { version: null }).change])
    }
    await store('Organization/hospital', { resourceType: 'Organization', id: 'hospital' })
    await store('Organization/hospital', { resourceType: 'Organization', id: 'clinic' })
    await store('Organization/hospital', {
      resourceType: 'Organization',
      id: 'ward',
      partOf: { reference: 'Organization/hospital' },
    } as Resource & { id: string })
    const asker = some(...SOURCES.flatMap((organization) => [{ organization }, { organization, user: true }]))
    const answers = new Map<string, number>()
    let worlds = 0
    const property = fc.asyncProperty(world, asker, some(...PURPOSES), async (drawn, asked, forPurpose) => {
      const resources = build(drawn, worlds++)
      for (const { source, resource } of resources) await store(source, resource)
      const { organization } = asked
      const isUser = 'user' in asked
      const reader = await openClient(server, isUser ? 'user/*.rs' : 'system/*.rs', {
        subject: isUser ? 'Practitioner/dr' : 'Client/x',
        client: 'x',
        organization,
        purpose: forPurpose,
      })
      const requester = isUser
        ? `requester=Practitioner/dr&organization=${organization}`
        : `requester=${organization}`
      for (const { resource } of resources) {
        const ref = `${resource.resourceType}/${resource.id}`
        const { status } = await reader('GET', ref)
        const reply = await admin('GET', `${ref}/$explain-access?${requester}&purpose=${forPurpose}`)
        const { decision, reason } = partsOf(reply.body)
        if (decision !== (status === 200 ? 'permit' : 'deny'))
          throw new Error(
            `${ref} read ${status}, explained ${decision}: ${reply.text} ${JSON.stringify({ asked, forPurpose, drawn })}`,
          )
        const { code } = [reason].flat()[0]
        answers.set(code, (answers.get(code) ?? 0) + 1)
      }
    })
    await fc.assert(property, { numRuns: WORLDS, endOnFailure: true })
    t.comment(JSON.stringify(Object.fromEntries(answers)))
    for (const code of [
      'consent',
      'consent:refused',
      'default',
      'own-data',
      'hard:undelivered',
      'consent-others',
    ])
      t.ok(answers.has(code), `${code} was among the answers`)
  },
)
