// $translate: a code by way of concept maps. https://hl7.org/fhir/R4/conceptmap-operation-translate.html
import { FhirError } from '../fhir/outcome.ts'
import type { Resource } from '../fhir/resource.ts'
import { hasMatch, type Translation, translate } from '../fhir/terminology/translate.ts'
import type { AppContext } from '../interactions/context.ts'
import type { Operation, OperationInput } from '../interactions/operation.ts'
import type { Result } from '../interactions/result.ts'
import { type Inputs, readBoolean, readInputs, readText } from './input/parameters.ts'
import { ELEMENT, readCodings, readInstance, readResource, TEXT, withVersion } from './terminology/given.ts'

export const operation: Operation = {
  code: 'translate',
  definition: 'http://hl7.org/fhir/OperationDefinition/ConceptMap-translate',
  levels: ['type', 'instance'],
  types: ['ConceptMap'],
  affectsState: false,
  run,
}

const RULES = {
  url: TEXT,
  conceptMap: ELEMENT,
  conceptMapVersion: TEXT,
  code: TEXT,
  system: TEXT,
  version: TEXT,
  source: TEXT,
  coding: ELEMENT,
  codeableConcept: ELEMENT,
  target: TEXT,
  targetsystem: TEXT,
  reverse: TEXT,
}

async function run(context: AppContext, input: OperationInput): Promise<Result> {
  const inputs = readInputs(context, input, RULES)
  const codings = readCodings(inputs, readText(inputs, 'system'))
  const maps = await findMaps(context, input, inputs)
  const targetSystem = readText(inputs, 'targetsystem')
  const reverse = readBoolean(inputs, 'reverse') ?? false
  const found = codings.flatMap((coding) =>
    maps.flatMap((map) =>
      translate(map, { coding, reverse, ...(targetSystem !== undefined && { targetSystem }) }),
    ),
  )
  const result = hasMatch(found)
  const parameter = [
    { name: 'result', valueBoolean: result },
    ...(result
      ? []
      : [{ name: 'message', valueString: 'No concept map known here has a match for this code' }]),
    ...found.map(toMatch),
  ]
  return { kind: 'resource', resource: { resourceType: 'Parameters', parameter } }
}

// The one that is named; else all between the value sets asked for.
async function findMaps(
  context: AppContext,
  input: OperationInput,
  inputs: Inputs,
): Promise<readonly Resource[]> {
  const own = (await readInstance(context, input)) ?? readResource(inputs, 'conceptMap', 'ConceptMap')
  if (own) return [own]
  const url = readText(inputs, 'url')
  if (url !== undefined) {
    const canonical = withVersion(url, readText(inputs, 'conceptMapVersion'))
    const map = await context.terminology.conceptMap(canonical)
    if (!map) throw new FhirError('not-found', `There is no concept map ${canonical} on this server`)
    return [map]
  }
  const [source, target] = [readText(inputs, 'source'), readText(inputs, 'target')]
  if (source === undefined && target === undefined && readText(inputs, 'targetsystem') === undefined)
    throw new FhirError(
      'invalid',
      'A concept map is needed: by url, as conceptMap, by its id in the URL, or by source and target',
    )
  const maps = await context.terminology.conceptMaps()
  return maps.filter((map) => isBetween(map, 'source', source) && isBetween(map, 'target', target))
}

function isBetween(map: Resource, side: 'source' | 'target', wanted: string | undefined): boolean {
  return (
    wanted === undefined ||
    [map[`${side}Uri`], map[`${side}Canonical`]].some((each) => String(each).split('|')[0] === wanted)
  )
}

function toMatch({ equivalence, concept, source }: Translation): object {
  return {
    name: 'match',
    part: [
      { name: 'equivalence', valueCode: equivalence },
      ...(concept.code === undefined ? [] : [{ name: 'concept', valueCoding: concept }]),
      ...(source === undefined ? [] : [{ name: 'source', valueUri: source }]),
    ],
  }
}
