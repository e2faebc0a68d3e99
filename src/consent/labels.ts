// Security labels as consents and access rules compare them. https://hl7.org/fhir/R4/security-labels.html
import type { Definitions } from '../fhir/definitions.ts'
import type { CodeSystemData } from '../fhir/definitions-terminology.ts'
import { closure } from '../fhir/value-set.ts'

export const CONFIDENTIALITY_SYSTEM = 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality'
export const ACT_CODE = 'http://terminology.hl7.org/CodeSystem/v3-ActCode'

/** Confidentiality codes in order: U < L < M < N < R < V (M10, M11). */
export const CONFIDENTIALITY = ['U', 'L', 'M', 'N', 'R', 'V'] as const

export type Confidentiality = (typeof CONFIDENTIALITY)[number]

/** Returns the rank of a confidentiality code (0 U … 5 V), or undefined where it has none. */
export function rankOf(code: string): number | undefined {
  const rank = (CONFIDENTIALITY as readonly string[]).indexOf(code)
  return rank < 0 ? undefined : rank
}

/** The sensitivity codes of v3-ActCode; groups that are not meant to be chosen are among them. */
export interface Sensitivities {
  /** All of them, sorted. */
  readonly codes: readonly string[]
  has(code: string): boolean
  /** The code itself first, then all beneath it (Q09); empty for what is no sensitivity code. */
  descendants(code: string): readonly string[]
}

const ROOT = '_InformationSensitivityPolicy'

/** Returns the codes of v3-ActCode under InformationSensitivityPolicy. */
export function createSensitivities(actCode: CodeSystemData): Sensitivities {
  const beneath = new Map(
    [...closure(actCode, ROOT, 'down')].map((code) => [code, [...closure(actCode, code, 'down')]] as const),
  )
  return {
    codes: [...beneath.keys()].sort(),
    has: (code) => beneath.has(code),
    descendants: (code) => beneath.get(code) ?? [],
  }
}

/** Returns the sensitivity codes that R4 ships. */
export function loadSensitivities(definitions: Definitions): Sensitivities {
  return createSensitivities(definitions.terminology().codeSystems[ACT_CODE]!)
}
