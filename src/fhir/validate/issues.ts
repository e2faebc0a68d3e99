// Faults in words: IssueType, FHIRPath and a sentence that names the rule. https://hl7.org/fhir/R4/operationoutcome.html
import type { Definitions } from '../definitions.ts'
import type { Issue, IssueType } from '../outcome.ts'
import { decimalText, isRawNumber } from '../primitives.ts'
import { type Fault, MAX_FAULTS, type RuleTable, type StructureRule } from './faults.ts'
import { FORMS, type PrimitiveForm, type PrimitiveName } from './forms.ts'

/** Issues of one outcome; one more counts the rest. */
const MAX_ISSUES = 100

/** Puts the faults found in a resource into words: errors first, 100 at most and then one that counts the rest. */
export type WriteIssues = (resource: unknown, faults: readonly Fault[]) => Issue[]

/** Returns the writer of issues for the rules of structure and those of `tables`. */
export function createIssueWriter(definitions: Definitions, tables: readonly RuleTable[]): WriteIssues {
  const rules: RuleTable = Object.assign({}, ...tables)
  return (resource, faults) => toIssues(definitions, resource, faults, rules)
}

function toIssues(
  definitions: Definitions,
  resource: unknown,
  faults: readonly Fault[],
  rules: RuleTable,
): Issue[] {
  const issues = faults.slice(0, MAX_ISSUES).map((fault) => toIssue(definitions, resource, fault, rules))
  const rest = faults.length - issues.length
  if (rest === 0) return issues
  // A collection that was cut short does not know how many there are.
  const diagnostics = `${faults.length > MAX_FAULTS ? 'At least ' : ''}${rest} more faults are not listed`
  return [...issues, { severity: 'error', code: 'structure', diagnostics }]
}

function toIssue(definitions: Definitions, resource: unknown, fault: Fault, rules: RuleTable): Issue {
  const { expression, value } = locate(definitions, resource, fault.path)
  const row = rules[fault.rule]
  if (row) {
    const severity = fault.severity ?? row.severity
    return {
      severity,
      code: row.code,
      diagnostics: `${expression} ${row.en(fault, value)}`,
      expression: [expression],
    }
  }
  const { code, says } = RULES[fault.rule as StructureRule]
  const diagnostics = `${expression} ${says(value, fault.about ?? '')}`
  return { severity: 'error', code, diagnostics, expression: [expression] }
}

interface RuleRow {
  readonly code: IssueType
  /** The sentence behind the expression. `value` is what stands there. */
  readonly says: (value: unknown, about: string | number) => string
}

const RULES: Readonly<Record<StructureRule, RuleRow>> = {
  type: { code: 'structure', says: (value) => `must be an object${found(value)}` },
  unknown: { code: 'structure', says: sayUnknown },
  empty: { code: 'structure', says: () => 'must not be an empty object' },
  form: { code: 'value', says: sayForm },
  code: {
    code: 'code-invalid',
    says: (value, url) => `must be a code of the required value set ${url}${found(value)}`,
  },
  binding: { code: 'code-invalid', says: (_, url) => `must have a coding of the required value set ${url}` },
  list: { code: 'structure', says: (value) => `may repeat, so it must be an array${found(value)}` },
  few: { code: 'required', says: (_, min) => `must have at least ${min} in its array` },
  many: {
    code: 'structure',
    says: (value, max) => `must have at most ${max}, found ${(value as unknown[]).length}`,
  },
  null: {
    code: 'structure',
    says: () => 'must not be null without an extension in the same place of its companion',
  },
  demand: { code: 'required', says: (_, name) => `must have the element ${name} (minimum cardinality 1)` },
  choice: {
    code: 'structure',
    says: (_, name) => `has ${name} beside another type of the same element: only one type may be given`,
  },
  extension: {
    code: 'invariant',
    says: () => 'must have either a value or extensions, not both or neither (ext-1)',
  },
  'companion-length': {
    code: 'structure',
    says: (value, length) =>
      `has a companion array of ${(value as unknown[]).length} for ${length}: both must have the same length`,
  },
  'companion-null': {
    code: 'structure',
    says: () => 'has a companion that is null where there is no value either',
  },
  'resource-type': { code: 'structure', says: sayResourceType },
}

function sayUnknown(value: unknown, name: string | number): string {
  // A number kept as text is an object to JavaScript.
  if (isRawNumber(value)) return `must be an object${found(value)}`
  return `has the property ${JSON.stringify(clip(String(name)))}, which R4 does not define here`
}

function sayForm(value: unknown, about: string | number): string {
  const { demand, explain }: PrimitiveForm = FORMS[about as PrimitiveName]
  if (value === null) return 'must not be null'
  if (Array.isArray(value)) return 'may not repeat, so it must not be an array'
  const reason = explain?.(value)
  return reason ?? `must be ${demand} (type ${about === 'elementId' ? 'string' : about})${found(value)}`
}

function sayResourceType(value: unknown): string {
  const type = (value as { resourceType?: unknown }).resourceType
  if (type === undefined) return 'must be a resource: it has no resourceType'
  return `must have the resourceType of an R4 resource${found(type)}`
}

function found(value: unknown): string {
  if (value === undefined) return ''
  if (value === null) return ', found null'
  if (Array.isArray(value)) return ', found an array'
  if (isRawNumber(value)) return `, found ${clip(decimalText(value))}`
  if (typeof value === 'object') return ', found an object'
  return typeof value === 'string' ? `, found ${JSON.stringify(clip(value))}` : `, found ${String(value)}`
}

function clip(text: string): string {
  return text.length > 64 ? `${text.slice(0, 64)}…` : text
}

interface Place {
  readonly expression: string
  readonly value: unknown
}

/**
 * Returns the FHIRPath of what stands at `path` and its value. Positions stand behind repeating elements only, choices are named without
 * their type, companions as their element, resources within resources without their type.
 */
function locate(definitions: Definitions, resource: unknown, path: readonly (string | number)[]): Place {
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
  return { expression, value }
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
