// Random consents, dissents and delegations of the persons of a world. https://hl7.org/fhir/R4/consent-definitions.html#Consent.provision
import fc from 'fast-check'
import { KIND_SYSTEM, SCOPE_SYSTEM } from '../../../src/consent/delegation.ts'
import { ACT_CODE, CONFIDENTIALITY_SYSTEM } from '../../../src/consent/labels.ts'
import type { Resource } from '../../../src/fhir/resource.ts'
import { actor, grant, label, policyRule, purpose, scope } from '../consents.ts'
import type { Item } from './world.ts'

export const PROJECT_SYSTEM = 'https://musubi.example/fhir/CodeSystem/project-purpose'
export const PROJECT = 'COHORT1'

const GRANTEES = [
  'Organization/hospB',
  'Organization/hospB',
  'Practitioner/drN',
  'Organization/pharm',
  'Organization/bio',
]
const TYPES = ['Observation', 'Condition', 'Encounter', 'DiagnosticReport', 'MedicationRequest']

const classes = fc.uniqueArray(fc.constantFrom(...TYPES), { minLength: 1, maxLength: 2 }).map((codes) => ({
  class: codes.map((code) => ({ system: 'http://hl7.org/fhir/resource-types', code })),
}))
const codes = fc
  .constantFrom('a', 'b', 'c')
  .map((code) => ({ code: [{ coding: [{ system: 'urn:codes', code }] }] }))
const labels = fc.constantFrom(
  { securityLabel: [label('PSY')] },
  { securityLabel: [{ system: CONFIDENTIALITY_SYSTEM, code: 'R' }] },
  { securityLabel: [label('HIV'), { system: CONFIDENTIALITY_SYSTEM, code: 'N' }] },
)
const period = fc
  .integer({ min: 12, max: 24 })
  .map((day) => ({ dataPeriod: { start: '2024-05-11', end: `2024-05-${day}` } }))
const data = fc
  .record({
    meaning: fc.constantFrom('instance', 'related', 'related', 'dependents'),
    ref: fc.constantFrom(
      'Encounter/e0',
      'Condition/c0',
      'Condition/c1',
      'Observation/o0',
      'DiagnosticReport/r0',
    ),
  })
  .map(({ meaning, ref }) => ({ data: [{ meaning, reference: { reference: ref } }] }))
const authored = fc.constant({
  data: [{ meaning: 'authoredby', reference: { reference: 'Practitioner/drA' } }],
})
const purposes = fc.constantFrom('TREAT', 'HRESCH').map((code) => ({ purpose: [purpose(code)] }))
const project = fc.constant({ purpose: [{ system: PROJECT_SYSTEM, code: PROJECT }] })
const nobody = fc.constant({})

const dimension: fc.Arbitrary<object> = fc.oneof(nobody, classes, codes, labels, period, data, authored)
const dimensions = fc.tuple(dimension, dimension).map(([a, b]) => ({ ...a, ...b }))
const actors = fc.constantFrom(...GRANTEES).map((ref) => ({ actor: [actor(ref)] }))
const maybeActor = fc.oneof({ weight: 3, arbitrary: nobody }, { weight: 1, arbitrary: actors })

const exception = fc.record({
  type: fc.constantFrom('permit', 'deny'),
  of: dimensions,
  to: maybeActor,
  deeper: fc.option(dimensions),
})

const provision = fc
  .record({
    of: fc.oneof(nobody, nobody, dimensions),
    to: fc.oneof({ weight: 4, arbitrary: actors }, { weight: 1, arbitrary: nobody }),
    why: fc.oneof(nobody, nobody, purposes),
    exceptions: fc.array(exception, { maxLength: 2 }),
  })
  .map(({ of, to, why, exceptions }) => ({
    ...of,
    ...to,
    ...why,
    ...(exceptions.length > 0 && {
      provision: exceptions.map(({ type, of, to, deeper }) => ({
        type,
        ...of,
        ...to,
        ...(deeper && { provision: [{ type: type === 'deny' ? 'permit' : 'deny', ...deeper }] }),
      })),
    }),
  }))

const general = fc.record({
  patient: fc.constantFrom('p0', 'p1', 'p2'),
  optIn: fc.oneof({ weight: 4, arbitrary: fc.constant(true) }, { weight: 1, arbitrary: fc.constant(false) }),
  provision,
})

const research = fc.record({
  patient: fc.constantFrom('p0', 'p1', 'p2'),
  of: dimensions,
  why: fc.oneof(nobody, project),
})

function toItem(resource: Resource, patient: string): Item {
  return { source: `Patient/${patient}`, versions: [resource], deleted: false }
}

/** Draws the consents of everybody. */
export const consents: fc.Arbitrary<readonly Item[]> = fc
  .record({
    general: fc.array(general, { minLength: 2, maxLength: 6 }),
    research: fc.array(research, { minLength: 1, maxLength: 3 }),
  })
  .map((parts) => [
    ...parts.general.map(({ patient, optIn, provision }, n) =>
      toItem(
        grant({
          id: `k${n}`,
          patient: { reference: `Patient/${patient}` },
          performer: [{ reference: `Patient/${patient}` }],
          organization: [{ reference: 'Organization/hospA' }],
          policyRule: policyRule(optIn ? 'OPTIN' : 'OPTOUT'),
          provision: { type: optIn ? 'permit' : 'deny', ...provision },
        }),
        patient,
      ),
    ),
    ...parts.research.map(({ patient, of, why }, n) =>
      toItem(
        grant({
          id: `q${n}`,
          scope: scope('research'),
          patient: { reference: `Patient/${patient}` },
          performer: [{ reference: `Patient/${patient}` }],
          organization: [{ reference: 'Organization/hospA' }],
          provision: { type: 'permit', actor: [actor('Organization/bio')], ...of, ...why },
        }),
        patient,
      ),
    ),
  ])

/** Draws the delegation of p1 to the RelatedPerson rp1, or none. */
export const delegations: fc.Arbitrary<readonly Item[]> = fc
  .record({
    kind: fc.constantFrom('guardian', 'voluntary', 'support'),
    excluded: fc.option(fc.constantFrom('PSY', 'HIV')),
    none: fc.nat(5),
  })
  .map(({ kind, excluded, none }) => {
    if (none === 0) return []
    const resource = {
      resourceType: 'Consent',
      id: 'd0',
      status: 'active',
      scope: { coding: [{ system: SCOPE_SYSTEM, code: 'delegation' }] },
      category: [{ coding: [{ system: KIND_SYSTEM, code: kind }] }],
      patient: { reference: 'Patient/p1' },
      dateTime: '2026-11-01',
      performer: [{ reference: kind === 'guardian' ? 'Organization/hospA' : 'Patient/p1' }],
      verification: [{ verified: true }],
      policy: [{ uri: 'https://controller.example/policy|1.0' }],
      policyRule: { coding: [{ system: ACT_CODE, code: 'OPTIN' }] },
      provision: {
        type: 'permit',
        actor: [actor('RelatedPerson/rp1')],
        ...(excluded && { provision: [{ type: 'deny', securityLabel: [label(excluded)] }] }),
      },
    }
    return [toItem(resource as Resource, 'p1')]
  })
