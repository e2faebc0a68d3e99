// Rules of Bundles. https://hl7.org/fhir/R4/bundle.html
import type { Resource } from '../resource.ts'
import type { Fault } from './faults.ts'

export function findBundleFaults(_bundle: Resource): readonly Fault[] {
  return []
}
