// SMART App Launch scopes, v1 and v2, one parser. https://hl7.org/fhir/smart-app-launch/scopes-and-launch-context.html

/** One granted scope: `level/type.rights?params`. */
export interface Scope {
  readonly level: 'patient' | 'user' | 'system'
  readonly type: string
  /** A non-empty in-order subset of `cruds`. */
  readonly rights: string
  /** Granular search parameters, all of which must hold. */
  readonly params: readonly (readonly [name: string, value: string])[]
  /** As it was asked for: v1 spelling is kept. */
  readonly text: string
}
