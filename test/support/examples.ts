// The official examples of R4, one by one. https://www.npmjs.com/package/hl7.fhir.r4.examples
import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { parseJson } from '../../src/fhir/json.ts'
import type { Resource } from '../../src/fhir/resource.ts'

const FOLDER = dirname(createRequire(import.meta.url).resolve('hl7.fhir.r4.examples/package.json'))

/** Yields every resource of the package with the name of its file, numbers kept as they are written. */
export function* officialExamples(): Generator<readonly [name: string, resource: Resource]> {
  for (const name of readdirSync(FOLDER)) {
    if (!name.endsWith('.json') || name === 'package.json' || name.startsWith('.')) continue
    const resource = parseJson(readFileSync(join(FOLDER, name))) as unknown as Resource
    if (typeof resource.resourceType === 'string') yield [name, resource]
  }
}
