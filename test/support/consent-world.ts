// Random states, requests and facets out of few values, so that rules often apply; drawn as decision vectors. https://hl7.org/fhir/R4/consent.html
import fc from 'fast-check'
import { type Case, toCase, type Vector } from '../../conformance/consent/vector.ts'
import type { ConsentResource } from '../../src/consent/normalise.ts'
import { type Head, type Sketch, toConsent, vocabulary } from './consent.ts'

export const PATIENTS = ['Patient/p1', 'Patient/p2', 'Patient/p3']
const ORGANISATIONS = ['hospA', 'hospB', 'ward', 'corp', 'univU'].map((id) => `Organization/${id}`)
const PERSONS = [
  'Practitioner/dr1',
  'Group/g1',
  'Device/app',
  'CareTeam/ct',
  'RelatedPerson/mother',
  'Patient/p1',
]
export const PROFILES = ['http://example.org/a', 'http://example.org/a|1.0', 'http://example.org/ab']
const TYPES = ['Observation', 'Condition', 'Encounter', 'MedicationRequest']
const CODES = ['http://loinc.org|718-7', 'http://loinc.org|75622-1', 'http://hl7.org/fhir/sid/icd-10|E11']
const SENSITIVITIES = ['PSY', 'HIV', 'SDV', 'ETH', 'SUD']
const LABELS = [...SENSITIVITIES, 'L', 'N', 'R', 'V', 'B']
const REFS = ['Observation/o1', 'Encounter/e1', 'Condition/c1', 'DiagnosticReport/r1']

/** Draws one of the values, those written twice twice as often. */
const pick = <T>(...values: readonly T[]) => fc.constantFrom(...values)
const some = (values: readonly string[], maxLength = 2) =>
  fc.uniqueArray(fc.constantFrom(...values), { minLength: 1, maxLength })
/** Present once in `freq` draws. */
const rarely = <T>(value: fc.Arbitrary<T>, freq: number) =>
  fc.oneof({ weight: freq - 1, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: value })

const edge = pick(
  '2025',
  '2026-03',
  '2026-03-31',
  '2026-04-01',
  '2026-04-01T10:00:00+09:00',
  '2026-04-02T00:00:00Z',
  '2027',
)
const time = pick(
  '2026-04-01T10:00:00+09:00',
  '2026-04-01T10:00:00+09:00',
  '2026-03-31T23:59:59.999+09:00',
  '2026-04-01',
  '2026-04-01T10:00:00.001+09:00',
  '2026-04-02T00:00:00.001Z',
  '2026-12-31T15:00:00Z',
)
const period = fc.record({ start: edge, end: edge }, { requiredKeys: [] })
const day = pick('2021', '2022-03', '2022-03-15', '2022-03-15T09:00:00+09:00', '2023-01-01')
const dataPeriod = fc.record({ start: day, end: day }, { requiredKeys: [] })
const purposes = pick(
  ...['TREAT', 'TREAT', 'ETREAT', 'HOPERAT', 'HRESCH', 'HRESCH', 'proj-alpha', 'BTG', 'PurposeOfUse'],
)
const data = fc.tuple(
  pick('instance', 'related', 'dependents', 'authoredby', 'authoredby'),
  pick(...REFS, ...ORGANISATIONS.slice(0, 4), 'Practitioner/dr1'),
)

const dimensions = {
  actor: rarely(some([...ORGANISATIONS, ...PERSONS], 5), 2),
  role: rarely(fc.constant('GRANTEE'), 4),
  purpose: rarely(fc.uniqueArray(purposes, { minLength: 1, maxLength: 3 }), 2),
  action: rarely(some(['access', 'access', 'disclose', 'correct', 'use']), 7),
  class: rarely(some([...TYPES, ...PROFILES]), 10),
  code: rarely(some(CODES), 10),
  label: rarely(some(LABELS, 3), 6),
  dataPeriod: rarely(dataPeriod, 10),
  data: rarely(fc.array(data, { minLength: 1, maxLength: 2 }), 10),
  period: rarely(period, 7),
}
type Effects = fc.Arbitrary<'permit' | 'deny'>

function drawSketch(effect: Effects, depth: number): fc.Arbitrary<Sketch> {
  const children = depth === 0 ? fc.constant([]) : fc.array(drawSketch(effect, depth - 1), { maxLength: 2 })
  return fc.record({ type: effect, ...dimensions, provision: children })
}

const both = pick<'permit' | 'deny'>('permit', 'permit', 'deny')
const performer = pick(undefined, undefined, 'RelatedPerson/mother')
const head = fc.record({
  patient: pick('Patient/p1', 'Patient/p1', 'Patient/p2', 'Patient/p3'),
  scope: pick('patient-privacy', 'patient-privacy', 'patient-privacy', 'research'),
  performer,
})

/** Draws Consents that can be interpreted, of one effect throughout where it is given. */
export function drawConsent(effect: Effects = both): fc.Arbitrary<ConsentResource> {
  return fc.tuple(drawSketch(effect, 2), head).map(([sketch, given]) => toConsent(mend(sketch), given))
}

/** Draws Consents without a rule that permits, and without one that denies. */
export const denying = drawConsent(fc.constant('deny'))
export const permitting = drawConsent(fc.constant('permit'))

/** Draws grants with a root that denies and something beneath that permits (T4). */
const closed = fc
  .tuple(drawSketch(fc.constant('permit'), 1), fc.array(drawSketch(both, 1), { maxLength: 1 }), head)
  .map(([inner, others, given]) =>
    toConsent({ type: 'deny', provision: [inner, ...others] }, { ...given, policyRule: 'OPTIN' }),
  )

// An OPTOUT may hold permits beneath; empty lists of children are not R4.
function mend({ provision = [], ...sketch }: Sketch): Sketch {
  return provision.length === 0 ? sketch : { ...sketch, provision: provision.map(mend) }
}

/** Draws grants that are wide at the root, with exceptions beneath. */
const broad = fc
  .tuple(
    pick(['Organization/hospB'], ['Organization/hospA', 'Organization/univU'], undefined),
    pick(undefined, ['TREAT', 'HRESCH', 'PATRQT'], ['PurposeOfUse']),
    fc.array(drawSketch(both, 1), { maxLength: 2 }),
    head,
  )
  .map(([actor, purpose, provision, given]) =>
    toConsent(mend({ type: 'permit', actor, purpose, provision }), given),
  )

const FAULTS: readonly Head[] = [
  { status: 'inactive' },
  { status: 'draft' },
  { scope: 'treatment' },
  { policyRule: 'NOPP' },
  { raw: { modifierExtension: [{ url: 'http://example.org/x', valueBoolean: true }] } },
]
const SPOILS: readonly Sketch[] = [
  { raw: { type: undefined } },
  { raw: { purpose: [{ system: 'urn:other', code: 'TREAT' }] } },
  { actor: ['Organization/hospB'], role: 'CST' },
  {
    type: 'permit',
    provision: [{ type: 'deny', provision: [{ type: 'permit', provision: [{ type: 'deny' }] }] }],
  },
]
const faulty = fc
  .tuple(drawSketch(both, 1), head, pick(...FAULTS), rarely(pick(...SPOILS), 2))
  .map(([sketch, given, fault, spoil]) =>
    spoil ? toConsent({ ...mend(sketch), ...spoil }, given) : toConsent(mend(sketch), { ...given, ...fault }),
  )

const consents: fc.Arbitrary<readonly ConsentResource[]> = fc
  .array(
    fc.oneof(
      { weight: 8, arbitrary: drawConsent() },
      { weight: 4, arbitrary: permitting },
      { weight: 6, arbitrary: broad },
      { weight: 2, arbitrary: denying },
      { weight: 3, arbitrary: closed },
      { weight: 1, arbitrary: faulty },
    ),
    { maxLength: 4 },
  )
  .map((drawn) => drawn.map((consent, n) => ({ ...consent, id: `K${n}` })))

const delegations = fc.array(
  fc.record({
    patient: pick('Patient/p1', 'Patient/p1', 'Patient/p2'),
    proxy: pick('RelatedPerson/mother', 'RelatedPerson/mother', 'RelatedPerson/aunt'),
    status: pick('active', 'active', 'active', 'ended'),
    kind: pick<'guardian' | 'voluntary' | 'support'>('guardian', 'guardian', 'voluntary', 'support'),
    period: rarely(period, 7),
    actions: rarely(pick(['access' as const], ['disclose' as const]), 4),
    excludedLabels: rarely(some(SENSITIVITIES), 3),
    courtOrder: pick(false, false, true),
  }),
  { maxLength: 2 },
)
const actor = rarely(pick(...ORGANISATIONS, 'Practitioner/dr1'), 2)
const patient = rarely(pick(...PATIENTS), 2)
const hardDeny = fc.record({
  id: fc.constant('block'),
  kind: fc.constant('hard-deny' as const),
  patient,
  actor: pick(...ORGANISATIONS, 'Practitioner/dr1'),
  purpose: rarely(purposes, 2),
})
const statutory = fc.record({
  id: fc.constant('law'),
  kind: fc.constant('statutory-permit' as const),
  legalBasis: pick('court', 'health'),
  patient,
  actor,
})
const channel = fc.record({
  id: fc.constant('ngmi'),
  kind: fc.constant('optout-secondary' as const),
  purpose: pick('HRESCH', 'PUBHLTH', 'proj-alpha'),
  operator: pick('Organization/univU', 'Organization/hospB'),
  provider: fc.constant('Organization/hospA'),
  days: fc.constant(30),
  notices: fc.dictionary(pick(...PATIENTS), pick('2026-03-01', '2026-03-02', '2026-03-03'), { maxKeys: 3 }),
})
const treating = fc.array(
  fc.record({
    patient: pick(...PATIENTS),
    organization: pick('Organization/hospB', 'Organization/hospB', 'Organization/ward'),
    period: rarely(period, 2),
  }),
  { maxLength: 2 },
)
const switches = fc.record({
  ownDataPermit: pick(true, true, true, false),
  treatingPermit: pick(true, true, true, false),
  dissentOverDefaults: pick(true, true, true, false),
  btgOverridesDissent: pick(true, true, true, false),
  adolescentAge: pick(12, 12, 15),
})

export const state: fc.Arbitrary<Vector['state']> = fc.record({
  consents,
  delegations,
  admin: fc
    .tuple(rarely(hardDeny, 5), rarely(statutory, 2), rarely(channel, 2))
    .map((drawn) => drawn.filter((policy) => policy !== undefined)),
  age: pick(undefined, 8, 12, 14, 17, 18, 19, 40),
  partOf: fc.constant({
    'Organization/ward': 'Organization/hospB',
    'Organization/hospB': 'Organization/corp',
  }),
  treating,
  config: switches,
})

const acting = pick('Organization/hospB', 'Organization/hospB', 'Organization/hospA', ...ORGANISATIONS)
const identity = fc.oneof(
  pick(...ORGANISATIONS).map((ref) => ({ ref, via: 'affil' as const })),
  pick('Practitioner/dr1', 'RelatedPerson/mother', 'Patient/p1').map((ref) => ({
    ref,
    via: 'user' as const,
  })),
  pick('Group/g1', 'CareTeam/ct').map((ref) => ({ ref, via: 'group' as const })),
  fc.constant({ ref: 'Device/app', via: 'client' as const }),
)
const purpose = pick(
  ...['TREAT', 'TREAT', 'TREAT', 'TREAT', 'TREAT', 'ETREAT', 'ERTREAT', 'COC', 'HPAYMT', 'HOPERAT', 'PATRQT'],
  ...['HRESCH', 'HRESCH', 'HRESCH', 'proj-alpha', 'proj-alpha', 'CLINTRL', 'HMARKT', 'NOPE'],
)

type Request = Vector['request']

const plain: fc.Arbitrary<Request> = fc.record({
  actors: fc
    .tuple(acting, fc.array(identity, { maxLength: 3 }))
    .map(([ref, others]) => [{ ref, via: 'acting' as const }, ...others]),
  purpose,
  action: pick<'access' | 'disclose' | 'correct'>(
    'access',
    'access',
    'access',
    'access',
    'disclose',
    'correct',
  ),
  time,
  multiPatient: pick(false, false, false, false, true),
  clientSuspended: rarely(fc.constant(true), 60),
  legalBasis: rarely(pick('court', 'health'), 8),
})
const user = (ref: string, via: 'user' | 'client' = 'user') => ({ ref, via })
const person = pick('Patient/p1', 'Patient/p1', 'Patient/p2')

// Of each special way of asking, mostly with what it needs.
const self = fc.tuple(plain, person, pick('PATRQT', 'TREAT', undefined)).map(
  ([asked, self, purpose]): Request => ({
    ...asked,
    actors: [...asked.actors!, user(self)],
    purpose,
    self,
  }),
)
const proxy = fc.tuple(plain, person, pick('PATRQT', 'PATRQT', 'TREAT')).map(
  ([asked, proxyFor, purpose]): Request => ({
    ...asked,
    actors: [...asked.actors!, user('RelatedPerson/mother')],
    purpose,
    proxyFor,
  }),
)
const emergency = fc
  .tuple(
    plain,
    pick('Practitioner/dr1', 'Practitioner/dr1', 'Practitioner/dr1', undefined),
    pick({}, {}, {}, undefined),
  )
  .map(
    ([asked, ref, elevation]): Request => ({
      ...asked,
      actors: ref ? [...asked.actors!, user(ref)] : asked.actors!.slice(0, 1),
      purpose: 'BTG',
      elevation,
    }),
  )

/** Draws who asks, for what, when: staff most often, the person, a proxy, an emergency. */
export const request: fc.Arbitrary<Request> = fc.oneof(
  { weight: 12, arbitrary: plain },
  { weight: 1, arbitrary: self },
  { weight: 3, arbitrary: proxy },
  { weight: 3, arbitrary: emergency },
)

const when = pick(
  undefined,
  ['2022'],
  ['2022-03-15'],
  ['2022-03-15T09:00:00+09:00'],
  ['2021-12-31', '2022-01-01'],
  ['2023-01-01'],
)
const codes = fc.uniqueArray(pick(...CODES), { maxLength: 2 })
const refs = fc.uniqueArray(pick(...REFS), { maxLength: 2 })

export const resource: fc.Arbitrary<Vector['resource']> = fc.record({
  type: pick(...TYPES, 'Observation', 'Observation', 'Observation', 'ValueSet'),
  id: pick('o1', 'o2', 'e1', 'c1'),
  patients: fc.oneof(
    { weight: 14, arbitrary: fc.constant(['Patient/p1']) },
    { weight: 5, arbitrary: fc.shuffledSubarray(PATIENTS, { minLength: 2, maxLength: 3 }) },
    { weight: 1, arbitrary: fc.constant<string[]>([]) },
  ),
  sourceOrg: pick(
    'Organization/hospA',
    'Organization/hospA',
    'Organization/hospB',
    'Organization/ward',
    undefined,
  ),
  conf: pick('U', 'L', 'N', 'N', 'N', 'R', 'V', 'unclassified'),
  sens: fc.oneof(fc.constant<string[]>([]), some(SENSITIVITIES)),
  tags: fc.oneof(
    { weight: 20, arbitrary: fc.constant<string[]>([]) },
    { weight: 1, arbitrary: some(['UNINFORMED', 'UNDELIVERED']) },
  ),
  code: codes,
  anyCodes: codes,
  when,
  authors: fc.uniqueArray(pick('Practitioner/dr1', 'Organization/hospB', 'Patient/p1'), { maxLength: 2 }),
  refs,
  refBy: refs,
})

/** A whole question; a vector cannot say what a resource holds and which profiles it claims. */
export interface Scene {
  readonly vector: Vector
  readonly holds: readonly string[]
  readonly profiles: readonly string[]
}

export const scene: fc.Arbitrary<Scene> = fc.record({
  vector: fc.record({
    id: fc.constant('q'),
    request,
    resource,
    state,
    expected: fc.constant({ decision: 'DENY' as const }),
  }),
  holds: fc.uniqueArray(pick(...TYPES), { maxLength: 1 }),
  profiles: fc.uniqueArray(pick(...PROFILES), { maxLength: 1 }),
})

/** Returns the scene as the engine's own input. */
export function toSceneCase({ vector, holds, profiles }: Scene): Case {
  const made = toCase(vocabulary, vector)
  return { ...made, facets: { ...made.facets, holds, profiles } }
}

/** Returns the scene with parts of its vector changed. */
export function change(
  { vector, ...rest }: Scene,
  { request, resource, state }: { request?: object; resource?: object; state?: object },
): Scene {
  return {
    ...rest,
    vector: {
      ...vector,
      request: { ...vector.request, ...request },
      resource: { ...vector.resource, ...resource },
      state: { ...vector.state, ...state },
    },
  }
}
