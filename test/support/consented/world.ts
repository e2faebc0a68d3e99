// Random records of three persons at three organisations, with the consents that govern them. https://hl7.org/fhir/R4/consent.html
import fc from 'fast-check'
import { FLAG_SYSTEM } from '../../../src/consent/flags.ts'
import { ACT_CODE, CONFIDENTIALITY_SYSTEM } from '../../../src/consent/labels.ts'
import type { Resource } from '../../../src/fhir/resource.ts'
import { consents, delegations } from './consents.ts'

/** One resource: every version it has had, oldest first, and where it came from. */
export interface Item {
  readonly source: string
  readonly versions: readonly Resource[]
  /** True where the last version was deleted. */
  readonly deleted: boolean
}

export const PATIENTS = ['p0', 'p1', 'p2'] as const
export const CODES = ['a', 'b', 'c'] as const
export const NAMES = ['山田', '佐藤', 'Smith'] as const
export const DAYS = { min: 10, max: 28 } as const
const ORGANIZATIONS = ['hospA', 'hospB', 'pharm', 'bio'] as const
/** A ward is part of its hospital. */
const WARD = 'wardB'

/** Returns `Type/id` of an item. */
export function refOf({ versions }: Item): string {
  const { resourceType, id } = versions[0]!
  return `${resourceType}/${id}`
}

export const reference = (ref: string) => ({ reference: ref })
export const concept = (code: string, system = 'urn:codes') => ({ coding: [{ system, code }] })

/** Wraps what is written once. */
export function item(source: string, resource: Resource): Item {
  return { source, versions: [resource], deleted: false }
}

const label: fc.Arbitrary<readonly string[]> = fc.oneof(
  { weight: 5, arbitrary: fc.constant([]) },
  { weight: 1, arbitrary: fc.constant(['PSY', 'R']) },
  { weight: 1, arbitrary: fc.constant(['HIV', 'R']) },
  { weight: 1, arbitrary: fc.constant(['V']) },
)
const flag = fc.oneof(
  { weight: 8, arbitrary: fc.constant(undefined) },
  { weight: 1, arbitrary: fc.constant('UNINFORMED') },
  { weight: 1, arbitrary: fc.constant('UNDELIVERED') },
)

/** What every clinical resource draws. */
const drawn = fc.record({
  patient: fc.nat(2),
  source: fc.constantFrom(
    'Organization/hospA',
    'Organization/hospA',
    'Organization/hospB',
    'Organization/pharm',
    `Organization/${WARD}`,
    'self',
  ),
  code: fc.constantFrom(...CODES),
  label,
  flag,
  value: fc.nat(9),
  day: fc.integer(DAYS),
  one: fc.nat(5),
  two: fc.nat(5),
  isSparse: fc.boolean(),
  author: fc.constantFrom('Practitioner/drA', 'Practitioner/drB', 'Patient/p0', 'Patient/p1', undefined),
  fate: fc.oneof(
    { weight: 6, arbitrary: fc.constant('once' as const) },
    { weight: 1, arbitrary: fc.constant('deleted' as const) },
    { weight: 2, arbitrary: fc.constantFrom('relabelled' as const, 'recoded' as const) },
  ),
})

/** What a clinical resource is made of. */
export type Drawn = typeof drawn extends fc.Arbitrary<infer T> ? T : never

type Build = (drawn: Drawn, n: number) => Resource

const LABEL_SYSTEMS: Readonly<Record<string, string>> = {
  R: CONFIDENTIALITY_SYSTEM,
  V: CONFIDENTIALITY_SYSTEM,
}

function metaOf({ label, flag }: Drawn) {
  const security = label.map((code) => ({ system: LABEL_SYSTEMS[code] ?? ACT_CODE, code }))
  const tag = flag === undefined ? undefined : [{ system: FLAG_SYSTEM, code: flag }]
  if (security.length === 0 && !tag) return {}
  return { meta: { ...(security.length > 0 && { security }), ...(tag && { tag }) } }
}

const subject = ({ patient }: Drawn) => reference(`Patient/${PATIENTS[patient]}`)

const observation: Build = (drawn, n) => ({
  resourceType: 'Observation',
  id: `o${n}`,
  ...metaOf(drawn),
  identifier: [{ system: 'urn:ids', value: `o${n}` }],
  status: drawn.value > 6 ? 'amended' : 'final',
  category: [concept(drawn.value > 4 ? 'lab' : 'exam')],
  code: drawn.isSparse ? { text: `text ${drawn.code}` } : concept(drawn.code),
  subject: subject(drawn),
  encounter: reference(`Encounter/e${drawn.one % 4}`),
  effectiveDateTime: `2024-05-${drawn.day}`,
  ...(drawn.author && { performer: [reference(drawn.author)] }),
  valueQuantity: { value: drawn.value, unit: 'mg', system: 'http://unitsofmeasure.org', code: 'mg' },
  ...(drawn.two % 2 === 0 && { hasMember: [reference(`Observation/o${drawn.two}`)] }),
})

const condition: Build = (drawn, n) => ({
  resourceType: 'Condition',
  id: `c${n}`,
  ...metaOf(drawn),
  identifier: [{ system: 'urn:ids', value: `c${n}` }],
  code: concept(drawn.code),
  subject: subject(drawn),
  encounter: reference(`Encounter/e${drawn.one % 4}`),
  recordedDate: `2024-05-${drawn.day}`,
  ...(drawn.author && { asserter: reference(drawn.author) }),
  ...(drawn.isSparse && { evidence: [{ detail: [reference(`Observation/o${drawn.two}`)] }] }),
})

const report: Build = (drawn, n) => ({
  resourceType: 'DiagnosticReport',
  id: `r${n}`,
  ...metaOf(drawn),
  status: 'final',
  code: concept(drawn.code),
  subject: subject(drawn),
  encounter: reference(`Encounter/e${drawn.one % 4}`),
  effectiveDateTime: `2024-05-${drawn.day}`,
  result: [reference(`Observation/o${drawn.one}`), reference(`Observation/o${drawn.two}`)],
})

const order: Build = (drawn, n) => ({
  resourceType: 'MedicationRequest',
  id: `m${n}`,
  ...metaOf(drawn),
  status: 'active',
  intent: 'order',
  medicationCodeableConcept: concept(drawn.code),
  subject: subject(drawn),
  encounter: reference(`Encounter/e${drawn.one % 4}`),
  authoredOn: `2024-05-${drawn.day}`,
  ...(drawn.author?.startsWith('Practitioner/') && { requester: reference(drawn.author) }),
  reasonReference: [reference(`Condition/c${drawn.two}`)],
})

const encounter: Build = (drawn, n) => ({
  resourceType: 'Encounter',
  id: `e${n}`,
  ...metaOf(drawn),
  status: drawn.isSparse ? 'in-progress' : 'finished',
  class: { system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'AMB' },
  subject: subject(drawn),
  serviceProvider: reference(`Organization/${ORGANIZATIONS[drawn.one % 3]}`),
})

const task: Build = (drawn, n) => ({
  resourceType: 'Basic',
  id: `b${n}`,
  code: concept(drawn.code),
  ...(drawn.isSparse && { subject: subject(drawn) }),
})

const provenance: Build = (drawn, n) => ({
  resourceType: 'Provenance',
  id: `v${n}`,
  target: [
    reference(`Observation/o${drawn.one}`),
    reference(`Condition/c${drawn.two}`),
    ...(drawn.isSparse ? [subject(drawn)] : []),
  ],
  recorded: '2024-05-01T00:00:00Z',
  agent: [{ who: reference(drawn.author ?? 'Practitioner/drA') }],
})

function sourceOf({ source, patient }: Drawn): string {
  return source === 'self' ? `Patient/${PATIENTS[patient]}` : source
}

// Labels where there are none and the other way round; hidden from others where it is not.
function relabel(drawn: Drawn): Drawn {
  const label = drawn.label.length > 0 ? [] : ['PSY', 'R']
  const flag = drawn.flag !== undefined ? undefined : drawn.isSparse ? 'UNINFORMED' : 'UNDELIVERED'
  return { ...drawn, label, flag }
}

// A version before, or none: other labels, or another code.
function toItem(build: Build): (drawn: Drawn, n: number) => Item {
  return (drawn, n) => {
    const last = build(drawn, n)
    const before =
      drawn.fate === 'relabelled'
        ? [build(relabel(drawn), n)]
        : drawn.fate === 'recoded'
          ? [build({ ...drawn, code: drawn.code === 'a' ? 'b' : 'a', value: 9 - drawn.value }, n)]
          : []
    return { source: sourceOf(drawn), versions: [...before, last], deleted: drawn.fate === 'deleted' }
  }
}

const directory: readonly Item[] = [
  ...ORGANIZATIONS.map((id) =>
    item('Organization/hospA', { resourceType: 'Organization', id, name: `むすび${id}` }),
  ),
  item('Organization/hospB', {
    resourceType: 'Organization',
    id: WARD,
    name: 'むすび病棟',
    partOf: reference('Organization/hospB'),
  }),
  item('Organization/hospA', { resourceType: 'Practitioner', id: 'drA', name: [{ family: '医師' }] }),
  item('Organization/hospB', { resourceType: 'Practitioner', id: 'drB', name: [{ family: '看護' }] }),
  item('Organization/hospB', { resourceType: 'Practitioner', id: 'drN', name: [{ family: '薬剤' }] }),
]

const BORN = ['1980-02-01', '2012-03-04', '1990-05-06']

function buildPatients(sources: readonly string[]): readonly Item[] {
  return PATIENTS.map((id, n) =>
    item(sources[n] === 'self' ? `Patient/${id}` : sources[n]!, {
      resourceType: 'Patient',
      id,
      identifier: [{ system: 'urn:ids', value: id }],
      name: [{ family: NAMES[n]!, given: ['太郎'] }],
      birthDate: BORN[n]!,
      ...(n === 1 ? {} : { gender: 'male' }),
      managingOrganization: reference('Organization/hospA'),
      generalPractitioner: [reference('Practitioner/drA')],
    }),
  )
}

const related: Item = item('Patient/p1', {
  resourceType: 'RelatedPerson',
  id: 'rp1',
  patient: reference('Patient/p1'),
  name: [{ family: '佐藤' }],
})

/** Draws a world, in the order in which it is stored. References may lead to what does not exist. */
export const world: fc.Arbitrary<readonly Item[]> = fc
  .record({
    patients: fc.array(fc.constantFrom('Organization/hospA', 'Organization/hospB', 'self'), {
      minLength: 3,
      maxLength: 3,
    }),
    encounters: fc.array(drawn, { minLength: 2, maxLength: 4 }),
    observations: fc.array(drawn, { minLength: 6, maxLength: 14 }),
    conditions: fc.array(drawn, { minLength: 2, maxLength: 6 }),
    reports: fc.array(drawn, { maxLength: 4 }),
    orders: fc.array(drawn, { maxLength: 4 }),
    others: fc.array(drawn, { maxLength: 2 }),
    provenances: fc.array(drawn, { maxLength: 2 }),
    consents,
    delegations,
  })
  .map((parts) => [
    ...directory,
    ...buildPatients(parts.patients),
    related,
    ...parts.consents.slice(0, 2),
    ...parts.encounters.map(toItem(encounter)),
    ...parts.observations.map(toItem(observation)),
    ...parts.conditions.map(toItem(condition)),
    ...parts.reports.map(toItem(report)),
    ...parts.orders.map(toItem(order)),
    ...parts.others.map(toItem(task)),
    ...parts.provenances.map(toItem(provenance)),
    ...parts.consents.slice(2),
    ...parts.delegations,
  ])

/** Draws further resources of everybody, under ids that a world does not use. */
export const additions: fc.Arbitrary<readonly Item[]> = fc
  .record({
    observations: fc.array(drawn, { minLength: 6, maxLength: 12 }),
    conditions: fc.array(drawn, { minLength: 2, maxLength: 5 }),
  })
  .map(({ observations, conditions }) => [
    ...observations.map((each, n) => toItem(observation)(each, n + 20)),
    ...conditions.map((each, n) => toItem(condition)(each, n + 20)),
  ])

const BUILDERS: Readonly<Record<string, Build>> = {
  Observation: observation,
  Condition: condition,
  DiagnosticReport: report,
  MedicationRequest: order,
}

/** Draws other contents of a clinical resource at the same id, of the same source and person; undefined for other types. */
export function contentsOf({ versions, source, deleted }: Item): fc.Arbitrary<Item> | undefined {
  const { resourceType, id = '', subject, meta } = versions.at(-1)!
  const build = BUILDERS[resourceType]
  if (!build) return undefined
  return drawn.map((each) => {
    const built = build(each, Number(id.slice(1)))
    const { meta: _, ...elements } = built
    return { source, deleted, versions: [{ ...elements, subject, ...(meta && { meta }) } as Resource] }
  })
}
