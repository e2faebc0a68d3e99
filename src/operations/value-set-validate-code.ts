// $validate-code of ValueSet: whether a code is in a value set. https://hl7.org/fhir/R4/valueset-operation-validate-code.html
import type { AppContext } from '../interactions/context.ts'
import type { Operation, OperationInput } from '../interactions/operation.ts'
import type { Result } from '../interactions/result.ts'
import { readInputs, readText } from './input/parameters.ts'
import { ELEMENT, readCodings, readValueSet, TEXT } from './terminology/given.ts'
import { answerVerdict } from './terminology/verdict.ts'

export const operation: Operation = {
  code: 'validate-code',
  definition: 'http://hl7.org/fhir/OperationDefinition/ValueSet-validate-code',
  levels: ['type', 'instance'],
  types: ['ValueSet'],
  affectsState: false,
  run,
}

const RULES = {
  url: TEXT,
  valueSet: ELEMENT,
  valueSetVersion: TEXT,
  code: TEXT,
  system: TEXT,
  systemVersion: TEXT,
  display: TEXT,
  coding: ELEMENT,
  codeableConcept: ELEMENT,
  date: TEXT,
  abstract: TEXT,
  displayLanguage: TEXT,
}

async function run(context: AppContext, input: OperationInput): Promise<Result> {
  const inputs = readInputs(context, input, RULES)
  const codings = readCodings(inputs, readText(inputs, 'system'))
  const compose = await context.terminology.compose(await readValueSet(context, input, inputs))
  return { kind: 'resource', resource: await answerVerdict(context, inputs, codings, { compose }) }
}
