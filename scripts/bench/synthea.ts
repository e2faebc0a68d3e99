// The Synthea bundles that lie beside the checkout. https://synthea.mitre.org
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { parseJson } from '../../src/fhir/json.ts'
import type { Resource } from '../../src/fhir/resource.ts'

const SYNTHEA = new URL('../../../shared/data/synthea/', import.meta.url)

/** Returns the bundles as bytes of JSON; none where they are absent. */
export function readSyntheaBundles(): readonly Uint8Array[] {
  if (!existsSync(SYNTHEA)) return []
  return readdirSync(SYNTHEA)
    .filter((name) => name.endsWith('.json.gz'))
    .map((name) => gunzipSync(readFileSync(new URL(name, SYNTHEA))))
}

/** Returns the resources of the bundles; none where they are absent. */
export function loadSynthea(): readonly Resource[] {
  return readSyntheaBundles().flatMap((bytes) => {
    const { entry } = parseJson(bytes) as { readonly entry: readonly { readonly resource: Resource }[] }
    return entry.map(({ resource }) => resource)
  })
}
