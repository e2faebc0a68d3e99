// $validate-code of CodeSystem: whether a code is one of a system. https://hl7.org/fhir/R4/codesystem-operation-validate-code.html
import { FhirError } from '../fhir/outcome.ts'
import { isOffline } from '../fhir/terminology/offline.ts'
import type { AppContext } from '../interactions/context.ts'
import type { Operation, OperationInput } from '../interactions/operation.ts'
import type { Result } from '../interactions/result.ts'
import { readInputs, readText } from './input/parameters.ts'
import { ELEMENT, readCodeSystem, readCodings, TEXT } from './terminology/given.ts'
import { answerVerdict } from './terminology/verdict.ts'

export const operation: Operation = {
  code: 'validate-code',
  definition: 'http://hl7.org/fhir/OperationDefinition/CodeSystem-validate-code',
  levels: ['type', 'instance'],
  types: ['CodeSystem'],
  affectsState: false,
  run,
}

const RULES = {
  url: TEXT,
  codeSystem: ELEMENT,
  code: TEXT,
  version: TEXT,
  display: TEXT,
  coding: ELEMENT,
  codeableConcept: ELEMENT,
  date: TEXT,
  abstract: TEXT,
  displayLanguage: TEXT,
}

async function run(context: AppContext, input: OperationInput): Promise<Result> {
  const inputs = readInputs(context, input, RULES)
  const url = readText(inputs, 'url')
  // A system with a grammar has no resource that lists it.
  const source =
    url !== undefined && isOffline(url) ? undefined : await readCodeSystem(context, input, inputs, 'url')
  const system = source?.url ?? url
  const codings = readCodings(inputs, system)
  if (system === undefined && codings.every((coding) => coding.system === undefined))
    throw new FhirError(
      'invalid',
      'A code system is needed: by url, as codeSystem, in the coding, or by its id in the URL',
    )
  const wrong = codings.find(
    (coding) => system !== undefined && coding.system !== undefined && coding.system !== system,
  )
  if (wrong && codings.length === 1)
    throw new FhirError('invalid', `The coding is of ${wrong.system}, the code system asked is ${system}`)
  const own = codings.map((coding) =>
    coding.system === undefined && system !== undefined ? { ...coding, system } : coding,
  )
  return { kind: 'resource', resource: await answerVerdict(context, inputs, own, source ? { source } : {}) }
}
