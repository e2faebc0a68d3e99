// $reindex: indexes what is stored by posted SearchParameters and puts them in force. https://hl7.org/fhir/R4/searchparameter.html
import { toRole } from '../access/roles.ts'
import { parseJson } from '../fhir/json.ts'
import { FhirError } from '../fhir/outcome.ts'
import type { Resource } from '../fhir/resource.ts'
import type { AppContext } from '../interactions/context.ts'
import type { Operation, OperationInput } from '../interactions/operation.ts'
import { createPacer } from '../interactions/pace.ts'
import type { Result } from '../interactions/result.ts'
import { type PostedParameter, toRecord } from '../interactions/search-parameters.ts'
import { ALL } from '../search/query.ts'
import type { Reader, Version } from '../store/store.ts'
import { readInputs } from './input/parameters.ts'

export const operation: Operation = {
  code: 'reindex',
  definition: 'https://musubi.example/fhir/OperationDefinition/reindex',
  levels: ['system'],
  affectsState: true,
  run,
}

const BATCH = 200

/** Posted parameters with the version of the SearchParameter that each is read from. */
type Versions = ReadonlyMap<PostedParameter, string>

async function run(context: AppContext, input: OperationInput): Promise<Result> {
  if (toRole(input.policy.principal.subject) !== 'system')
    throw new FhirError('forbidden', '$reindex is for system clients only')
  const urls = readInputs(context, input, { url: { max: '*', value: 'text' } })('url').map(String)
  // Another process may have posted one.
  await context.searchParameters.refresh()
  const chosen = choose(context.searchParameters.posted, urls)
  const versions = await readVersions(context, input, chosen)
  const resources = await indexAll(context, input, new Set(chosen.flatMap(({ base }) => base)))
  await activate(context, input, versions)
  const parameter = [
    { name: 'resources', valueInteger: resources },
    ...chosen.map((each) => ({ name: 'parameter', valueUri: each.parameter.url })),
  ]
  return { kind: 'resource', resource: { resourceType: 'Parameters', parameter } }
}

function choose(posted: readonly PostedParameter[], urls: readonly string[]): readonly PostedParameter[] {
  if (urls.length === 0) return posted.filter(({ state }) => state === 'building')
  const unknown = urls.find((url) => !posted.some(({ parameter }) => parameter.url === url))
  if (unknown === undefined) return posted.filter(({ parameter }) => urls.includes(parameter.url))
  throw new FhirError(
    'invalid',
    'url names no SearchParameter that was posted, is active and adds a code of its own',
  )
}

async function readVersions(
  { store }: AppContext,
  { policy }: OperationInput,
  chosen: readonly PostedParameter[],
): Promise<Versions> {
  const versions = new Map<PostedParameter, string>()
  for (const each of chosen) {
    const version = await store.read(policy.readPlan('SearchParameter', each.id))
    if (!version?.document)
      throw new FhirError('forbidden', '$reindex needs a scope to read every SearchParameter it is to build')
    versions.set(each, version.versionId)
  }
  return versions
}

// What changes meanwhile has been indexed by its own write: the store leaves it as it is.
async function indexAll(
  context: AppContext,
  { policy }: OperationInput,
  types: ReadonlySet<string>,
): Promise<number> {
  if (types.size === 0) return 0
  assertWhole(policy, types)
  const pace = createPacer()
  let [count, batch]: [number, Change[]] = [0, []]
  const select = [...types].map((type) => ({ type, where: ALL }))
  for await (const version of context.store.scan(policy.scanPlan(select))) {
    batch.push(toChange(context, policy, version))
    count++
    if (batch.length === BATCH) {
      await context.store.commit(batch)
      batch = []
    }
    await pace()
  }
  if (batch.length > 0) await context.store.commit(batch)
  return count
}

type Policy = OperationInput['policy']
type Change = ReturnType<Policy['reindex']>

// A scan that skips what is hidden would put a parameter in force that does not find everything.
function assertWhole(policy: Policy, types: ReadonlySet<string>): void {
  const partly = [...types].find((type) => !policy.permitsAll('s', type) || !policy.permitsAll('u', type))
  if (partly !== undefined)
    throw new FhirError('forbidden', `$reindex needs a scope to search and update every ${partly}`)
}

function toChange(
  { indexFor }: AppContext,
  policy: Policy,
  { type, id, versionId, document, source }: Version,
): Change {
  return policy.reindex({ type, id, versionId, ...indexFor(parseJson(document!) as Resource, source) })
}

async function activate(context: AppContext, { policy }: OperationInput, versions: Versions): Promise<void> {
  if (versions.size === 0) return
  const records = [...versions.keys()].map((each) => ({
    kind: 'put' as const,
    row: toRecord({ ...each, state: 'active' }),
  }))
  const beforeCommit = async (reader: Reader) => {
    for (const [{ id }, versionId] of versions) {
      const version = await reader.read(policy.readPlan('SearchParameter', id))
      if (version?.versionId !== versionId)
        throw new FhirError(
          'conflict',
          'A SearchParameter was changed while it was built: call $reindex again',
        )
    }
  }
  await context.store.commit([], { records, beforeCommit })
  await context.searchParameters.refresh()
}
