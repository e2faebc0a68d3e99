// The label rules that come with the server: rules.json and the value sets beside it, read once at start. https://hl7.org/fhir/R4/security-labels.html
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { LabelRule } from '../access/labels/rules.ts'
import { parseJson } from '../fhir/json.ts'
import { FhirError } from '../fhir/outcome.ts'
import type { Resource } from '../fhir/resource.ts'

const RULES = 'rules.json'

/**
 * Returns the rules of `folder` with their value sets, in the order of `rules.json`. What is posted to the server with the url of
 * such a value set changes nothing: who may post must not decide what is labelled. Throws FhirError `invalid` for a value set
 * that is not there, and what `readFileSync` throws for a file that cannot be read.
 */
export function readLabelRules(folder: string): readonly LabelRule[] {
  const valueSets = new Map<unknown, Resource>(
    readdirSync(folder)
      .filter((file) => file.startsWith('ValueSet-') && file.endsWith('.json'))
      .map((file) => read<Resource>(folder, file))
      .map((valueSet) => [valueSet['url'], valueSet]),
  )
  return read<readonly Row[]>(folder, RULES).map(({ id, label, valueSet: url }) => {
    const valueSet = valueSets.get(url)
    if (!valueSet)
      throw new FhirError('invalid', `${RULES}: the value set ${url} of ${id} is not in the folder`)
    return { id, label, valueSet }
  })
}

interface Row {
  readonly id: string
  readonly label: string
  /** Canonical of a value set in the folder. */
  readonly valueSet: string
}

function read<T>(folder: string, file: string): T {
  return parseJson(readFileSync(join(folder, file))) as T
}
