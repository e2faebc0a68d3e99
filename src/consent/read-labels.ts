// What the labels of a resource say. https://hl7.org/fhir/R4/security-labels.html

import type { Coding, Resource } from '../fhir/resource.ts'
import { hasFlag } from './flags.ts'
import {
  ACT_CODE,
  CONFIDENTIALITY,
  CONFIDENTIALITY_SYSTEM,
  type Confidentiality,
  rankOf,
  type Sensitivities,
} from './labels.ts'

export interface Labels {
  /** The highest code; N where there is none, at least R beside a sensitivity code (LI1). */
  readonly confidentiality: Confidentiality
  /** v3-ActCode sensitivity codes, sorted, each once. */
  readonly sensitivity: readonly string[]
}

export interface StoredLabels extends Labels {
  /** 未告知: the person has not been told (P2). */
  readonly uninformed: boolean
  /** 未提供: for the source institution alone (Q33). */
  readonly undelivered: boolean
}

/** Codings as they are, without the rule that sensitivity restricts. */
export interface Security {
  /** Rank of the highest confidentiality code; undefined for none. */
  readonly rank?: number
  readonly sensitivity: ReadonlySet<string>
}

export const NORMAL = rankOf('N')!
export const RESTRICTED = rankOf('R')!
const HIGHEST = CONFIDENTIALITY.length - 1

/** Spellings of older releases and of v3 beside R4's own; a coding without system is taken by its code. */
const CONFIDENTIALITY_SYSTEMS: ReadonlySet<unknown> = new Set([
  undefined,
  CONFIDENTIALITY_SYSTEM,
  'http://hl7.org/fhir/v3/Confidentiality',
  'urn:oid:2.16.840.1.113883.5.25',
])
const SENSITIVITY_SYSTEMS: ReadonlySet<unknown> = new Set([
  undefined,
  ACT_CODE,
  'http://hl7.org/fhir/v3/ActCode',
  'urn:oid:2.16.840.1.113883.5.4',
])

/** Returns `meta.security`, or nothing for what is no list. */
export function securityOf(resource: Resource): readonly Coding[] {
  const security = resource.meta?.security
  return Array.isArray(security) ? security.filter((each) => typeof each === 'object' && each !== null) : []
}

/** Returns the rank that a coding gives, or undefined where it is no confidentiality code. One that cannot be ranked is the highest. */
export function rankOfCoding({ system, code }: Coding, sensitivities: Sensitivities): number | undefined {
  if (code === undefined || !CONFIDENTIALITY_SYSTEMS.has(system)) return undefined
  if (system === undefined) return rankOf(code)
  // Codes of v3-Confidentiality that were retired for sensitivity codes of the same name.
  return rankOf(code) ?? (sensitivities.has(code) ? RESTRICTED : HIGHEST)
}

/** Returns the sensitivity code of a coding, or undefined where it is none. */
export function sensitivityOf({ system, code }: Coding, sensitivities: Sensitivities): string | undefined {
  const isLabel = SENSITIVITY_SYSTEMS.has(system) || CONFIDENTIALITY_SYSTEMS.has(system)
  return isLabel && code !== undefined && rankOf(code) === undefined && sensitivities.has(code)
    ? code
    : undefined
}

/** Returns what `security` says. */
export function readSecurity(security: readonly Coding[], sensitivities: Sensitivities): Security {
  let rank: number | undefined
  const sensitivity = new Set<string>()
  for (const coding of security) {
    const own = rankOfCoding(coding, sensitivities)
    if (own !== undefined && own > (rank ?? -1)) rank = own
    const code = sensitivityOf(coding, sensitivities)
    if (code !== undefined) sensitivity.add(code)
  }
  return { sensitivity, ...(rank !== undefined && { rank }) }
}

/** Returns the labels in force by what codings say: no code is N, a sensitivity code is at least R (LI1). */
export function toLabels({ rank = NORMAL, sensitivity }: Security): Labels {
  const effective = sensitivity.size > 0 ? Math.max(rank, RESTRICTED) : rank
  return { confidentiality: CONFIDENTIALITY[effective]!, sensitivity: [...sensitivity].sort() }
}

/** Returns the labels of a stored resource, with the JP-CLINS flags of its `meta.tag` and `meta.security`. */
export function labelsOf(resource: Resource, sensitivities: Sensitivities): StoredLabels {
  return {
    ...toLabels(readSecurity(securityOf(resource), sensitivities)),
    uninformed: hasFlag(resource, 'UNINFORMED'),
    undelivered: hasFlag(resource, 'UNDELIVERED'),
  }
}
