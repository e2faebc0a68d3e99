// A rule run by the FHIRPath engine, with what R4 adds to FHIRPath. https://hl7.org/fhir/R4/fhirpath.html
import { compileFhirPath, type FhirPath, plainNumbers } from '../fhirpath.ts'
import { FhirError } from '../outcome.ts'
import type { Resource } from '../resource.ts'
import type { CheckInvariant, InvariantScope } from './scope.ts'

/** A rule as a StructureDefinition states it. */
export interface ConstraintText {
  readonly key: string
  readonly expression: string
}

/** Variables that R4 names beside `%resource`. https://hl7.org/fhir/R4/fhirpath.html#variables */
const SYSTEMS = {
  sct: 'http://snomed.info/sct',
  loinc: 'http://loinc.org',
  ucum: 'http://unitsofmeasure.org',
}

/** Returns the check; one that fails when it runs is told to `onFailure`, and holds. */
export function compileByEngine(
  { key, expression }: ConstraintText,
  path: string,
  onFailure: (reason: string) => void,
): CheckInvariant | { readonly reason: string } {
  let run: FhirPath
  try {
    run = compileFhirPath(expression, path)
  } catch (error) {
    return { reason: `${key}: ${reasonOf(error)}` }
  }
  return (value, scope) => {
    if (value === undefined || value === null) return true
    try {
      const result = run(plainNumbers(value), { ...SYSTEMS, ...toVariables(scope) })
      return result[0] !== false
    } catch (error) {
      onFailure(reasonOf(error))
      return true
    }
  }
}

function toVariables({ resource, rootResource }: InvariantScope): Readonly<Record<string, unknown>> {
  return { resource: plain(resource), rootResource: plain(rootResource) }
}

const plains = new WeakMap<Resource, Resource>()

function plain(resource: Resource): Resource {
  const known = plains.get(resource)
  if (known) return known
  const made = plainNumbers(resource)
  plains.set(resource, made)
  return made
}

function reasonOf(error: unknown): string {
  if (error instanceof FhirError) return error.message
  return error instanceof Error ? error.name : 'unknown'
}
