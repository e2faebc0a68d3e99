// Real input, one resource after another: R4's official examples and the Synthea bundles. https://www.npmjs.com/package/hl7.fhir.r4.examples
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { parseJson } from '../../src/fhir/json.ts'
import type { Resource } from '../../src/fhir/resource.ts'

const ROOT = join(import.meta.dirname, '../..')
const EXAMPLES = join(ROOT, 'node_modules/hl7.fhir.r4.examples')
const SYNTHEA = join(ROOT, '../shared/data/synthea')

/** Why tests on the official examples are skipped, or false where they are there. */
export const examplesMissing = existsSync(EXAMPLES)
  ? false
  : 'the package hl7.fhir.r4.examples is not installed'

/** Why tests on the Synthea bundles are skipped, or false where they are there. */
export const syntheaMissing = existsSync(SYNTHEA) ? false : 'shared/data/synthea is not beside the checkout'

export interface Example {
  readonly file: string
  /** Numbers kept as they are written. */
  readonly resource: Resource
}

/** Yields the 5,306 official examples in the order of their names; with `prefix`, those whose name begins so (`Patient-`). */
export function* officialExamples(prefix = ''): Generator<Example> {
  for (const file of readdirSync(EXAMPLES).sort()) {
    if (!file.endsWith('.json') || file === 'package.json' || !file.startsWith(prefix)) continue
    const resource = parseJson(readFileSync(join(EXAMPLES, file))) as Resource
    if (typeof resource.resourceType === 'string') yield { file, resource }
  }
}

/** Yields the transaction bundles of the Synthea patients, whole. */
export function* syntheaBundles(): Generator<Example> {
  for (const file of readdirSync(SYNTHEA).filter((name) => name.endsWith('.json.gz'))) {
    yield { file, resource: parseJson(gunzipSync(readFileSync(join(SYNTHEA, file)))) as Resource }
  }
}
