// The check of every write against R4's structure, from the StructureDefinitions. https://hl7.org/fhir/R4/validation.html
import type { Definitions } from './definitions.ts'
import type { Issue } from './outcome.ts'
import { compileValidator } from './validate/compile.ts'
import type { Fault } from './validate/faults.ts'
import { toIssues } from './validate/issues.ts'

/** Returns the issues of a resource, all of severity `error`; empty where it may be stored. Never throws on any JSON. */
export type Validate = (resource: unknown) => readonly Issue[]

const NONE: readonly Issue[] = []

/**
 * Returns the validator of any resource: elements, types, cardinality, the form of primitives, choices, companions,
 * required codes, contained resources and those of Bundles, narrative that runs nothing. All faults are reported
 * together, up to 100, then one issue that counts the rest.
 */
export function createValidator(definitions: Definitions): Validate {
  const quick = compileValidator(definitions, 'quick')
  const full = compileValidator(definitions, 'full')
  return (resource) => {
    if (quick.check(resource)) return NONE
    full.check(resource)
    const faults = (full.check.errors ?? []).map(
      ({ params }): Fault => ({ path: [], rule: 'type', ...params }),
    )
    return toIssues(definitions, resource, faults)
  }
}
