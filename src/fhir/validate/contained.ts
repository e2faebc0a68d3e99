// Contained resources. https://hl7.org/fhir/R4/references.html#contained
import type { Resource } from '../resource.ts'
import type { Fault } from './faults.ts'

export function findContainedFaults(_resource: Resource): readonly Fault[] {
  return []
}
