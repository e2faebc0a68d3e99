// The shapes every room shares: a resource as parsed JSON. https://hl7.org/fhir/R4/resource.html

/** A JSON value as `parseJson` returns it; a number whose digits must survive is a `RawNumber` (`primitives.ts`). */
export type Json = null | boolean | number | string | object | readonly Json[]

export interface Meta {
  readonly versionId?: string
  readonly lastUpdated?: string
  readonly source?: string
  readonly profile?: readonly string[]
  readonly security?: readonly Coding[]
  readonly tag?: readonly Coding[]
}

export interface Coding {
  readonly system?: string
  readonly version?: string
  readonly code?: string
  readonly display?: string
  readonly userSelected?: boolean
}

export interface Reference {
  readonly reference?: string
  readonly type?: string
  readonly identifier?: object
  readonly display?: string
}

/** Any resource: narrowed by guards where an element is read. */
export interface Resource {
  readonly resourceType: string
  readonly id?: string
  readonly meta?: Meta
  readonly [element: string]: unknown
}
