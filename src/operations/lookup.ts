// $lookup: what a code system says of a code. https://hl7.org/fhir/R4/codesystem-operation-lookup.html
import type { CodeSystemSource, Concept } from '../fhir/code-system.ts'
import { FhirError } from '../fhir/outcome.ts'
import type { Coding } from '../fhir/resource.ts'
import type { AppContext } from '../interactions/context.ts'
import type { Operation, OperationInput } from '../interactions/operation.ts'
import type { Result } from '../interactions/result.ts'
import { readInputs, readText } from './input/parameters.ts'
import { displayIn } from './terminology/display.ts'
import { ELEMENT, findCodeSystem, TEXT, TEXTS, withVersion } from './terminology/given.ts'

export const operation: Operation = {
  code: 'lookup',
  definition: 'http://hl7.org/fhir/OperationDefinition/CodeSystem-lookup',
  levels: ['type'],
  types: ['CodeSystem'],
  affectsState: false,
  run,
}

const RULES = {
  code: TEXT,
  system: TEXT,
  version: TEXT,
  coding: ELEMENT,
  date: TEXT,
  displayLanguage: TEXT,
  property: TEXTS,
}

/** Children told as properties, at most. */
const MAX_CHILDREN = 1_000

async function run(context: AppContext, input: OperationInput): Promise<Result> {
  const inputs = readInputs(context, input, RULES)
  const [coding] = inputs('coding') as readonly (Coding | undefined)[]
  const [system, code] = [
    coding?.system ?? readText(inputs, 'system'),
    coding?.code ?? readText(inputs, 'code'),
  ]
  if (system === undefined || code === undefined)
    throw new FhirError('invalid', 'A code and its system are needed: as code and system, or as coding')
  const source = await findCodeSystem(
    context,
    withVersion(system, coding?.version ?? readText(inputs, 'version')),
  )
  const concept = await source.concept(code)
  if (!concept)
    throw new FhirError(
      'not-found',
      `The code system ${source.url} has no code ${JSON.stringify(code.slice(0, 64))}`,
    )
  const language = readText(inputs, 'displayLanguage')
  const properties = await toProperties(source, concept, new Set(inputs('property').map(String)))
  const parameter = [
    { name: 'name', valueString: source.title ?? source.name ?? source.url },
    ...(source.version === undefined ? [] : [{ name: 'version', valueString: source.version }]),
    { name: 'display', valueString: displayIn(concept, language) ?? code },
    ...(concept.definition === undefined ? [] : [{ name: 'definition', valueString: concept.definition }]),
    ...concept.designations.map(toDesignation),
    ...properties,
  ]
  return { kind: 'resource', resource: { resourceType: 'Parameters', parameter } }
}

function toDesignation({ language, use, value }: Concept['designations'][number]): object {
  return {
    name: 'designation',
    part: [
      ...(language === undefined ? [] : [{ name: 'language', valueCode: language }]),
      ...(use === undefined ? [] : [{ name: 'use', valueCoding: use }]),
      { name: 'value', valueString: value },
    ],
  }
}

// Those asked for; without a list all that the system states, and what lies directly above.
async function toProperties(
  source: CodeSystemSource,
  concept: Concept,
  wanted: ReadonlySet<string>,
): Promise<readonly object[]> {
  const isWanted = (code: string) => wanted.size === 0 || wanted.has(code) || wanted.has('*')
  const parents = isWanted('parent') ? concept.parents.map((code) => toProperty('parent', 'code', code)) : []
  const children = wanted.has('child') || wanted.has('*') ? await findChildren(source, concept.code) : []
  const own = concept.properties
    .filter(({ code }) => isWanted(code) && code !== 'parent' && code !== 'child')
    .map(({ code, type, value }) => toProperty(code, type, value))
  const inactive = concept.inactive && isWanted('inactive') ? [toProperty('inactive', 'boolean', true)] : []
  return [...parents, ...children.map((code) => toProperty('child', 'code', code)), ...own, ...inactive]
}

async function findChildren(source: CodeSystemSource, code: string): Promise<readonly string[]> {
  const filters = [{ property: 'parent', op: '=', value: code }]
  return (await source.select({ filters }, 0, MAX_CHILDREN)).map((child) => child.code)
}

function toProperty(code: string, type: string, value: unknown): object {
  const name = `value${type[0]!.toUpperCase()}${type.slice(1)}`
  return {
    name: 'property',
    part: [
      { name: 'code', valueCode: code },
      { name: 'value', [name]: value },
    ],
  }
}
