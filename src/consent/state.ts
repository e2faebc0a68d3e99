// What is on record when a decision is taken (S of section 2.1): consents, delegations, relations, policies.
import type { Action } from './access-request.ts'
import type { StoredConsent } from './rule.ts'
import type { Span } from './span.ts'

/** A proxy's right to act for a person (P3). */
export interface Delegation {
  readonly proxy: string
  readonly kind: 'guardian' | 'adult-guardian' | 'voluntary' | 'support'
  readonly active: boolean
  readonly period: Span
  /** Undefined: all. */
  readonly actions?: readonly Action[]
  /** Sensitivity codes. */
  readonly excludedLabels: readonly string[]
  readonly courtOrder: boolean
}

/** A registered treating relation (D2, Q38). */
export interface Treating {
  readonly organization: string
  readonly period: Span
}

/** Whether a person's age matters, at the instant asked about. */
export interface Age {
  /** Completed years; undefined: not known. */
  readonly years?: number
  /** Whole days since the 18th birthday; negative before it. */
  readonly daysOfAge?: number
}

export interface PatientState {
  readonly consents: readonly StoredConsent[]
  readonly delegations: readonly Delegation[]
  readonly treating: readonly Treating[]
  /** RelatedPersons who are on record as guardians, whatever the status: consents they gave are P6's. */
  readonly guardians: readonly string[]
  ageAt(time: number): Age
}

/** C3b: a court order, a block after violence, a recipient locked out. */
export interface HardDeny {
  readonly kind: 'hard-deny'
  readonly id: string
  readonly patient?: string
  readonly actor?: string
  readonly purpose?: string
}

/** C3c: disclosure that a law permits, for a verified legal basis. */
export interface StatutoryPermit {
  readonly kind: 'statutory-permit'
  readonly id: string
  readonly legalBasis: string
  readonly patient?: string
  readonly actor?: string
}

/** U5: provision to a certified operator after a notice, unless the person objects. */
export interface OptOutSecondary {
  readonly kind: 'optout-secondary'
  readonly id: string
  readonly purpose: string
  readonly operator: string
  readonly provider: string
  readonly days: number
  /** The calendar day (number of days, in the server's zone) of the notice to each person. */
  readonly notices: ReadonlyMap<string, number>
}

export type AdminPolicy = HardDeny | StatutoryPermit | OptOutSecondary

/** Tenant switches. */
export interface Switches {
  readonly ownDataPermit: boolean
  readonly treatingPermit: boolean
  readonly dissentOverDefaults: boolean
  readonly btgOverridesDissent: boolean
  /** Years from which P5 holds. */
  readonly adolescentAge: number
}

export const SWITCHES: Switches = {
  ownDataPermit: true,
  treatingPermit: true,
  dissentOverDefaults: true,
  btgOverridesDissent: true,
  adolescentAge: 12,
}

export interface State {
  of(patient: string): PatientState
  readonly admin: readonly AdminPolicy[]
  readonly organisations: Organisations
  readonly switches: Switches
}

/** Which organisation is part of which. */
export interface Organisations {
  /** The organisation itself and those it is part of, transitively. */
  above(ref: string): readonly string[]
  /** The organisation itself and all that are part of it. */
  below(ref: string): readonly string[]
}

/** Returns the organisations of a map from child to parent; a cycle ends where it began. */
export function createOrganisations(partOf: ReadonlyMap<string, string>): Organisations {
  const above = (ref: string): readonly string[] => {
    const found = new Set([ref])
    for (let at = partOf.get(ref); at !== undefined && !found.has(at); at = partOf.get(at)) found.add(at)
    return [...found]
  }
  return {
    above,
    below: (ref) => [
      ref,
      ...[...partOf.keys()].filter((child) => child !== ref && above(child).includes(ref)),
    ],
  }
}
