// Consents that keep every rule, to be changed in one place, and the vocabulary that they are read with.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { AdmitFacts } from '../../src/consent/admit.ts'
import type { ConsentResource } from '../../src/consent/normalise.ts'
import { projectCodes } from '../../src/consent/projects.ts'
import type { Provision } from '../../src/consent/read-dimension.ts'
import { createVocabulary, type Vocabulary } from '../../src/consent/vocabulary.ts'
import { loadDefinitions } from '../../src/fhir/definitions.ts'
import { parseJson } from '../../src/fhir/json.ts'
import type { Resource } from '../../src/fhir/resource.ts'

const FOLDER = join(import.meta.dirname, '../../profiles/musubi')

/** Returns a definition or example of `profiles/musubi`. */
export function readOwn(file: string): Resource {
  return parseJson(readFileSync(join(FOLDER, file))) as Resource
}

/** Returns the definitions of `profiles/musubi`. */
export function ownDefinitions(): readonly Resource[] {
  return readdirSync(FOLDER)
    .filter((file) => file.endsWith('.json'))
    .map(readOwn)
}

/** Returns the names of our own examples that begin with `prefix`; those with a dot are wrong in one thing. */
export function ownExamples(prefix: string): readonly string[] {
  return readdirSync(join(FOLDER, 'examples'))
    .filter((file) => file.startsWith(prefix))
    .map((file) => file.slice(0, -'.json'.length))
}

/** Returns the vocabulary of R4 with the projects of `profiles/musubi`. */
export function createOwnVocabulary(): Vocabulary {
  const projects = projectCodes(readOwn('CodeSystem-project-purpose.json'))
  return createVocabulary(loadDefinitions(), { timeZone: 'Asia/Tokyo' }, [projects])
}

/** Facts that refuse nothing. */
export const FACTS: AdmitFacts = {
  activeConsents: 0,
  resolves: () => true,
  isRelatedPersonWithPower: () => true,
}

const ROLE = {
  coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ParticipationType', code: 'IRCP' }],
}

/** Returns an actor of a provision. */
export function actor(ref: string): NonNullable<Provision['actor']>[number] {
  return { role: ROLE, reference: { reference: ref } }
}

/** Returns the coding of a purpose in v3-ActReason. */
export function purpose(code: string) {
  return { system: 'http://terminology.hl7.org/CodeSystem/v3-ActReason', code }
}

/** Returns a sensitivity label. */
export function label(code: string) {
  return { system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code }
}

/** Returns the policyRule of a grant or a dissent. */
export function policyRule(code: string) {
  return { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code }] }
}

/** Returns the scope of a consent. */
export function scope(code: string, system = 'http://terminology.hl7.org/CodeSystem/consentscope') {
  return { coding: [{ system, code }] }
}

/** Returns the smallest Consent that is admitted, with `changes`; an element that is undefined is left out. */
export function grant(changes: Readonly<Record<string, unknown>> = {}): ConsentResource {
  const whole = {
    resourceType: 'Consent',
    id: 'grant',
    status: 'active',
    scope: scope('patient-privacy'),
    category: [{ coding: [{ system: 'http://loinc.org', code: '59284-0' }] }],
    patient: { reference: 'Patient/p' },
    dateTime: '2026-11-27',
    performer: [{ reference: 'Patient/p' }],
    organization: [{ reference: 'Organization/controller' }],
    sourceAttachment: { title: 'signed' },
    policy: [{ uri: 'https://controller.example/policy|1.0' }],
    policyRule: policyRule('OPTIN'),
    provision: { type: 'permit' },
    ...changes,
  }
  return Object.fromEntries(
    Object.entries(whole).filter(([, value]) => value !== undefined),
  ) as unknown as ConsentResource
}
