// Profiles for tests, as differentials.
import type { Resource } from '../../src/fhir/resource.ts'

export const PROFILE = 'http://a.b/StructureDefinition/tested'

/** Returns a profile on `type` with these elements; an id is made of path and slice where it is not given. */
export function profileOn(type: string, ...elements: readonly Record<string, unknown>[]): Resource {
  return {
    resourceType: 'StructureDefinition',
    url: PROFILE,
    name: 'Tested',
    status: 'active',
    kind: 'resource',
    abstract: false,
    type,
    baseDefinition: `http://hl7.org/fhir/StructureDefinition/${type}`,
    derivation: 'constraint',
    differential: { element: elements },
  }
}

/** Returns one element by its id: `Patient.identifier:a.system`. */
export function element(id: string, more: object = {}): Record<string, unknown> {
  const parts = id.split('.')
  const path = parts.map((part) => part.split(':')[0]).join('.')
  const slice = parts.at(-1)!.split(':')[1]
  return { id, path, ...(slice !== undefined && { sliceName: slice }), ...more }
}
