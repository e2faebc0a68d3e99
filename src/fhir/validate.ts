// R4's structure, from the StructureDefinitions: what every other rule takes for granted. https://hl7.org/fhir/R4/validation.html
import type { Definitions } from './definitions.ts'
import type { Issue } from './outcome.ts'
import { compileValidator } from './validate/compile.ts'
import type { Fault } from './validate/faults.ts'
import { createIssueWriter } from './validate/issues.ts'

const NONE: readonly never[] = []

/**
 * Returns the check of any value: elements, types, cardinality, the form of primitives, choices, companions, required
 * codes, contained resources and those of Bundles, narrative that runs nothing. It gives all faults, and never throws.
 */
export function createStructureCheck(definitions: Definitions): (resource: unknown) => readonly Fault[] {
  const quick = compileValidator(definitions, 'quick')
  const full = compileValidator(definitions, 'full')
  return (resource) => {
    if (quick.check(resource)) return NONE
    full.check(resource)
    return (full.check.errors ?? []).map(({ params }): Fault => ({ path: [], rule: 'type', ...params }))
  }
}

/** Returns the same as issues, all of severity `error`, up to 100 and then one issue that counts the rest. */
export function createValidator(definitions: Definitions): (resource: unknown) => readonly Issue[] {
  const find = createStructureCheck(definitions)
  const write = createIssueWriter(definitions, [])
  return (resource) => {
    const faults = find(resource)
    return faults.length === 0 ? NONE : write(resource, faults)
  }
}
