// Imports one JSON document: a transaction or batch as such, any other Bundle entry by entry, or a single resource.
import { parseJson, stringifyJson } from '../../fhir/json.ts'
import { FhirError, type Issue } from '../../fhir/outcome.ts'
import type { Resource } from '../../fhir/resource.ts'
import { runBundle } from '../../interactions/bundle.ts'
import { prepareAll, storeAll } from '../../interactions/ingest.ts'
import type { ImportRun, Tally } from './ndjson.ts'
import { readWhole, type Source } from './source.ts'

interface BundleResource extends Resource {
  readonly type?: string
  readonly entry?: readonly { readonly resource?: Resource }[]
}

const BATCH_RESOURCES = 500

/** Stores every resource of the document, adding to `tally`; what is refused goes to the reject file. */
export async function importDocument(run: ImportRun, source: Source, tally: Tally): Promise<void> {
  try {
    const document = parseJson(await readWhole(source)) as BundleResource
    if (document.resourceType !== 'Bundle') await importResources(run, source, [document], tally)
    else if (document.type === 'transaction' || document.type === 'batch')
      await importRequests(run, source, document, tally)
    else await importResources(run, source, toResources(document), tally)
  } catch (error) {
    if (!(error instanceof FhirError)) throw error
    reject(run, source, tally, 0, error.issues)
  }
}

const toResources = ({ entry = [] }: BundleResource) =>
  entry.flatMap(({ resource }) => (resource ? [resource] : []))

function reject(run: ImportRun, source: Source, tally: Tally, key: number, issues: readonly Issue[]): void {
  tally.rejected++
  run.rejects.add(source.file, { key, issues }, undefined)
}

async function importRequests(
  run: ImportRun,
  source: Source,
  bundle: BundleResource,
  tally: Tally,
): Promise<void> {
  const responses = await runBundle(run.context, run.policy, bundle)
  for (const [index, { status, issues }] of responses.entries()) {
    if (status >= 400) reject(run, source, tally, index, issues)
    else if (status === 201) tally.stored++
    else tally.unchanged++
  }
}

async function importResources(
  run: ImportRun,
  source: Source,
  resources: readonly Resource[],
  tally: Tally,
): Promise<void> {
  for (let from = 0; from < resources.length; from += BATCH_RESOURCES) {
    const batch = resources.slice(from, from + BATCH_RESOURCES)
    const candidates = batch.map((resource, n) => ({
      key: from + n,
      bytes: Buffer.from(stringifyJson(resource)),
    }))
    const prepared = await prepareAll(run.context, run.policy, candidates)
    const done = await storeAll(run.context, run.policy, candidates, prepared)
    tally.stored += done.stored
    tally.unchanged += done.unchanged
    for (const { key, issues } of done.rejected) reject(run, source, tally, key, issues)
    run.progress.update(from + batch.length, resources.length, tally.stored + tally.unchanged)
    if (run.stopping()) return
  }
}
