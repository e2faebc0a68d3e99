// Short notation for Consents and decision questions: what is left out is a plain, permitted default. https://hl7.org/fhir/R4/consent.html

import type tap from 'tap'
import { type Case, createVectorVocabulary, toCase, type Vector } from '../../conformance/consent/vector.ts'
import { compilePatient } from '../../src/consent/compile-patient.ts'
import { decide } from '../../src/consent/decide.ts'
import { decidePatient } from '../../src/consent/decide-patient.ts'
import type { Facets } from '../../src/consent/facets.ts'
import type { ConsentResource } from '../../src/consent/normalise.ts'
import type { Provision } from '../../src/consent/read-dimension.ts'
import { holds, place } from './consent-placed.ts'

export const vocabulary = createVectorVocabulary()

const V3 = 'http://terminology.hl7.org/CodeSystem/v3-'
const PROJECTS = 'https://example.org/fhir/CodeSystem/project-purpose'
const CONFIDENTIALITY = ['U', 'L', 'M', 'N', 'R', 'V', 'B']

/** A provision in short: codes instead of codings, references as text. */
export interface Sketch {
  readonly type?: 'permit' | 'deny'
  readonly period?: { readonly start?: string; readonly end?: string }
  readonly actor?: readonly string[]
  /** Of the actors: IRCP where it is left out. */
  readonly role?: string
  readonly purpose?: readonly string[]
  readonly action?: readonly string[]
  /** Resource types; what has a colon is a profile. */
  readonly class?: readonly string[]
  /** `system|code`. */
  readonly code?: readonly string[]
  /** Codes of v3-Confidentiality and v3-ActCode. */
  readonly label?: readonly string[]
  readonly dataPeriod?: { readonly start?: string; readonly end?: string }
  readonly data?: readonly (readonly [meaning: string, ref: string])[]
  readonly provision?: readonly Sketch[]
  /** Elements as R4 writes them, in the place of what the sketch makes. */
  readonly raw?: object
}

/** Returns the provision that a sketch stands for. */
export function toProvision({ raw, ...sketch }: Sketch): Provision {
  const made = {
    type: sketch.type,
    period: sketch.period,
    actor: sketch.actor?.map((reference) => ({ role: toRole(sketch.role), reference: { reference } })),
    purpose: sketch.purpose?.map(toPurpose),
    action: sketch.action?.map((code) => ({
      coding: [{ system: 'http://terminology.hl7.org/CodeSystem/consentaction', code }],
    })),
    class: sketch.class?.map((code) =>
      code.includes(':')
        ? { system: 'urn:ietf:rfc:3986', code }
        : { system: 'http://hl7.org/fhir/resource-types', code },
    ),
    code: sketch.code?.map((text) => ({ coding: [toCoding(text)] })),
    securityLabel: sketch.label?.map(toLabel),
    dataPeriod: sketch.dataPeriod,
    data: sketch.data?.map(([meaning, reference]) => ({ meaning, reference: { reference } })),
    provision: sketch.provision?.map(toProvision),
    ...raw,
  }
  return Object.fromEntries(Object.entries(made).filter(([, value]) => value !== undefined)) as Provision
}

function toRole(code = 'IRCP') {
  const system = code === 'GRANTEE' ? `${V3}RoleCode` : `${V3}ParticipationType`
  return { coding: [{ system, code }] }
}

function toPurpose(code: string) {
  return { system: code.startsWith('proj-') ? PROJECTS : `${V3}ActReason`, code }
}

function toCoding(text: string) {
  const [system, code] = text.split('|')
  return { system: system!, code: code! }
}

/** Returns the coding of a label, as `meta.security` and a provision hold it. */
export function toLabel(code: string) {
  return { system: CONFIDENTIALITY.includes(code) ? `${V3}Confidentiality` : `${V3}ActCode`, code }
}

/** What a Consent has beside its provision. */
export interface Head {
  readonly id?: string
  readonly patient?: string
  readonly status?: string
  readonly scope?: string
  readonly policyRule?: string
  readonly performer?: string
  readonly raw?: object
}

/** Returns a Consent: OPTIN unless its root denies; scope patient-privacy, active, of Patient/p1. */
export function toConsent(sketch: Sketch, head: Head = {}): ConsentResource {
  const { id = 'K', patient = 'Patient/p1', status = 'active', scope = 'patient-privacy' } = head
  const { policyRule = sketch.type === 'deny' ? 'OPTOUT' : 'OPTIN', performer = patient } = head
  return {
    resourceType: 'Consent',
    id,
    status,
    scope: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/consentscope', code: scope }] },
    patient: { reference: patient },
    dateTime: '2026-01-15T09:00:00+09:00',
    performer: [{ reference: performer }],
    policyRule: { coding: [{ system: `${V3}ActCode`, code: policyRule }] },
    provision: toProvision(sketch),
    ...head.raw,
  }
}

export const NOW = '2026-04-01T10:00:00+09:00'

/** A question in short; `actor` is the organisation acted for. */
export interface Question {
  readonly actor?: string
  readonly request?: Partial<Vector['request']>
  readonly resource?: Partial<Vector['resource']>
  readonly consents?: readonly ConsentResource[]
  readonly state?: Vector['state']
  /** What a vector cannot say of the resource. */
  readonly facets?: Partial<Facets>
}

/** Returns the case of hospB reading for treatment one Observation (N) of Patient/p1 that came from hospA. */
export function toQuestion({ actor = 'Organization/hospB', ...given }: Question): Case {
  const made = toCase(vocabulary, {
    id: 'q',
    request: {
      actors: [{ ref: actor, via: 'acting' }],
      purpose: 'TREAT',
      action: 'access',
      time: NOW,
      ...given.request,
    },
    resource: {
      type: 'Observation',
      id: 'o1',
      patients: ['Patient/p1'],
      sourceOrg: 'Organization/hospA',
      conf: 'N',
      code: ['loinc|718-7'],
      when: ['2024-05-01'],
      authors: ['Practitioner/dr1'],
      ...given.resource,
    },
    state: { consents: given.consents ?? [], ...given.state },
    expected: { decision: 'DENY' },
  })
  return { ...made, facets: { ...made.facets, ...given.facets } }
}

/** Returns `PERMIT` or `DENY`, and the reason behind it. */
export function answer(question: Question): string {
  const { request, facets, context } = toQuestion(question)
  const { permit, reason } = decide(request, facets, context)
  return `${permit ? 'PERMIT' : 'DENY'} ${reason}`
}

/** A rule by its number and what it says, a question, and `PERMIT` or `DENY` with or without the reason. */
export type RuleRow = readonly [rule: string, question: Question, expected: string]

/** Checks one test per row: the decision, and that of each patient the compiled formula says the same (PT11). */
export function checkRules(t: typeof tap, rows: readonly RuleRow[]): void {
  for (const [rule, question, expected] of rows)
    t.test(rule, async (t) => {
      const answered = answer(question)
      t.equal(expected.includes(' ') ? answered : answered.split(' ')[0], expected)
      const { request, facets, context } = toQuestion(question)
      for (const patient of facets.patients) {
        const found = holds(compilePatient(patient, request, context), place(facets))
        t.equal(found, decidePatient(patient, request, facets, context).permit, 'compiled')
      }
    })
}
