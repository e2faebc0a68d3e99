// What a compiled validator says of a resource, before it is put into words. https://hl7.org/fhir/R4/validation.html

import type { IssueType } from '../outcome.ts'

/** The rules of structure; `issues.ts` has a sentence for each. Other checks bring a `RuleTable` of their own. */
export type StructureRule =
  | 'type'
  | 'unknown'
  | 'empty'
  | 'form'
  | 'code'
  | 'binding'
  | 'list'
  | 'few'
  | 'many'
  | 'null'
  | 'demand'
  | 'choice'
  | 'extension'
  | 'companion-length'
  | 'companion-null'
  | 'resource-type'

export type Severity = 'error' | 'warning' | 'information'

export interface Fault {
  /** Property names and array positions from where the validator began, in that order. */
  readonly path: readonly (string | number)[]
  /** Key of a `RuleTable`: the message code that the issue carries. */
  readonly rule: string
  /** A property, a primitive type, a value set or a number, as the rule needs. */
  readonly about?: string | number
  /** What else the sentence names: never data of another person. */
  readonly facts?: Readonly<Record<string, string | number>>
  /** Where it is not that of the rule. */
  readonly severity?: Severity
}

/** How a rule is told. The sentences go on behind the expression: "Patient.name may repeat, so …". */
export interface RuleRow {
  readonly code: IssueType
  readonly severity: Severity
  /** `value` is what stands at the fault's path. */
  readonly en: (fault: Fault, value: unknown) => string
  readonly ja: (fault: Fault, value: unknown) => string
}

/** The rules of one check by message code: lower case with hyphens, stable, each in one table only. */
export type RuleTable = Readonly<Record<string, RuleRow>>

/** An error as ajv keeps it; `params` is a Fault but for ajv's own keyword `type`. */
export interface RawError {
  params: Partial<Fault>
}

/** ajv's form of a validator: the errors of the last call stand on the function. */
export interface Check {
  (value: unknown): boolean
  errors?: RawError[] | null
}

/** A place that a validator calls through, so that those of other types are compiled when first met. */
export interface Link {
  check: Check
}

/** Beyond this nothing more is collected: a body of millions of faults must not fill the memory. */
export const MAX_FAULTS = 10_000

/** Adds the errors of `check`, found beneath `path`, to `into`. */
export function collect(
  into: RawError[] | null,
  check: Check,
  path: readonly (string | number)[],
): RawError[] {
  const all = into ?? []
  for (const { params } of check.errors ?? []) {
    if (all.length > MAX_FAULTS) break
    all.push({ params: { ...params, path: [...path, ...(params.path ?? [])] } })
  }
  return all
}

/** Adds `faults`, found beneath `path`, to `into`. */
export function addFaults(
  into: RawError[] | null,
  faults: readonly Fault[],
  path: readonly string[],
): RawError[] {
  const all = into ?? []
  for (const fault of faults) all.push({ params: { ...fault, path: [...path, ...fault.path] } })
  return all
}

/**
 * Returns the faults of an array of primitives, or undefined for none. `null` may stand where the companion has an object
 * at the same place. https://hl7.org/fhir/R4/json.html#primitive
 */
export function findListFaults(
  value: unknown,
  companion: unknown,
  type: string,
  test: (value: unknown) => boolean,
): Fault[] | undefined {
  if (!Array.isArray(value)) return [{ path: [], rule: 'list' }]
  if (value.length === 0) return [{ path: [], rule: 'few', about: 1 }]
  let faults: Fault[] | undefined
  for (let at = 0; at < value.length; at++) {
    if (test(value[at])) continue
    const item: unknown = value[at]
    if (item === null && Array.isArray(companion) && companion[at] !== undefined && companion[at] !== null)
      continue
    faults ??= []
    faults.push(item === null ? { path: [at], rule: 'null' } : { path: [at], rule: 'form', about: type })
    if (faults.length > MAX_FAULTS) break
  }
  return faults
}

/** Returns the faults of the list `_name` as such, or undefined for none; what its objects hold is not looked at. */
export function findCompanionFaults(companion: unknown, value: unknown): Fault[] | undefined {
  if (!Array.isArray(companion)) return [{ path: [], rule: 'list' }]
  if (companion.length === 0) return [{ path: [], rule: 'few', about: 1 }]
  if (Array.isArray(value)) {
    if (value.length !== companion.length)
      return [{ path: [], rule: 'companion-length', about: value.length }]
    return companion.every((item) => item === null) ? [{ path: [], rule: 'companion-null' }] : undefined
  }
  const empty = companion.indexOf(null)
  return empty < 0 ? undefined : [{ path: [empty], rule: 'companion-null' }]
}

/** True of a CodeableConcept or Coding with a code of `codes`, its system included. */
export function hasCoding(value: unknown, codes: ReadonlyMap<string, ReadonlySet<string>>): boolean {
  if (typeof value !== 'object' || value === null) return false
  if ('coding' in value)
    return Array.isArray(value.coding) && value.coding.some((one) => hasCoding(one, codes))
  const { system, code } = value as { system?: unknown; code?: unknown }
  return typeof system === 'string' && typeof code === 'string' && (codes.get(system)?.has(code) ?? false)
}
