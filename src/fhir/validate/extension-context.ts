// Where an extension may stand. https://hl7.org/fhir/R4/extensibility.html
import type { Structure } from '../profile/structure.ts'
import type { Resource } from '../resource.ts'
import type { Fault } from './faults.ts'

export interface ExtensionPlace {
  readonly paths: readonly string[]
  readonly parentExtensions: readonly string[]
  readonly isModifier: boolean
  readonly value: unknown
  readonly resource: Resource
}

export function findContextFault(
  _structure: Structure,
  _where: ExtensionPlace,
): Omit<Fault, 'path'> | undefined {
  return undefined
}
