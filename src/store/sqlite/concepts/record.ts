// A concept as it stands in its row. https://hl7.org/fhir/R4/codesystem-definitions.html#CodeSystem.concept
import type { Concept } from '../../../fhir/code-system.ts'
import { parseJson } from '../../../fhir/json.ts'
import type { Ask, Tables } from './filters.ts'

export interface ConceptRecord {
  readonly pos: number
  readonly code: string
  readonly display: string | null
  readonly definition: string | null
  readonly inactive: number
  readonly abstract: number
  readonly designations: string | null
  readonly properties: string | null
}

/** What is selected for a record. */
export const COLUMNS = 'pos code display definition inactive abstract designations properties'
  .split(' ')
  .map((name) => `concept.${name}`)
  .join(', ')

/** Returns the row at a position that there is. */
export function recordAt(ask: Ask, pos: number): ConceptRecord {
  return ask<ConceptRecord>(`SELECT ${COLUMNS} FROM concept WHERE pos = ?`, [pos])[0]!
}

/** Returns the concept with what lies directly above it. */
export function toConcept(ask: Ask, row: ConceptRecord): Concept {
  const parents = ask<{ code: string }>(
    'SELECT code FROM parent JOIN concept ON concept.pos = parent WHERE parent.pos = ?',
    [row.pos],
  )
  return { ...toBare(row), parents: parents.map(({ code }) => code) }
}

/** Returns the concept without its parents, which a look at one concept does not ask for. */
export function toBare(row: ConceptRecord): Concept {
  return {
    code: row.code,
    ...(row.display !== null && { display: row.display }),
    ...(row.definition !== null && { definition: row.definition }),
    designations: row.designations === null ? [] : (JSON.parse(row.designations) as Concept['designations']),
    properties: row.properties === null ? [] : readProperties(row.properties),
    parents: [],
    inactive: row.inactive === 1,
    abstract: row.abstract === 1,
  }
}

// Only decimals have digits to keep, and most systems have none.
function readProperties(text: string): Concept['properties'] {
  return (text.includes('"decimal"') ? parseJson(text) : JSON.parse(text)) as Concept['properties']
}

/** Returns the codes above or below `code` and itself, in the order of the system; none where there is no such code. */
export function listClosure(
  { ask, isHierarchical, positionOf }: Tables,
  code: string,
  direction: 'up' | 'down',
  limit: number,
): readonly string[] {
  const pos = positionOf(code)
  if (pos === undefined) return []
  if (!isHierarchical) return [recordAt(ask, pos).code]
  const [by, other] = direction === 'down' ? ['above', 'pos'] : ['pos', 'above']
  const sql = `SELECT code FROM closure JOIN concept ON concept.pos = closure.${other} WHERE closure.${by} = ? ORDER BY closure.${other} LIMIT 0 + ?`
  return ask<{ code: string }>(sql, [pos, limit]).map((row) => row.code)
}
