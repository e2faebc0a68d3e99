// The parameters of an operation, from its URL and from a posted Parameters. https://hl7.org/fhir/R4/operations.html#request
import { FhirError } from '../../fhir/outcome.ts'
import { decimalText, isNumber, parseDateTime, type TimeRange } from '../../fhir/primitives.ts'
import type { Resource } from '../../fhir/resource.ts'
import type { AppContext } from '../../interactions/context.ts'
import type { OperationInput } from '../../interactions/operation.ts'
import { type Params, quote } from '../../interactions/params.ts'

/** Whether it may repeat, and whether its value is text (any primitive) or an element such as a Coding. */
export interface ParameterRule {
  readonly max: 1 | '*'
  readonly value: 'text' | 'element'
}

/** Values by name: text for primitives, else the element as JSON. A name that was not given has none. */
export type Inputs = (name: string) => readonly unknown[]

type Pair = readonly [name: string, value: unknown]

/**
 * Returns what was given. Throws FhirError `not-supported` for a name that is not in `rules`, `invalid` for one given too
 * often, for an element in the URL and for a body that is not Parameters.
 */
export function readInputs(
  context: AppContext,
  input: OperationInput,
  rules: Readonly<Record<string, ParameterRule>>,
): Inputs {
  const values = new Map<string, unknown[]>()
  for (const [name, value] of [...input.params, ...readBody(context, input.body)]) {
    const rule = Object.hasOwn(rules, name) ? rules[name] : undefined
    if (!rule) throw new FhirError('not-supported', `The parameter ${quote(name)} is not known here`)
    assertForm(name, value, rule)
    const given = values.get(name) ?? []
    given.push(value)
    values.set(name, given)
    if (rule.max === 1 && given.length > 1) throw new FhirError('invalid', `${name} is given more than once`)
  }
  return (name) => values.get(name) ?? []
}

function assertForm(name: string, value: unknown, rule: ParameterRule): void {
  if (rule.value === 'text' && typeof value !== 'string')
    throw new FhirError('invalid', `${name} must be a primitive value`)
  if (rule.value === 'element' && (typeof value !== 'object' || value === null))
    throw new FhirError('invalid', `${name} must be posted in Parameters, as an element of its datatype`)
}

/** Returns the parameters of a search given to an operation, by URL or as primitives of a posted Parameters. */
export function readSearchInputs(context: AppContext, input: OperationInput): Params {
  return [...input.params, ...readBody(context, input.body)].map(([name, value]) => {
    if (typeof value === 'string') return [name, value]
    throw new FhirError('invalid', `${quote(name)} must be a primitive value, as in a search`)
  })
}

function readBody(context: AppContext, body: Resource | undefined): readonly Pair[] {
  if (body === undefined) return []
  if (body.resourceType !== 'Parameters')
    throw new FhirError('invalid', 'The body of this operation must be Parameters')
  const issues = context
    .checkStructure(body)
    .filter(({ severity }) => severity === 'error' || severity === 'fatal')
  if (issues.length > 0) throw new FhirError('invalid', issues[0]!.diagnostics, issues)
  const parameters = (body['parameter'] ?? []) as readonly Readonly<Record<string, unknown>>[]
  return parameters.map((parameter): Pair => [String(parameter['name']), readValue(parameter)])
}

function readValue(parameter: Readonly<Record<string, unknown>>): unknown {
  const key = Object.keys(parameter).find((each) => each.startsWith('value') || each === 'resource')
  const value = key === undefined ? undefined : parameter[key]
  if (isNumber(value)) return decimalText(value)
  return typeof value === 'boolean' ? String(value) : value
}

/** Returns the values of a parameter whose values are text; those with commas in them split. */
export function readTexts(inputs: Inputs, name: string): readonly string[] {
  return inputs(name)
    .flatMap((value) => String(value).split(','))
    .map((text) => text.trim())
    .filter((text) => text !== '')
}

/** Returns the one value of a parameter as text, if it was given. */
export function readText(inputs: Inputs, name: string): string | undefined {
  const [value] = inputs(name)
  return value === undefined ? undefined : String(value)
}

/** Returns a whole number above 0, or undefined where none was given; throws FhirError `invalid` for anything else. */
export function readPositive(inputs: Inputs, name: string): number | undefined {
  const text = readText(inputs, name)
  if (text === undefined) return undefined
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text)
  throw new FhirError('invalid', `${name} must be a whole number above 0`)
}

/** Returns true or false, or undefined where it was not given; throws FhirError `invalid` for anything else. */
export function readBoolean(inputs: Inputs, name: string): boolean | undefined {
  const text = readText(inputs, name)
  if (text === undefined || text === 'true' || text === 'false')
    return text === undefined ? undefined : text === 'true'
  throw new FhirError('invalid', `${name} must be true or false`)
}

/** Returns a whole number from 0, or undefined where none was given; throws FhirError `invalid` for anything else. */
export function readCount(inputs: Inputs, name: string): number | undefined {
  const text = readText(inputs, name)
  if (text === undefined) return undefined
  if (/^\d{1,9}$/.test(text)) return Number(text)
  throw new FhirError('invalid', `${name} must be a whole number from 0`)
}

/** Returns the time that a date or an instant spans, or undefined where none was given; throws FhirError `invalid` for anything else. */
export function readTime(inputs: Inputs, name: string, timeZone: string): TimeRange | undefined {
  const text = readText(inputs, name)
  if (text === undefined) return undefined
  // A `+` in a URL that was not escaped has become a space.
  const time = parseDateTime(text.replace(' ', '+'), timeZone)
  if (time) return time
  throw new FhirError('invalid', `${name} must be a date or an instant, such as 2026-11-24`)
}
