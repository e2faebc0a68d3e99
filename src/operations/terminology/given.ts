// The definition and the code that a terminology operation is asked about. https://hl7.org/fhir/R4/terminology-service.html
import type { CodeSystemSource } from '../../fhir/code-system.ts'
import { parseJson } from '../../fhir/json.ts'
import { FhirError } from '../../fhir/outcome.ts'
import type { Coding, Resource } from '../../fhir/resource.ts'
import { createSource } from '../../fhir/terminology/source.ts'
import type { AppContext } from '../../interactions/context.ts'
import type { OperationInput } from '../../interactions/operation.ts'
import { absent } from '../../interactions/read.ts'
import { type Inputs, type ParameterRule, readText } from '../input/parameters.ts'

export const TEXT: ParameterRule = { max: 1, value: 'text' }
export const TEXTS: ParameterRule = { max: '*', value: 'text' }
export const ELEMENT: ParameterRule = { max: 1, value: 'element' }

/** Returns `canonical` with `|version` where there is one and it has none. */
export function withVersion(canonical: string, version: string | undefined): string {
  return version === undefined || canonical.includes('|') ? canonical : `${canonical}|${version}`
}

/** Resolves to the definition of the URL's id; throws as a read does. */
export async function readInstance(
  context: AppContext,
  { policy, type, id }: OperationInput,
): Promise<Resource | undefined> {
  if (type === undefined || id === undefined) return undefined
  if (!policy.may('read', type)) throw new FhirError('forbidden', 'The scopes granted do not allow this read')
  const version = await context.store.read(policy.readPlan(type, id))
  if (!version?.document) throw absent(type)
  return parseJson(version.document) as Resource
}

/** Resolves to the value set: of the URL, given, or named by `url`. Throws FhirError `invalid` where none is, `not-found` for an unknown one. */
export async function readValueSet(
  context: AppContext,
  input: OperationInput,
  inputs: Inputs,
): Promise<Resource> {
  const own = (await readInstance(context, input)) ?? readResource(inputs, 'valueSet', 'ValueSet')
  if (own) return own
  const url = readText(inputs, 'url')
  if (url === undefined)
    throw new FhirError('invalid', 'A value set is needed: by url, as valueSet, or by its id in the URL')
  const canonical = withVersion(url, readText(inputs, 'valueSetVersion'))
  const found = await context.terminology.valueSet(canonical)
  if (!found) throw new FhirError('not-found', `There is no value set ${canonical} on this server`)
  return found
}

/** Returns a resource that was posted as a parameter; throws FhirError `invalid` for one of another type. */
export function readResource(inputs: Inputs, name: string, type: string): Resource | undefined {
  const [given] = inputs(name) as readonly (Resource | undefined)[]
  if (given === undefined) return undefined
  if (given.resourceType !== type) throw new FhirError('invalid', `${name} must be a ${type}`)
  return given
}

/** Resolves to the code system of the URL, given, or named by the parameter `name`; undefined where nothing names one. */
export async function readCodeSystem(
  context: AppContext,
  input: OperationInput,
  inputs: Inputs,
  name: 'url' | 'system',
): Promise<CodeSystemSource | undefined> {
  const own = (await readInstance(context, input)) ?? readResource(inputs, 'codeSystem', 'CodeSystem')
  if (own) return (await context.terminology.codeSystem(String(own['url']))) ?? createSource(own)
  const url = readText(inputs, name)
  return url === undefined
    ? undefined
    : findCodeSystem(context, withVersion(url, readText(inputs, 'version')))
}

/** Resolves to the code system; throws FhirError `not-found` for an unknown one. */
export async function findCodeSystem(
  { terminology }: AppContext,
  canonical: string,
): Promise<CodeSystemSource> {
  const found = await terminology.codeSystem(canonical)
  if (!found) throw new FhirError('not-found', `There is no code system ${canonical} on this server`)
  return found
}

/** Returns the codings asked about: of `code`, `coding` or `codeableConcept`, exactly one of which must be given. */
export function readCodings(inputs: Inputs, system: string | undefined): readonly Coding[] {
  const [code, display] = [readText(inputs, 'code'), readText(inputs, 'display')]
  const [coding] = inputs('coding') as readonly (Coding | undefined)[]
  const [concept] = inputs('codeableConcept') as readonly (
    | { readonly coding?: readonly Coding[] }
    | undefined
  )[]
  const given = [code, coding, concept].filter((each) => each !== undefined)
  if (given.length !== 1)
    throw new FhirError('invalid', 'Exactly one of code, coding and codeableConcept must be given')
  if (coding) return [withDisplay(coding, display)]
  if (concept) {
    const codings = Array.isArray(concept.coding) ? concept.coding : []
    if (codings.length === 0) throw new FhirError('invalid', 'codeableConcept has no coding')
    return codings
  }
  return [withDisplay({ code: code!, ...(system !== undefined && { system }) }, display)]
}

function withDisplay(coding: Coding, display: string | undefined): Coding {
  return display === undefined ? coding : { ...coding, display }
}

/** True of a language that a Japanese display is wanted in. */
export function isJapanese(language: string | undefined): boolean {
  return language?.toLowerCase().split('-')[0] === 'ja'
}
