// The code systems that consents are written in, read once. https://hl7.org/fhir/R4/consent.html
import type { Definitions } from '../fhir/definitions.ts'
import { createHierarchy, type Hierarchy } from './hierarchy.ts'
import { createPurposes, type ProjectCodes, type Purposes } from './purposes.ts'

export const CONFIDENTIALITY_SYSTEM = 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality'
export const ACT_CODE = 'http://terminology.hl7.org/CodeSystem/v3-ActCode'
const ACTIONS = 'http://terminology.hl7.org/CodeSystem/consentaction'

/** Confidentiality codes in order: U < L < M < N < R < V. */
export const CONFIDENTIALITY = ['U', 'L', 'M', 'N', 'R', 'V'] as const

/** Returns the rank of a confidentiality code (0 U … 5 V), or undefined where it has none. */
export function rankOf(code: string): number | undefined {
  const rank = (CONFIDENTIALITY as readonly string[]).indexOf(code)
  return rank < 0 ? undefined : rank
}

export interface Vocabulary {
  readonly purposes: Purposes
  /** v3-ActCode, sensitivity codes among it. */
  readonly actCodes: Hierarchy
  /** Every sensitivity code: what a label of a resource can be. */
  readonly sensitivities: readonly string[]
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
  const actCodes = createHierarchy(codeSystems[ACT_CODE]!)
  return {
    purposes: createPurposes(definitions, projects),
    actCodes,
    sensitivities: actCodes.below('_InformationSensitivityPolicy').toSorted(),
    confidentiality: createHierarchy(codeSystems[CONFIDENTIALITY_SYSTEM]!),
    actions: createHierarchy(codeSystems[ACTIONS]!),
    isResourceType: definitions.isResourceType,
    caseSensitiveSystems: definitions.caseSensitiveSystems,
    timeZone,
  }
}

export const ACTION_SYSTEM = ACTIONS
