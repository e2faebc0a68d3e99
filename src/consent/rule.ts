// A Consent as the engine reads it: a tree of rules with every dimension filled in. https://hl7.org/fhir/R4/consent.html
import type { Action } from './access-request.ts'
import type { Span } from './span.ts'

export type Effect = 'permit' | 'deny'

/** A resource type, or the canonical of a profile. */
export type ClassCode =
  | { readonly kind: 'type'; readonly type: string }
  | { readonly kind: 'profile'; readonly url: string }

export type DataMeaning = 'instance' | 'related' | 'dependents' | 'authoredby'

export interface DataReference {
  readonly meaning: DataMeaning
  /** `Type/id`. */
  readonly ref: string
}

/** Label codes of one provision: OR within them. */
export interface Labels {
  /** Ranks of confidentiality codes (0 U … 5 V). */
  readonly confidentiality: readonly number[]
  /** v3-ActCode sensitivity codes. */
  readonly sensitivity: readonly string[]
}

/** Conditions of a rule, stated or inherited (N5); undefined where neither. */
export interface Dimensions {
  readonly actors?: readonly string[]
  readonly purposes?: readonly string[]
  readonly actions?: readonly Action[]
  readonly classes?: readonly ClassCode[]
  /** Token keys (`search/keys.ts`). */
  readonly codes?: readonly string[]
  readonly labels?: Labels
  readonly dataPeriod?: Span
  readonly data?: readonly DataReference[]
}

export interface Rule extends Dimensions {
  /** Where it stands: `provision`, `provision.provision[0]` … */
  readonly path: string
  readonly effect: Effect
  /** Of the whole path: a child never outlives its parent. */
  readonly period: Span
  readonly children: readonly Rule[]
}

/** What both kinds of stored consent have. */
interface Recorded {
  /** `Consent/id`. */
  readonly ref: string
  readonly versionId?: string
  /** `Patient/id`. */
  readonly patient: string
}

/** An active consent that can be interpreted. */
export interface Agreement extends Recorded {
  readonly kind: 'agreement'
  /** OPTIN: a grant; else OPTOUT: a dissent. */
  readonly optIn: boolean
  /** Who gave it. */
  readonly performers: readonly string[]
  readonly root: Rule
}

/** An active consent that the engine cannot interpret: a deny for third parties and secondary use (N3). */
export interface Unreadable extends Recorded {
  readonly kind: 'unreadable'
  /** What breaks A3 to A6, for operators. */
  readonly problems: readonly string[]
}

export type StoredConsent = Agreement | Unreadable
