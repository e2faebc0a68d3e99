// Resources with references of which some are hidden, and what is left of them. https://hl7.org/fhir/R4/references.html#literal
import type { Test } from 'tap'
import { isUniversal } from '../../src/access/directory.ts'
import { loadDefinitions } from '../../src/fhir/definitions.ts'
import { stringifyJson } from '../../src/fhir/json.ts'
import { listReferences } from '../../src/fhir/list-references.ts'
import { essentialReferences, type Ground, prune } from '../../src/fhir/prune.ts'
import type { Resource } from '../../src/fhir/resource.ts'

const isPersonal = (type: string) => !isUniversal(type)

/** The base of the server of these tests. */
export const baseUrl = 'https://own.example/fhir'

/** R4, that base, and the types that belong to people. */
export const ground: Ground = { definitions: loadDefinitions(), baseUrl, isPersonal }

/** Returns what is left where these keys are hidden. */
export function hide(resource: object, ...hidden: readonly string[]): Resource | undefined {
  return prune(resource as Resource, (key) => hidden.includes(key), ground)
}

/** Returns the essential references, sorted. */
export function essential(resource: object): readonly string[] {
  return [...essentialReferences(resource as Resource, ground)].sort()
}

/** Hidden in every row, with all that a Reference may say. */
export const hiddenRef = { reference: 'Observation/h', display: 'secret', type: 'Observation' }

/** Hidden in none. */
export const shownRef = { reference: 'Observation/s' }

/** Valid, without references. */
export const observation = { resourceType: 'Observation', status: 'final', code: { text: 'c' } }

export interface PruneRow {
  readonly rule: string
  readonly of: object
  /** Undefined where nothing is left. */
  readonly left: object | undefined
}

const HIDDEN = ['Observation/h', 'RelatedPerson/h', 'Patient/h', 'Practitioner/h']

/** Tests each row: what is left, that it was foretold and listed, and that nothing is changed in place. */
export function testRows(t: Test, rows: readonly PruneRow[]): void {
  for (const { rule, of, left } of rows)
    t.test(rule, async (t) => {
      const before = stringifyJson(of)
      const pruned = hide(of, ...HIDDEN)
      t.equal(stringifyJson(pruned), left && stringifyJson(left))
      t.equal(stringifyJson(of), before, 'nothing is changed in place')
      const isForetold = essential(of).some((key) => HIDDEN.includes(key))
      t.equal(isForetold, left === undefined)
      const listed = listReferences(Buffer.from(before), isPersonal, baseUrl)
      if (pruned !== of) t.ok(listed.some((key) => HIDDEN.includes(key)))
    })
}
