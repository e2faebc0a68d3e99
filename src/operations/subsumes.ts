// $subsumes: which of two codes lies above the other. https://hl7.org/fhir/R4/codesystem-operation-subsumes.html
import type { CodeSystemSource } from '../fhir/code-system.ts'
import { FhirError } from '../fhir/outcome.ts'
import type { Coding } from '../fhir/resource.ts'
import type { AppContext } from '../interactions/context.ts'
import type { Operation, OperationInput } from '../interactions/operation.ts'
import type { Result } from '../interactions/result.ts'
import { type Inputs, readInputs, readText } from './input/parameters.ts'
import { ELEMENT, findCodeSystem, readCodeSystem, TEXT } from './terminology/given.ts'

export const operation: Operation = {
  code: 'subsumes',
  definition: 'http://hl7.org/fhir/OperationDefinition/CodeSystem-subsumes',
  levels: ['type', 'instance'],
  types: ['CodeSystem'],
  affectsState: false,
  run,
}

const RULES = { codeA: TEXT, codeB: TEXT, system: TEXT, version: TEXT, codingA: ELEMENT, codingB: ELEMENT }

async function run(context: AppContext, input: OperationInput): Promise<Result> {
  const inputs = readInputs(context, input, RULES)
  const [a, b] = [readCode(inputs, 'A'), readCode(inputs, 'B')]
  const source = await findSource(context, input, inputs, [a, b])
  const [one, other] = [await requireCode(source, a.code!), await requireCode(source, b.code!)]
  const parameter = [{ name: 'outcome', valueCode: await compare(source, one, other) }]
  return { kind: 'resource', resource: { resourceType: 'Parameters', parameter } }
}

function readCode(inputs: Inputs, which: 'A' | 'B'): Coding {
  const [coding] = inputs(`coding${which}`) as readonly (Coding | undefined)[]
  const code = coding?.code ?? readText(inputs, `code${which}`)
  if (code === undefined) throw new FhirError('invalid', `code${which} or coding${which} is needed`)
  return { code, ...(coding?.system !== undefined && { system: coding.system }) }
}

async function findSource(
  context: AppContext,
  input: OperationInput,
  inputs: Inputs,
  codings: readonly Coding[],
): Promise<CodeSystemSource> {
  const own = await readCodeSystem(context, input, inputs, 'system')
  const systems = new Set(codings.flatMap(({ system }) => system ?? []))
  if (own) systems.add(own.url)
  if (systems.size > 1) throw new FhirError('invalid', 'Both codes must be of one code system')
  const [system] = systems
  if (system === undefined)
    throw new FhirError('invalid', 'The code system is missing: give system, or it in the codings')
  return own ?? findCodeSystem(context, system)
}

async function requireCode(source: CodeSystemSource, code: string): Promise<string> {
  const concept = await source.concept(code)
  if (!concept)
    throw new FhirError(
      'not-found',
      `The code system ${source.url} has no code ${JSON.stringify(code.slice(0, 64))}`,
    )
  return concept.code
}

async function compare(source: CodeSystemSource, a: string, b: string): Promise<string> {
  if (a === b) return 'equivalent'
  if (await source.subsumes(a, b)) return 'subsumes'
  return (await source.subsumes(b, a)) ? 'subsumed-by' : 'not-subsumed'
}
