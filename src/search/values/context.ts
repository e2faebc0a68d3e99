// What turning a value into index entries needs to know, and the shapes it reads. https://hl7.org/fhir/R4/datatypes.html
import type { Definitions } from '../../fhir/definitions.ts'
import type { RawNumber } from '../../fhir/primitives.ts'
import type { Coding } from '../../fhir/resource.ts'
import type { Leaf } from '../extract/leaf.ts'
import type { Visit } from '../extract/walk.ts'
import type { Axis } from '../query.ts'

/** Takes one entry; the same one twice is one. */
export type Emit = (param: string, lo: Axis, hi: Axis) => void

export interface ValueContext {
  readonly definitions: Definitions
  /** IANA zone of dates without an offset. */
  readonly timeZone: string
  /** This server's base, without a slash at the end: references to it are our own. */
  readonly baseUrl: string
  readonly emit: Emit
}

/**
 * Returns what writes the entries of one value under `param`, or undefined for a FHIR type that has none for this type of
 * parameter. Values are not trusted to be valid: what is not of its type gives no entry.
 */
export type CompileValue = (
  context: ValueContext,
  param: string,
  leaf: Pick<Leaf, 'type' | 'path' | 'valueSet'>,
) => Visit | undefined

export interface CodeableConcept {
  readonly coding?: readonly Coding[]
  readonly text?: string
}

export interface Identifier {
  readonly system?: string
  readonly value?: string
  readonly type?: CodeableConcept
}

export interface Period {
  readonly start?: string
  readonly end?: string
}

export interface Quantity {
  readonly value?: number | RawNumber
  readonly comparator?: string
  readonly unit?: string
  readonly system?: string
  readonly code?: string
}

/** True of a string with something in it. */
export function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}

/** Returns the array, or nothing where it is none; null items of a primitive's array included. */
export function listOf<T>(value: readonly T[] | undefined): readonly T[] {
  return Array.isArray(value) ? value : []
}
