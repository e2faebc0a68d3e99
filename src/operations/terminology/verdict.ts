// The answer of $validate-code: one verdict on the codings of a concept. https://hl7.org/fhir/R4/valueset-operation-validate-code.html
import type { CodeSystemSource } from '../../fhir/code-system.ts'
import { FhirError } from '../../fhir/outcome.ts'
import type { Coding, Resource } from '../../fhir/resource.ts'
import type { Compose } from '../../fhir/terminology/compose.ts'
import { isOffline } from '../../fhir/terminology/offline.ts'
import { type CodeVerdict, validateCoding } from '../../fhir/terminology/validate-code.ts'
import type { AppContext } from '../../interactions/context.ts'
import { type Inputs, readBoolean, readText } from '../input/parameters.ts'
import { displayIn } from './display.ts'
import { findCodeSystem, isJapanese, withVersion } from './given.ts'

export interface Against {
  readonly compose?: Compose
  readonly source?: CodeSystemSource
}

/** Resolves to the Parameters that answer: true where one of the codings is right. */
export async function answerVerdict(
  context: AppContext,
  inputs: Inputs,
  codings: readonly Coding[],
  against: Against,
): Promise<Resource> {
  const verdicts: CodeVerdict[] = []
  for (const coding of codings) verdicts.push(await judge(context, inputs, coding, against))
  const verdict = verdicts.find(({ result }) => result) ?? verdicts[0]!
  const language = readText(inputs, 'displayLanguage')
  const display = await toDisplay(context, verdict, language)
  const message = isJapanese(language) ? verdict.messageJa : verdict.message
  return {
    resourceType: 'Parameters',
    parameter: [
      { name: 'result', valueBoolean: verdict.result },
      ...(message === undefined ? [] : [{ name: 'message', valueString: message }]),
      ...(display === undefined ? [] : [{ name: 'display', valueString: display }]),
      ...(verdict.code === undefined || verdict.code === ''
        ? []
        : [{ name: 'code', valueCode: verdict.code }]),
      ...(verdict.system === undefined ? [] : [{ name: 'system', valueUri: verdict.system }]),
    ],
  }
}

async function judge(
  context: AppContext,
  inputs: Inputs,
  coding: Coding,
  { compose, source }: Against,
): Promise<CodeVerdict> {
  if (typeof coding.code !== 'string')
    throw new FhirError('invalid', 'A coding without code cannot be checked')
  const own = source ?? (await sourceOf(context, inputs, coding, compose !== undefined))
  return validateCoding({
    coding,
    abstract: readBoolean(inputs, 'abstract') ?? true,
    ...(compose && { compose }),
    ...(own && { source: own }),
  })
}

async function sourceOf(
  context: AppContext,
  inputs: Inputs,
  { system, version }: Coding,
  isBound: boolean,
): Promise<CodeSystemSource | undefined> {
  if (system === undefined || isOffline(system)) return undefined
  const canonical = withVersion(system, readText(inputs, 'systemVersion') ?? version)
  return isBound ? context.terminology.codeSystem(canonical) : findCodeSystem(context, canonical)
}

async function toDisplay(
  { terminology }: AppContext,
  { system, code, display }: CodeVerdict,
  language: string | undefined,
): Promise<string | undefined> {
  if (language === undefined || system === undefined || code === undefined) return display
  const concept = await (await terminology.codeSystem(system))?.concept(code)
  return concept ? displayIn(concept, language) : display
}
