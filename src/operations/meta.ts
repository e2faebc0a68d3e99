// $meta: the profiles, tags and security labels in use, of what the caller may see. https://hl7.org/fhir/R4/resource-operation-meta.html
import { parseJson } from '../fhir/json.ts'
import { FhirError } from '../fhir/outcome.ts'
import type { Meta, Resource } from '../fhir/resource.ts'
import type { AppContext } from '../interactions/context.ts'
import type { Operation, OperationInput } from '../interactions/operation.ts'
import { createPacer } from '../interactions/pace.ts'
import { absent } from '../interactions/read.ts'
import type { Result } from '../interactions/result.ts'
import { or, present, type Selection } from '../search/query.ts'
import { readInputs } from './input/parameters.ts'
import { addMeta, toMetaParameters } from './meta/sets.ts'

export const operation: Operation = {
  code: 'meta',
  definition: 'http://hl7.org/fhir/OperationDefinition/Resource-meta',
  levels: ['system', 'type', 'instance'],
  affectsState: false,
  run,
}

async function run(context: AppContext, input: OperationInput): Promise<Result> {
  readInputs(context, input, {})
  if (input.type !== undefined && input.id !== undefined)
    return readMeta(context, input, input.type, input.id)
  const meta = await collect(context, input, input.type)
  return { kind: 'resource', resource: toMetaParameters(meta) }
}

async function readMeta(
  context: AppContext,
  { policy }: OperationInput,
  type: string,
  id: string,
): Promise<Result> {
  if (!policy.may('read', type)) throw new FhirError('forbidden', 'The scopes granted do not allow this read')
  const version = await context.store.read(policy.readPlan(type, id))
  if (version === undefined) throw absent(type)
  if (version.document === undefined) return { kind: 'gone', version }
  const { meta = {} } = parseJson(version.document) as Resource
  return { kind: 'resource', resource: toMetaParameters(meta) }
}

// Only resources that carry something of it are read, in constant memory.
async function collect(context: AppContext, { policy }: OperationInput, type?: string): Promise<Meta> {
  if (!policy.may('search-type', type))
    throw new FhirError('forbidden', 'The scopes granted do not allow this search')
  const types = type === undefined ? context.definitions.resourceTypes : [type]
  const where = or(present('_profile'), present('_tag'), present('_security'))
  const select = types.map((each): Selection => ({ type: each, where }))
  const pace = createPacer()
  let all: Meta = {}
  for await (const { document } of context.store.scan(policy.scanPlan(select))) {
    if (document) all = addMeta(all, (parseJson(document) as Resource).meta ?? {})
    await pace()
  }
  return all
}
