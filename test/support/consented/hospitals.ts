// The state that the search-level scenarios of consent begin with: what hospital A holds of two persons, and what one let hospital B see.
import type { Test } from 'tap'
import type { TokenGrant } from '../../../src/access/principal.ts'
import { FLAG_SYSTEM } from '../../../src/consent/flags.ts'
import { ACT_CODE, CONFIDENTIALITY_SYSTEM } from '../../../src/consent/labels.ts'
import { actor, grant, label, scope } from '../consents.ts'
import { type Call, openClient } from '../rest.ts'
import { openServer, type TestServer } from '../server.ts'

export interface Hospitals {
  readonly server: TestServer
  /** A system of hospital A, which may choose ids. */
  readonly a: Call
  /** A practitioner of hospital B. */
  readonly b: Call
  readonly p1: Call
  /** `Consent/id` of what p1 agreed to: hospital B may see everything but what is labelled PSY or HIV, and but code `kept`. */
  readonly consent: string
  /** Returns a client of another token. */
  as(scope: string, grant: Partial<TokenGrant>): Promise<Call>
}

const A = 'Organization/hospA'
const B = 'Organization/hospB'

/** The grant of a practitioner of hospital B. */
export const OF_B: Partial<TokenGrant> = { subject: 'Practitioner/drB', organization: B, purpose: 'TREAT' }

const security = (code: string) => [
  { system: ACT_CODE, code },
  { system: CONFIDENTIALITY_SYSTEM, code: 'R' },
]
const concept = (code: string) => ({ coding: [{ system: 'urn:codes', code }] })
const of = (patient: string) => ({ subject: { reference: `Patient/${patient}` } })

/** An observation of p1, of which day 2024-05-1n; hidden from B where it is labelled. */
function toObservation(patient: string, n: number, hidden: boolean) {
  return {
    resourceType: 'Observation',
    id: `${patient}-o${n}`,
    ...(hidden && { meta: { security: security('PSY') } }),
    identifier: [{ system: 'urn:ids', value: `${patient}-o${n}` }],
    status: 'final',
    category: [concept('lab')],
    code: concept(hidden ? 'mood' : 'bp'),
    ...of(patient),
    effectiveDateTime: `2024-05-${10 + n}`,
    valueQuantity: { value: n, unit: 'mg', system: 'http://unitsofmeasure.org', code: 'mg' },
  }
}

const SHARED = [
  { resourceType: 'Organization', id: 'hospA', name: 'A' },
  { resourceType: 'Organization', id: 'hospB', name: 'B' },
  { resourceType: 'Practitioner', id: 'drB', name: [{ family: '医師' }] },
]

const RECORDS = [
  { resourceType: 'Patient', id: 'p1', name: [{ family: '山田' }], birthDate: '1980-01-01' },
  { resourceType: 'Patient', id: 'p2', name: [{ family: '佐藤' }], birthDate: '1970-01-01' },
  ...[0, 1, 2, 3, 4, 5, 6, 7, 8, 9].map((n) => toObservation('p1', n, n % 4 === 1)),
  toObservation('p2', 1, false),
  {
    resourceType: 'Encounter',
    id: 'e1',
    status: 'finished',
    class: { system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'AMB' },
    ...of('p1'),
  },
  {
    resourceType: 'Condition',
    id: 'hidden',
    meta: { security: security('HIV') },
    identifier: [{ system: 'urn:ids', value: 'hidden' }],
    code: concept('hiv'),
    ...of('p1'),
    encounter: { reference: 'Encounter/e1' },
  },
  // Hidden by its code alone: no label of it is inherited.
  { resourceType: 'Condition', id: 'kept', code: concept('kept'), ...of('p1') },
  { resourceType: 'Condition', id: 'cold', code: concept('cold'), ...of('p1') },
  {
    resourceType: 'Condition',
    id: 'untold',
    meta: { tag: [{ system: FLAG_SYSTEM, code: 'UNINFORMED' }] },
    code: concept('cancer'),
    ...of('p1'),
  },
  {
    resourceType: 'MedicationRequest',
    id: 'm1',
    status: 'active',
    intent: 'order',
    medicationCodeableConcept: concept('drug'),
    ...of('p1'),
    reasonReference: [{ reference: 'Condition/kept', display: 'secret' }],
  },
]

/** The consent of p1 to hospital B, with what it keeps back. */
export const CONSENT = grant({
  id: undefined,
  patient: { reference: 'Patient/p1' },
  performer: [{ reference: 'Patient/p1' }],
  organization: [{ reference: A }],
  provision: {
    type: 'permit',
    actor: [actor(B)],
    provision: [
      { type: 'deny', securityLabel: [label('PSY'), label('HIV')] },
      { type: 'deny', code: [concept('kept')] },
    ],
  },
})

/** The consent of p1 to research at the biobank `bio`. */
export const RESEARCH = grant({
  id: undefined,
  scope: scope('research'),
  patient: { reference: 'Patient/p1' },
  performer: [{ reference: 'Patient/p1' }],
  organization: [{ reference: A }],
  provision: { type: 'permit', actor: [actor('Organization/bio')] },
})

/** Opens a server with that state. */
export async function openHospitals(t: Test): Promise<Hospitals> {
  const server = await openServer(t, { MUSUBI_ID_ORGANIZATIONS: A })
  const as = (scope: string, grant: Partial<TokenGrant>) => openClient(server, scope, grant)
  const a = await as('system/*.cruds', { organization: A })
  for (const resource of [...SHARED, ...RECORDS]) {
    const { status, text } = await a('PUT', `${resource.resourceType}/${resource.id}`, resource)
    if (status !== 201) throw new Error(text)
  }
  const p1 = await as('patient/*.cruds', { subject: 'Patient/p1', patient: 'p1', purpose: 'PATRQT' })
  const { status, body, text } = await p1('POST', 'Consent', CONSENT)
  if (status !== 201) throw new Error(text)
  return { server, a, b: await as('user/*.cruds', OF_B), p1, consent: `Consent/${body.id}`, as }
}

/** Returns the path below the base that a link of a Bundle leads to, or undefined where there is none. */
export function linkOf(
  body: { link: { relation: string; url: string }[] },
  relation: string,
): string | undefined {
  const url = body.link.find((each) => each.relation === relation)?.url
  return url?.slice(url.indexOf('/fhir/') + '/fhir/'.length)
}
