// From a way through JSON to the FHIRPath of what stands there. https://hl7.org/fhir/R4/operationoutcome-definitions.html#OperationOutcome.issue.expression
import type { Definitions } from '../definitions.ts'

/** Where a fault is, and the value that stands there. */
export interface Place {
  readonly expression: string
  readonly value: unknown
  /** The type or path in which the children of it are defined. */
  readonly node: string
}

/**
 * Returns the FHIRPath of what stands at `path` and its value. Positions stand behind repeating elements only, choices are
 * named without their type, companions as their element, resources within resources without their type (V4).
 */
export function locate(
  definitions: Definitions,
  resource: unknown,
  path: readonly (string | number)[],
): Place {
  let value = resource
  let node = typeOf(resource)
  let expression = node
  for (const step of path) {
    value = (value as Readonly<Record<string | number, unknown>> | null | undefined)?.[step]
    if (typeof step === 'number') expression += `[${step}]`
    else {
      const [name, next] = descend(definitions, node, step)
      expression += `.${name}`
      node = next
    }
    if (node === 'Resource') node = typeOf(value)
  }
  return { expression, value, node }
}

function typeOf(value: unknown): string {
  const type = (value as { resourceType?: unknown } | null)?.resourceType
  return typeof type === 'string' && /^[A-Za-z]{1,64}$/.test(type) ? type : 'Resource'
}

// The element's name as FHIRPath has it, and the type or path in which its children are defined.
function descend(definitions: Definitions, node: string, property: string): readonly [string, string] {
  const name = property.startsWith('_') ? property.slice(1) : property
  const elements = definitions.elements(node.split('.', 1)[0]!)
  const plain = elements.find(({ path }) => path === `${node}.${name}`)
  if (plain) {
    const isParent = elements.some(({ path }) => path.startsWith(`${plain.path}.`))
    return [name, plain.contentReference ?? (isParent ? plain.path : (plain.types[0] ?? 'Element'))]
  }
  for (const { path, types } of elements) {
    const stem = path.endsWith('[x]') ? path.slice(node.length + 1, -3) : undefined
    if (stem === undefined || !path.startsWith(`${node}.`) || !name.startsWith(stem)) continue
    const type = types.find((one) => one.toLowerCase() === name.slice(stem.length).toLowerCase())
    if (type) return [stem, type]
  }
  return [name, 'Element']
}
