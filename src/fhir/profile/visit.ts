// One walk over a resource: where it is, what it found, what it still has to be given. https://hl7.org/fhir/R4/validation.html
import type { InvariantScope } from '../invariant.ts'
import type { Coding } from '../resource.ts'
import type { SystemCode } from '../terminology/system-code.ts'
import type { Fault } from '../validate/faults.ts'

/** `errors` looks only for what refuses a write; `all` also for what is worth saying. */
export type Level = 'errors' | 'all'

/** What only terminology outside of memory can judge, told once it has. */
export type Later =
  /** One of the codes must be in the value set, else `fault` holds. */
  | {
      readonly kind: 'binding'
      readonly valueSet: string
      readonly codes: readonly SystemCode[]
      readonly fault: Fault
    }
  /** Whether the code is one of its system, and the display one of its own. */
  | { readonly kind: 'coding'; readonly path: Fault['path']; readonly coding: Coding & SystemCode }

export interface Visit {
  readonly level: Level
  /** The way from the body to where the walk is; grows and shrinks. */
  readonly path: (string | number)[]
  readonly faults: Fault[]
  /** Canonicals that have to be loaded before the walk can be trusted: it is then done again. */
  readonly wanted: Set<string>
  /** Literal references that a rule would follow and nobody has looked up yet. */
  readonly unresolved: Set<string>
  readonly later: Later[]
  /** URLs of the extensions around, outermost first. */
  readonly extensions: string[]
  /** What `%resource` and `resolve()` are here. */
  scope: InvariantScope
  /** Position in `path` at which the nearest resource stands. */
  resourceAt: number
  /** Profiles within profiles. */
  depth: number
}

/** Looks at one value and adds what it finds to the visit; never throws, whatever the value. `companion`: its `_name`. */
export type Check = (value: unknown, visit: Visit, companion?: unknown) => void

/** Adds a fault where the walk is. */
export function report(
  visit: Visit,
  fault: Omit<Fault, 'path'>,
  ...below: readonly (string | number)[]
): void {
  if (visit.faults.length < MAX_FOUND) visit.faults.push({ ...fault, path: [...visit.path, ...below] })
}

/** Beyond this nothing more is kept of one walk. */
const MAX_FOUND = 10_000

/** Profiles within profiles (V22). */
export const MAX_PROFILE_DEPTH = 20

/** Returns the faults that `check` finds in `value`, without telling the visit of them. */
export function findQuietly(check: Check, value: unknown, visit: Visit): readonly Fault[] {
  const faults: Fault[] = []
  check(value, { ...visit, level: 'errors', faults, later: [], path: [...visit.path] })
  return faults
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
