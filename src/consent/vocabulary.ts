// The code systems that consents are written in, read once. https://hl7.org/fhir/R4/consent.html
import type { Definitions } from '../fhir/definitions.ts'
import { createHierarchy, type Hierarchy } from './hierarchy.ts'
import { ACT_CODE, CONFIDENTIALITY_SYSTEM, loadSensitivities, type Sensitivities } from './labels.ts'
import { createPurposes, type ProjectCodes, type Purposes } from './purposes.ts'

const ACTIONS = 'http://terminology.hl7.org/CodeSystem/consentaction'

export interface Vocabulary {
  readonly purposes: Purposes
  /** v3-ActCode, sensitivity codes among it. */
  readonly actCodes: Hierarchy
  /** Every sensitivity code: what a label of a resource can be. */
  readonly sensitivities: Sensitivities
  readonly confidentiality: Hierarchy
  readonly actions: Hierarchy
  isResourceType(name: string): boolean
  /** Code systems of which case matters: how token keys are made. */
  readonly caseSensitiveSystems: ReadonlySet<string>
  /** IANA zone of dates without an offset. */
  readonly timeZone: string
}

/** Returns the vocabulary of R4's own code systems and the registered projects. */
export function createVocabulary(
  definitions: Definitions,
  { timeZone }: { readonly timeZone: string },
  projects: readonly ProjectCodes[] = [],
): Vocabulary {
  const { codeSystems } = definitions.terminology()
  return {
    purposes: createPurposes(definitions, projects),
    actCodes: createHierarchy(codeSystems[ACT_CODE]!),
    sensitivities: loadSensitivities(definitions),
    confidentiality: createHierarchy(codeSystems[CONFIDENTIALITY_SYSTEM]!),
    actions: createHierarchy(codeSystems[ACTIONS]!),
    isResourceType: definitions.isResourceType,
    caseSensitiveSystems: definitions.caseSensitiveSystems,
    timeZone,
  }
}

export const ACTION_SYSTEM = ACTIONS
