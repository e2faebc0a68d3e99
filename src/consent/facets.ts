// What of a resource a consent can speak about (r of section 2.1).
import type { Span } from './span.ts'

export interface Facets {
  readonly type: string
  readonly id: string
  /** `Patient/id` of every person whose record it is in. */
  readonly patients: readonly string[]
  /** Rank of its confidentiality (0 U … 5 V); undefined: not labelled yet. */
  readonly confidentiality?: number
  readonly sensitivity: readonly string[]
  readonly isUninformed: boolean
  readonly isUndelivered: boolean
  /** Types of contained resources, entries and sections. */
  readonly holds: readonly string[]
  readonly profiles: readonly string[]
  /** What it cannot be shown without: `Type/id`. */
  readonly needs: readonly string[]
  /** Token keys of the primary code element. */
  readonly codes: readonly string[]
  /** Token keys of all other codings. */
  readonly codings: readonly string[]
  /** When the care took place; undefined: undated. */
  readonly when?: Span
  readonly authors: readonly string[]
  /** The organisation (or person) it came from. */
  readonly source?: string
  /** What it refers to, and what refers to it: `Type/id`. */
  readonly refs: readonly string[]
  readonly refBy: readonly string[]
  /** Of a Consent: everybody whom it names as an actor. */
  readonly grantees?: readonly string[]
}
