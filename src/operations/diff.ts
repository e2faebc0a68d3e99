// $diff: what has changed between two versions of a resource, as a FHIRPath Patch. https://hl7.org/fhir/R4/fhirpatch.html
import { buildDiff } from '../fhir/diff.ts'
import { parseJson } from '../fhir/json.ts'
import { FhirError } from '../fhir/outcome.ts'
import type { Resource } from '../fhir/resource.ts'
import type { AppContext } from '../interactions/context.ts'
import type { Operation, OperationInput } from '../interactions/operation.ts'
import { absent } from '../interactions/read.ts'
import type { Result } from '../interactions/result.ts'
import type { Version } from '../store/store.ts'
import { readInputs, readText } from './input/parameters.ts'

export const operation: Operation = {
  code: 'diff',
  definition: 'https://musubi.example/fhir/OperationDefinition/diff',
  levels: ['instance'],
  affectsState: false,
  run,
}

/** Versions looked through for the one before. */
const MAX_VERSIONS = 1_000

const TEXT = { max: 1, value: 'text' } as const

/** Answers with the patch that makes `to` (the current version where not given) of `from` (the one before it). */
async function run(context: AppContext, input: OperationInput): Promise<Result> {
  const inputs = readInputs(context, input, { from: TEXT, to: TEXT })
  if (!input.policy.may('vread', input.type!) && !input.policy.may('read', input.type!))
    throw new FhirError('forbidden', 'The scopes granted do not allow this read')
  const to = await readVersion(context, input, readText(inputs, 'to'))
  const from = readText(inputs, 'from')
  const before =
    from === undefined ? await readBefore(context, input, to) : await readVersion(context, input, from)
  const patch = buildDiff(context.definitions, parse(before), parse(to))
  return { kind: 'resource', resource: patch }
}

async function readVersion(
  { store }: AppContext,
  { policy, type, id }: OperationInput,
  versionId?: string,
): Promise<Version> {
  const version = await store.read(policy.readPlan(type!, id!, versionId))
  if (!version) throw absent(type!)
  return version
}

// The newest of those that came before; the first version has none, and is what was added to nothing.
async function readBefore(
  { store }: AppContext,
  { policy, type, id }: OperationInput,
  to: Version,
): Promise<Version> {
  const page = await store.history(
    policy.historyPlan({ types: [type!], id: id!, count: MAX_VERSIONS, total: 'none' }),
  )
  const at = page.matches.findIndex(({ versionId }) => versionId === to.versionId)
  const before = at < 0 ? undefined : page.matches[at + 1]
  if (!before) throw new FhirError('not-found', 'There is no version before this one')
  return before
}

function parse({ document, type }: Version): Resource {
  if (document === undefined)
    throw new FhirError('unprocessable', `One of these versions is a deletion of the ${type}`)
  return parseJson(document) as Resource
}
