// Random records of one person, their consents, and another person in some of them: each world with ids of its own.
import fc from 'fast-check'
import { createSystemPolicy } from '../../src/access/system.ts'
import type { Resource } from '../../src/fhir/resource.ts'
import type { AppContext } from '../../src/interactions/context.ts'
import { buildPut } from '../../src/interactions/write.ts'
import { observation } from './consent-server.ts'
import { actor, grant, label, policyRule, purpose } from './consents.ts'

export const SOURCES = ['Organization/hospital', 'Organization/ward', 'Organization/clinic']
export const PURPOSES = ['TREAT', 'HRESCH', 'HPAYMT']
const ACTORS = [...SOURCES, 'Practitioner/dr']
const TYPES = ['Observation', 'Encounter', 'Consent']
const some = fc.constantFrom
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined, freq: 2 })

// Few conditions at once: with many, no rule speaks of anything.
const rarely = <T>(value: fc.Arbitrary<T>) =>
  fc.oneof({ arbitrary: fc.constant(undefined), weight: 3 }, { arbitrary: value, weight: 2 })

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
  actor: rarely(some(...ACTORS)),
  purpose: rarely(some(...PURPOSES)),
  type: rarely(some(...TYPES)),
  label: rarely(some('PSY', 'HIV')),
  year: rarely(some('2020', '2021')),
  data: rarely(data),
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
/** Consents of Patient/p and of Patient/q, three Observations, a treating relation. */
export const consentWorld = fc.record({
  consents: fc.array(consent, { minLength: 1, maxLength: 3 }),
  others: fc.array(consent, { maxLength: 1 }),
  items: fc.tuple(item, item, item),
  treating: maybe(some(...SOURCES)),
})
type Drawn<T> = T extends fc.Arbitrary<infer V> ? V : never

/** Returns the resources of world `n`, each with where it comes from; ids begin with `w` and the number. */
export function buildWorld({ consents, others, items, treating }: Drawn<typeof consentWorld>, n: number) {
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

/** Stores a resource that comes from `source`, as the server's own work. */
export async function storeFrom(
  context: AppContext,
  source: string,
  resource: Resource & { readonly id: string },
): Promise<void> {
  const policy = await createSystemPolicy('test', context, source)
  const writing = { context, policy, reader: context.store }
  await context.store.commit([buildPut(writing, resource, 'PUT', { version: null }).change])
}

/** Stores the organisations and the practitioner of every world. */
export async function storeOrganizations(context: AppContext): Promise<void> {
  const partOf = { reference: 'Organization/hospital' }
  for (const [id, more] of [
    ['hospital', {}],
    ['clinic', {}],
    ['ward', { partOf }],
  ] as const)
    await storeFrom(context, 'Organization/hospital', { resourceType: 'Organization', id, ...more })
  await storeFrom(context, 'Organization/hospital', { resourceType: 'Practitioner', id: 'dr' })
}
