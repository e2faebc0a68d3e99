// Where an extension may stand, by its own definition. https://hl7.org/fhir/R4/defining-extensions.html#context
import { compileFhirPath, plainNumbers } from '../fhirpath.ts'
import { FhirError } from '../outcome.ts'
import type { ExtensionContext, Structure } from '../profile/structure.ts'
import type { Resource } from '../resource.ts'
import type { Fault } from './faults.ts'

/** Where an extension was found. */
export interface ExtensionPlace {
  /** Every name of the element around it: `Patient.name`, `HumanName`, `Element`. */
  readonly paths: readonly string[]
  /** URLs of the extensions around it, outermost first. */
  readonly parentExtensions: readonly string[]
  readonly isModifier: boolean
  /** The element around it. */
  readonly value: unknown
  readonly resource: Resource
}

/** Returns the fault of an extension outside the contexts of its definition (V23), or as a modifier where it is none. */
export function findContextFault(
  structure: Structure,
  where: ExtensionPlace,
): Omit<Fault, 'path'> | undefined {
  const [root] = structure.elements
  if (where.isModifier && root?.isModifier !== true)
    return { rule: 'extension-no-modifier', about: structure.url }
  if (!where.isModifier && root?.isModifier === true)
    return { rule: 'extension-modifier', about: structure.url }
  const { context, contextInvariant } = structure
  if (context.length > 0 && !context.some((each) => isIn(each, where))) {
    const contexts = context.map(({ expression }) => expression).join(' | ')
    const fault = { rule: 'extension-context', about: structure.url, facts: { contexts } }
    return isOwnDefinition(structure, where.resource) ? { ...fault, severity: 'warning' } : fault
  }
  const broken = contextInvariant.find((expression) => isFalse(expression, where))
  return broken === undefined
    ? undefined
    : { rule: 'extension-context-rule', about: structure.url, facts: { expression: broken } }
}

// HL7 puts R4's own extensions on definitions of every kind, whatever context they state.
function isOwnDefinition({ url }: Structure, resource: Resource): boolean {
  return url.startsWith('http://hl7.org/fhir/StructureDefinition/') && typeof resource['url'] === 'string'
}

function isIn(
  { type, expression }: ExtensionContext,
  { paths, parentExtensions, resource, value }: ExtensionPlace,
): boolean {
  switch (type) {
    // R4's own definitions say Element where they mean resources too.
    case 'element':
      return expression === '*' || expression === 'Element' || paths.includes(expression.replace(/^.*#/, ''))
    case 'extension':
      return isWithin(expression, parentExtensions)
    case 'fhirpath':
      return selects(expression, resource, value)
  }
}

// `url#code` is a part of a complex extension.
function isWithin(expression: string, parents: readonly string[]): boolean {
  const [url, part] = expression.split('#')
  return part === undefined ? parents.at(-1) === url : parents.at(-1) === part && parents.at(-2) === url
}

// A context that cannot be evaluated is no fault of the data.
function selects(expression: string, resource: Resource, value: unknown): boolean {
  try {
    const found = compileFhirPath(expression)(plainNumbers(resource))
    return (
      found.includes(true) ||
      found.some((each) => JSON.stringify(each) === JSON.stringify(plainNumbers(value)))
    )
  } catch (error) {
    if (error instanceof FhirError) return true
    throw error
  }
}

function isFalse(expression: string, { value, resource }: ExtensionPlace): boolean {
  try {
    return (
      compileFhirPath(expression, 'Element')(plainNumbers(value), { resource: plainNumbers(resource) })[0] ===
      false
    )
  } catch (error) {
    if (error instanceof FhirError) return false
    throw error
  }
}
