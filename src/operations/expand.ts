// $expand: the codes of a value set. https://hl7.org/fhir/R4/valueset-operation-expand.html
import { randomUUID } from 'node:crypto'
import { FhirError } from '../fhir/outcome.ts'
import type { Resource } from '../fhir/resource.ts'
import { expandCompose, type Member } from '../fhir/terminology/expand.ts'
import { toWords } from '../fhir/terminology/words.ts'
import type { AppContext } from '../interactions/context.ts'
import type { Operation, OperationInput } from '../interactions/operation.ts'
import type { Result } from '../interactions/result.ts'
import { type Inputs, readBoolean, readCount, readInputs, readText } from './input/parameters.ts'
import { chooseDesignations, displayIn } from './terminology/display.ts'
import { ELEMENT, readValueSet, TEXT, TEXTS } from './terminology/given.ts'
import { nest } from './terminology/nest.ts'

export const operation: Operation = {
  code: 'expand',
  definition: 'http://hl7.org/fhir/OperationDefinition/ValueSet-expand',
  levels: ['type', 'instance'],
  types: ['ValueSet'],
  affectsState: false,
  run,
}

const RULES = {
  url: TEXT,
  valueSet: ELEMENT,
  valueSetVersion: TEXT,
  filter: TEXT,
  date: TEXT,
  offset: TEXT,
  count: TEXT,
  includeDesignations: TEXT,
  designation: TEXTS,
  includeDefinition: TEXT,
  activeOnly: TEXT,
  excludeNested: TEXT,
  excludeNotForUI: TEXT,
  excludePostCoordinated: TEXT,
  displayLanguage: TEXT,
  property: TEXTS,
  'exclude-system': TEXTS,
  'system-version': TEXTS,
  'check-system-version': TEXTS,
  'force-system-version': TEXTS,
}

/** Codes of one page, at most. */
const MAX_COUNT = 10_000

async function run(context: AppContext, input: OperationInput): Promise<Result> {
  const inputs = readInputs(context, input, RULES)
  const valueSet = await readValueSet(context, input, inputs)
  const compose = await context.terminology.compose(withVersions(valueSet, inputs))
  const count = readCount(inputs, 'count')
  const activeOnly = readBoolean(inputs, 'activeOnly') ?? !compose.inactive
  const words = toWords(readText(inputs, 'filter'))
  const page = await expandCompose(compose, {
    words,
    activeOnly,
    offset: readCount(inputs, 'offset') ?? 0,
    ...(count !== undefined && { count: Math.min(count, MAX_COUNT) }),
  })
  const isWhole = words.length === 0 && count === undefined && readText(inputs, 'offset') === undefined
  const contains = page.members.map((member) => toContains(member, inputs))
  const nested = isWhole && readBoolean(inputs, 'excludeNested') === false
  return {
    kind: 'resource',
    resource: {
      ...head(valueSet, readBoolean(inputs, 'includeDefinition') ?? false),
      expansion: {
        identifier: `urn:uuid:${randomUUID()}`,
        timestamp: new Date().toISOString(),
        ...(page.total !== undefined && { total: page.total }),
        ...(readCount(inputs, 'offset') !== undefined && { offset: readCount(inputs, 'offset') }),
        ...toParameters(inputs, page.members),
        ...(contains.length > 0 && { contains: nested ? nest(page.members, contains) : contains }),
      },
    } as Resource,
  }
}

function head({ compose, expansion, ...valueSet }: Resource, includeDefinition: boolean): Resource {
  const { text, meta, ...rest } = valueSet as Resource
  return {
    ...rest,
    status: rest['status'] ?? 'active',
    ...(includeDefinition && compose ? { compose } : {}),
  } as Resource
}

// Which version of a system is meant: where the value set does not say (`system-version`), or in its place (`force-…`).
function withVersions(valueSet: Resource, inputs: Inputs): Resource {
  const [standard, forced, checked] = ['system-version', 'force-system-version', 'check-system-version'].map(
    (name) => toVersions(inputs, name),
  )
  const excluded = new Set(inputs('exclude-system').map((each) => String(each).split('|')[0]))
  if (standard!.size + forced!.size + checked!.size + excluded.size === 0) return valueSet
  const { compose = {} } = valueSet as { compose?: { include?: readonly Record<string, unknown>[] } }
  const include = (compose.include ?? [])
    .filter(({ system }) => !excluded.has(String(system)))
    .map((part) => {
      const system = String(part['system'])
      const version = forced!.get(system) ?? part['version'] ?? standard!.get(system)
      if (checked!.has(system) && version !== undefined && version !== checked!.get(system))
        throw new FhirError(
          'unprocessable',
          `The value set draws on ${system}|${String(version)}, not on version ${checked!.get(system)}`,
        )
      return version === undefined ? part : { ...part, version }
    })
  return { ...valueSet, compose: { ...compose, include } }
}

function toVersions(inputs: Inputs, name: string): ReadonlyMap<string, string> {
  return new Map(
    inputs(name).map((each) => {
      const [system = '', version = ''] = String(each).split('|')
      if (version === '') throw new FhirError('invalid', `${name} must be system|version`)
      return [system, version] as const
    }),
  )
}

const PROPERTY = 'http://hl7.org/fhir/5.0/StructureDefinition/extension-ValueSet.expansion.contains.property'

function toContains({ system, version, concept }: Member, inputs: Inputs): object {
  const language = readText(inputs, 'displayLanguage')
  const display = displayIn(concept, language)
  const wanted = inputs('designation').map(String)
  const designations = readBoolean(inputs, 'includeDesignations') ? chooseDesignations(concept, wanted) : []
  const names = new Set(inputs('property').map(String))
  const properties = concept.properties.filter(({ code }) => names.has(code))
  return {
    ...(properties.length > 0 && { extension: properties.map(toPropertyExtension) }),
    system,
    ...(concept.abstract && { abstract: true }),
    ...(concept.inactive && { inactive: true }),
    ...(version !== undefined && { version }),
    code: concept.code,
    ...(display !== undefined && { display }),
    ...(designations.length > 0 && { designation: designations }),
  }
}

function toPropertyExtension({ code, type, value }: Member['concept']['properties'][number]): object {
  const name = `value${type[0]!.toUpperCase()}${type.slice(1)}`
  return {
    url: PROPERTY,
    extension: [
      { url: 'code', valueCode: code },
      { url: 'value', [name]: value },
    ],
  }
}

const BOOLEANS = new Set([
  'includeDesignations',
  'activeOnly',
  'excludeNested',
  'includeDefinition',
  'excludeNotForUI',
  'excludePostCoordinated',
])
const NUMBERS = new Set(['offset', 'count'])

// What the expansion was made by, and the versions of the systems in it.
function toParameters(inputs: Inputs, members: readonly Member[]): { parameter?: readonly object[] } {
  const asked = Object.keys(RULES)
    .filter((name) => name !== 'url' && name !== 'valueSet')
    .flatMap((name) => inputs(name).map((value) => toParameter(name, String(value))))
  const used = new Set(
    members.map(({ system, version }) => (version === undefined ? system : `${system}|${version}`)),
  )
  const parameter = [...asked, ...[...used].map((valueUri) => ({ name: 'used-codesystem', valueUri }))]
  return parameter.length > 0 ? { parameter } : {}
}

function toParameter(name: string, value: string): object {
  if (BOOLEANS.has(name)) return { name, valueBoolean: value === 'true' }
  return NUMBERS.has(name) ? { name, valueInteger: Number(value) } : { name, valueString: value }
}
