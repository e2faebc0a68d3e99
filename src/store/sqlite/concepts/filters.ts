// The filters of a value set as conditions on the tables of a code system. https://hl7.org/fhir/R4/valueset-filter-operator.html
import type { ConceptFilter } from '../../../fhir/code-system.ts'

export type Value = string | number
export type Ask = <Row>(sql: string, values: readonly Value[]) => Row[]

/** A part of a WHERE clause on `concept.pos`, with its values. */
export interface Condition {
  readonly sql: string
  readonly values: readonly Value[]
}

/** `SELECT … AS pos` with a WHERE clause: the positions of those that fit, each once; `column` is what `pos` is made of. */
export interface Driver extends Condition {
  readonly column: string
  /** From the text index, which goes on to the next concept with the words, however far that is. */
  readonly isText?: boolean
}

/** What one filter asks: as a condition on a concept, and where an index finds them also as a driver. */
export interface Term {
  readonly condition: Condition
  readonly driver?: Driver
  /** How many fit, where that is known without counting. */
  readonly size?: number
}

export interface Tables {
  readonly ask: Ask
  readonly isHierarchical: boolean
  /** How many concepts there are. */
  readonly count: number
  positionOf(code: string): number | undefined
}

/** Positions of which the first is not one. */
export interface Range {
  readonly after: number
  readonly to: number
}

/** Returns the query for what a driver gives in a range. Numbers are bound as floats, which the text index takes for no range. */
export function toRange({ sql, values, column }: Driver, { after, to }: Range): Condition {
  const [low, high] = [`${column} > CAST(? AS INTEGER)`, `${column} <= CAST(? AS INTEGER)`]
  return { sql: `${sql} AND ${low} AND ${high}`, values: [...values, after, to] }
}

const LIST = '(SELECT value FROM json_each(?))'
const NONE: Term = { condition: { sql: '0', values: [] }, size: 0 }
const ALL: Term = { condition: { sql: '1', values: [] } }
/** So few concepts with a property are found by it; where there are more a page of them is soon full. */
const RARE = 2_000

/** Returns the terms of a filter; undefined where only a look at each concept can tell, or nothing can. */
export function toTerm(filter: ConceptFilter, tables: Tables): Term | undefined {
  const { property } = filter
  if (property === 'concept' || property === 'code') return toCodeTerm(filter, tables)
  if (property === 'parent') return toParentTerm(filter, tables)
  if (property === 'display') return toDisplayTerm(filter)
  return toPropertyTerm(filter, tables)
}

function listOf({ op, value }: ConceptFilter): readonly string[] {
  return op === '=' ? [value] : value.split(',').map((each) => each.trim())
}

function toCodeTerm(filter: ConceptFilter, tables: Tables): Term | undefined {
  const { op, value } = filter
  switch (op) {
    case '=':
    case 'in':
      return toPositions(toExact(listOf(filter), tables))
    case 'is-a':
    case 'is-not-a':
    case 'descendent-of':
      return toBeneath(op, positionsOf(listOf({ ...filter, op: 'in' }), tables), tables)
    case 'generalizes':
      return toAbove(tables.positionOf(value), tables)
  }
  return undefined
}

function positionsOf(codes: readonly string[], { positionOf }: Tables): readonly number[] {
  return codes.map(positionOf).filter((pos) => pos !== undefined)
}

// By the very code, also where case makes no difference elsewhere.
function toExact(codes: readonly string[], { ask }: Tables): readonly number[] {
  const sql = `SELECT pos FROM concept WHERE code IN ${LIST}`
  return ask<{ pos: number }>(sql, [JSON.stringify(codes)]).map(({ pos }) => pos)
}

/** Returns the term of these concepts. */
export function toPositions(positions: readonly number[]): Term {
  const values = [JSON.stringify(positions)]
  return {
    condition: { sql: `concept.pos IN ${LIST}`, values },
    driver: { sql: `SELECT pos FROM concept WHERE pos IN ${LIST}`, values, column: 'pos' },
    size: new Set(positions).size,
  }
}

function toBeneath(
  op: 'is-a' | 'is-not-a' | 'descendent-of',
  positions: readonly number[],
  { isHierarchical, ask }: Tables,
): Term {
  if (positions.length === 0) return op === 'is-not-a' ? ALL : NONE
  const values = [JSON.stringify(positions)]
  // Without a hierarchy a code lies above and below itself alone.
  if (!isHierarchical) {
    if (op === 'descendent-of') return NONE
    const term = toPositions(positions)
    return op === 'is-a' ? term : { condition: { sql: `concept.pos NOT IN ${LIST}`, values } }
  }
  const itself = op === 'descendent-of' ? ' AND pos <> above' : ''
  const beneath = `EXISTS (SELECT 1 FROM closure WHERE above IN ${LIST} AND pos = concept.pos${itself})`
  if (op === 'is-not-a') return { condition: { sql: `NOT ${beneath}`, values } }
  const single = positions.length === 1
  const below = 'SELECT sum(max(below, 1)) AS n FROM concept WHERE pos IN '
  const size = ask<{ n: number }>(`${below}${LIST}`, values)[0]!.n - (itself === '' ? 0 : 1)
  return {
    condition: { sql: beneath, values },
    driver: single
      ? { sql: `SELECT pos FROM closure WHERE above = ?${itself}`, values: positions, column: 'pos' }
      : {
          sql: `SELECT DISTINCT pos FROM closure WHERE above IN ${LIST}${itself}`,
          values,
          column: 'pos',
        },
    // Of several the branches may share concepts.
    ...(single && { size }),
  }
}

function toAbove(pos: number | undefined, { isHierarchical }: Tables): Term {
  if (pos === undefined) return NONE
  if (!isHierarchical) return toPositions([pos])
  return {
    condition: {
      sql: 'EXISTS (SELECT 1 FROM closure WHERE closure.above = concept.pos AND closure.pos = ?)',
      values: [pos],
    },
    driver: { sql: 'SELECT above AS pos FROM closure WHERE pos = ?', values: [pos], column: 'above' },
  }
}

function toParentTerm(filter: ConceptFilter, tables: Tables): Term | undefined {
  const { op } = filter
  if (op === 'exists') {
    const has = 'EXISTS (SELECT 1 FROM parent WHERE pos = concept.pos)'
    return { condition: { sql: filter.value === 'false' ? `NOT ${has}` : has, values: [] } }
  }
  if (op !== '=' && op !== 'in' && op !== 'not-in') return undefined
  const parents = toExact(listOf(filter), tables)
  if (parents.length === 0) return op === 'not-in' ? ALL : NONE
  const values = [JSON.stringify(parents)]
  const sql = `EXISTS (SELECT 1 FROM parent WHERE pos = concept.pos AND parent IN ${LIST})`
  if (op === 'not-in') return { condition: { sql: `NOT ${sql}`, values } }
  const select = `SELECT DISTINCT pos FROM parent WHERE parent IN ${LIST}`
  return { condition: { sql, values }, driver: { sql: select, values, column: 'pos' } }
}

function toDisplayTerm(filter: ConceptFilter): Term | undefined {
  if (filter.op !== '=' && filter.op !== 'in') return undefined
  const values = [JSON.stringify(listOf(filter))]
  return { condition: { sql: `concept.display IN ${LIST}`, values } }
}

function toPropertyTerm(filter: ConceptFilter, { ask }: Tables): Term | undefined {
  const { property, op, value } = filter
  if (op === '=')
    return {
      condition: {
        sql: 'EXISTS (SELECT 1 FROM property WHERE name = ? AND value = ? AND pos = concept.pos)',
        values: [property, value],
      },
      driver: {
        sql: 'SELECT pos FROM property WHERE name = ? AND value = ?',
        values: [property, value],
        column: 'pos',
      },
    }
  if (op === 'in') {
    const values = [property, JSON.stringify(listOf(filter))]
    return {
      condition: {
        sql: `EXISTS (SELECT 1 FROM property WHERE name = ? AND value IN ${LIST} AND pos = concept.pos)`,
        values,
      },
      driver: {
        sql: `SELECT DISTINCT pos FROM property WHERE name = ? AND value IN ${LIST}`,
        values,
        column: 'pos',
      },
    }
  }
  return op === 'exists' && value !== 'false' ? toRareProperty(property, ask) : undefined
}

function toRareProperty(property: string, ask: Ask): Term | undefined {
  const found = ask<{ pos: number }>('SELECT pos FROM property WHERE name = ? LIMIT 0 + ?', [
    property,
    RARE + 1,
  ])
  return found.length > RARE ? undefined : toPositions(found.map(({ pos }) => pos))
}
