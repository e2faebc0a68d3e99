// What must still be true for a change to be made, checked inside the transaction. https://hl7.org/fhir/R4/http.html#concurrency
import type { SearchPlan } from '../../access/plan.ts'
import { FhirError } from '../../fhir/outcome.ts'
import type { Connection } from './connection.ts'
import type { PackedChange } from './message.ts'
import { searchPage } from './search.ts'
import type { Standing } from './standing.ts'

/**
 * Throws FhirError `version-mismatch` where another version stands than the one expected, `conflict` where the expected
 * match set is another, `multiple-matches` where more than the one expected matches.
 */
export function checkExpectation(
  connection: Connection,
  change: Exclude<PackedChange, { kind: 'index' }>,
  standing: Standing | undefined,
): void {
  const { version, noMatch, oneMatch } = change.expect
  if (version !== undefined) checkVersion(version, standing)
  if (noMatch && findMatches(connection, noMatch).length > 0)
    throw new FhirError('conflict', 'A resource that matches the condition has appeared in the meantime')
  if (oneMatch) checkOne(findMatches(connection, oneMatch.plan), oneMatch.ref)
}

function checkVersion(expected: string | null, standing: Standing | undefined): void {
  const current = standing && !standing.deleted ? standing.versionId : null
  if (current === expected) return
  const found = current === null ? 'nothing stands here' : `the current version is ${current}`
  const wanted = expected === null ? 'nothing to stand here' : `version ${expected}`
  throw new FhirError('version-mismatch', `The change expects ${wanted}, but ${found}`)
}

function checkOne(refs: readonly string[], expected: string): void {
  if (refs.length > 1) throw new FhirError('multiple-matches', 'More than one resource matches the condition')
  if (refs[0] !== expected)
    throw new FhirError('conflict', 'The resource that matched the condition has changed in the meantime')
}

function findMatches(connection: Connection, plan: SearchPlan): string[] {
  const page = searchPage(connection, {
    kind: 'search',
    query: { ...plan.query, sort: [], count: 2, total: 'none', includes: [] },
  })
  // Without a budget it never answers `heavy`.
  return page === 'heavy' ? [] : page.matches.map(({ type, id }) => `${type}/${id}`)
}
