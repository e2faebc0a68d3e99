// A code system read from its file: every question but a scan by an expression is an index seek. https://hl7.org/fhir/R4/valueset-filter-operator.html
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { setImmediate as pause } from 'node:timers/promises'
import type {
  CodeSystemHead,
  CodeSystemSource,
  Concept,
  ConceptFilter,
  ConceptSelection,
} from '../../../fhir/code-system.ts'
import { createMatcher } from '../../../fhir/terminology/filter.ts'
import { foldedTexts, holdsWords } from '../../../fhir/terminology/words.ts'
import { toQuery } from './schema.ts'

type Value = string | number

/** A part of a WHERE clause on `concept.pos`, with its values. */
interface Condition {
  readonly sql: string
  readonly values: readonly Value[]
}

interface ConceptRecord {
  readonly pos: number
  readonly code: string
  readonly display: string | null
  readonly definition: string | null
  readonly inactive: number
  readonly abstract: number
  readonly designations: string | null
  readonly properties: string | null
}

export interface OpenSource extends CodeSystemSource {
  close(): void
}

const COLUMNS = ['pos', 'code', 'display', 'definition', 'inactive', 'abstract', 'designations', 'properties']
  .map((name) => `concept.${name}`)
  .join(', ')
/** Concepts that are looked at between two turns of the event loop. */
const CHUNK = 1_000
/** Totals beyond it are not counted to the end. */
const MAX_COUNTED = 10_001

/** Opens the file of a code system. */
export function openSource(file: string): OpenSource {
  const database = new DatabaseSync(file, { readOnly: true })
  database.exec('PRAGMA cache_size = -16384; PRAGMA mmap_size = 1073741824;')
  const statements = new Map<string, StatementSync>()
  const prepare = (sql: string) => {
    const statement = statements.get(sql) ?? database.prepare(sql)
    statements.set(sql, statement)
    return statement
  }
  const all = <Row>(sql: string, values: readonly Value[]) => prepare(sql).all(...values) as unknown as Row[]
  const head = JSON.parse(all<{ head: string }>('SELECT head FROM meta', [])[0]!.head) as CodeSystemHead
  const count = all<{ n: number }>('SELECT coalesce(max(pos) + 1, 0) AS n FROM concept', [])[0]!.n
  const isHierarchical = all('SELECT 1 FROM parent LIMIT 1', []).length > 0

  const positionOf = (code: string): number | undefined => {
    const exact = all<{ pos: number }>('SELECT pos FROM concept WHERE code = ?', [code])[0]
    if (exact || head.caseSensitive) return exact?.pos
    return all<{ pos: number }>('SELECT pos FROM concept WHERE lower(code) = lower(?)', [code])[0]?.pos
  }
  const toBare = (row: ConceptRecord): Concept => ({
    code: row.code,
    ...(row.display !== null && { display: row.display }),
    ...(row.definition !== null && { definition: row.definition }),
    designations: row.designations === null ? [] : (JSON.parse(row.designations) as Concept['designations']),
    properties: row.properties === null ? [] : (JSON.parse(row.properties) as Concept['properties']),
    parents: [],
    inactive: row.inactive === 1,
    abstract: row.abstract === 1,
  })
  const toConcept = (row: ConceptRecord): Concept => {
    const parents = all<{ code: string }>(
      'SELECT code FROM parent JOIN concept ON concept.pos = parent WHERE parent.pos = ?',
      [row.pos],
    )
    return { ...toBare(row), parents: parents.map(({ code }) => code) }
  }
  const closureOf = (code: string, direction: 'up' | 'down', limit: number): readonly string[] => {
    const pos = positionOf(code)
    if (pos === undefined) return []
    if (!isHierarchical)
      return [all<{ code: string }>('SELECT code FROM concept WHERE pos = ?', [pos])[0]!.code]
    const [by, other] = direction === 'down' ? ['above', 'pos'] : ['pos', 'above']
    const sql = `SELECT code FROM closure JOIN concept ON concept.pos = closure.${other} WHERE closure.${by} = ? ORDER BY closure.${other} LIMIT ?`
    return all<{ code: string }>(sql, [pos, limit]).map((row) => row.code)
  }
  const below = (pos: number) =>
    Math.max(1, all<{ below: number }>('SELECT below FROM concept WHERE pos = ?', [pos])[0]?.below ?? 0)
  const matches = (words: readonly string[]) => {
    const sql = 'SELECT count(*) AS n FROM (SELECT 1 FROM words WHERE words MATCH ? LIMIT ?)'
    return all<{ n: number }>(sql, [toQuery(words), RARE + 1])[0]!.n
  }
  const planOf = (selection: ConceptSelection) =>
    planSelection(selection, { positionOf, isHierarchical, below, matches })
  const matchersOf = (filters: readonly ConceptFilter[]) =>
    filters.map((filter) =>
      createMatcher(filter, (code, direction) => closureOf(code, direction, MAX_COUNTED)),
    )

  const rowsOf = ({ driver, conditions }: Plan, after: number, limit: number, offset = 0) => {
    // The order of the join is the order of the page: what drives it is walked by position until the page is full.
    const from = driver ? `${driver.table} CROSS JOIN concept ON concept.pos = ${driver.pos}` : 'concept'
    const order = driver?.pos ?? 'concept.pos'
    const where = [...(driver ? [driver.sql] : []), `${order} > ?`, ...conditions.map(({ sql }) => sql)].join(
      ' AND ',
    )
    const values = [
      ...(driver?.values ?? []),
      after,
      ...conditions.flatMap((each) => each.values),
      limit,
      offset,
    ]
    return all<ConceptRecord>(
      `SELECT ${COLUMNS} FROM ${from} WHERE ${where} ORDER BY ${order} LIMIT ? OFFSET ?`,
      values,
    )
  }

  const countOf = ({ driver, conditions }: Plan): number => {
    // Without other conditions the driver's own rows are enough.
    const isAlone = driver && conditions.length === 0
    const from = isAlone
      ? driver.table
      : driver
        ? `${driver.table} CROSS JOIN concept ON concept.pos = ${driver.pos}`
        : 'concept'
    const where = [...(driver ? [driver.sql] : []), ...conditions.map(({ sql }) => sql)].join(' AND ')
    const values = [...(driver?.values ?? []), ...conditions.flatMap((each) => each.values), MAX_COUNTED]
    return all<{ n: number }>(
      `SELECT count(*) AS n FROM (SELECT 1 FROM ${from} WHERE ${where} LIMIT ?)`,
      values,
    )[0]!.n
  }

  // What only an expression can tell is asked of each concept that the indexes leave.
  async function* scan(plan: Plan): AsyncGenerator<ConceptRecord> {
    const matchers = matchersOf(plan.rest)
    for (let after = -1; ; ) {
      const rows = rowsOf(plan, after, CHUNK)
      for (const row of rows) {
        const concept = toBare(row)
        const holds = plan.words.length === 0 || holdsWords(foldedTexts(concept), plan.words)
        if (holds && matchers.every((matches) => matches(concept))) yield row
      }
      if (rows.length < CHUNK) return
      after = rows.at(-1)!.pos
      await pause()
    }
  }

  return {
    ...head,
    count,
    isHierarchical,
    async concept(code) {
      const pos = positionOf(code)
      return pos === undefined
        ? undefined
        : toConcept(all<ConceptRecord>(`SELECT ${COLUMNS} FROM concept WHERE pos = ?`, [pos])[0]!)
    },
    async selects(selection, code) {
      const pos = positionOf(code)
      if (pos === undefined) return false
      const { conditions } = planConditions(selection, positionOf, isHierarchical)
      const at: Condition = { sql: 'concept.pos = ?', values: [pos] }
      const [row] = rowsOf({ conditions: [at, ...conditions.list], rest: [], words: [] }, -1, 1)
      if (!row) return false
      const concept = toConcept(row)
      const { words = [] } = selection
      return (
        (words.length === 0 || holdsWords(foldedTexts(concept), words)) &&
        matchersOf(conditions.rest).every((matches) => matches(concept))
      )
    },
    async select(selection, offset, limit) {
      const plan = planOf(selection)
      if (isDirect(plan)) return rowsOf(plan, -1, limit, offset).map(toConcept)
      const found: Concept[] = []
      let at = 0
      if (limit > 0)
        for await (const row of scan(plan)) {
          if (at++ >= offset) found.push(toConcept(row))
          if (found.length === limit) break
        }
      return found
    },
    async total(selection) {
      const plan = planOf(selection)
      if (isDirect(plan) && plan.conditions.length === 0) {
        if (!plan.driver) return count
        if (plan.driver.size !== undefined) return plan.driver.size
      }
      if (count > SMALL && isCostly(plan)) return undefined
      let found = 0
      if (!isDirect(plan)) {
        for await (const _ of scan(plan)) if (++found === MAX_COUNTED) break
        return found
      }
      return countOf(plan)
    },
    closure: async (code, direction, limit) => closureOf(code, direction, limit + 1),
    async subsumes(ancestor, code) {
      const [above, pos] = [positionOf(ancestor), positionOf(code)]
      if (above === undefined || pos === undefined) return false
      return (
        above === pos || all('SELECT 1 FROM closure WHERE above = ? AND pos = ?', [above, pos]).length > 0
      )
    },
    close: () => database.close(),
  }
}

/** What a page is walked by: a table with its own order of positions. */
interface Driver extends Condition {
  readonly table: string
  readonly pos: string
  /** How many it gives, where that is known. */
  readonly size?: number
}

interface Plan {
  readonly driver?: Driver
  readonly conditions: readonly Condition[]
  /** Filters that no index answers. */
  readonly rest: readonly ConceptFilter[]
  /** Words to look for in each concept, where they do not drive. */
  readonly words: readonly string[]
}

function isDirect({ rest, words }: Plan): boolean {
  return rest.length === 0 && words.length === 0
}

/** Beneath so few concepts each is looked at for its words. */
const FEW = 20_000

/** So few matches of words are looked at one by one. */
const RARE = 2_000
/** Of a system of so few concepts everything is counted. */
const SMALL = 20_000

// Whether counting would look at more than a page is worth.
function isCostly({ driver, conditions, rest, words }: Plan): boolean {
  if (rest.length === 0 && words.length === 0 && conditions.length === 0) return false
  return (driver?.size ?? Number.POSITIVE_INFINITY) > RARE
}

interface Planning {
  readonly matches: (words: readonly string[]) => number
  readonly positionOf: (code: string) => number | undefined
  readonly isHierarchical: boolean
  readonly below: (pos: number) => number
}

// The rarest is walked: concepts beneath another, those with a property, or those with the words.
function planSelection(
  selection: ConceptSelection,
  { positionOf, isHierarchical, below, matches }: Planning,
): Plan {
  const { filters, words = [] } = selection
  const beneath = isHierarchical
    ? filters.find(
        ({ op, property, value }) => op === 'is-a' && property !== 'parent' && !value.includes(','),
      )
    : undefined
  const pos = beneath && positionOf(beneath.value)
  const size = pos === undefined ? undefined : below(pos)
  const found = words.length === 0 ? undefined : matches(words)
  const areRare = found !== undefined && found <= RARE
  if (pos !== undefined && size !== undefined && !areRare && (found === undefined || size <= FEW)) {
    const others = filters.filter((each) => each !== beneath)
    const { list, rest } = conditionsOf(selection, others, positionOf, isHierarchical)
    const driver: Driver = { table: 'closure AS d', pos: 'd.pos', sql: 'd.above = ?', values: [pos], size }
    return { driver, conditions: list, rest, words }
  }
  if (words.length > 0) {
    const { list, rest } = conditionsOf(selection, filters, positionOf, isHierarchical)
    const text: Driver = {
      table: 'words',
      pos: 'words.rowid',
      sql: 'words MATCH ?',
      values: [toQuery(words)],
    }
    return { driver: areRare ? { ...text, size: found } : text, conditions: list, rest, words: [] }
  }
  const stated = filters.find(
    ({ property, op }) => op === '=' && !['concept', 'code', 'display', 'parent'].includes(property),
  )
  const { list, rest } = conditionsOf(
    selection,
    filters.filter((each) => each !== stated),
    positionOf,
    isHierarchical,
  )
  if (!stated) return { conditions: list, rest, words: [] }
  const driver: Driver = {
    table: 'property AS d',
    pos: 'd.pos',
    sql: 'd.name = ? AND d.value = ?',
    values: [stated.property, stated.value],
  }
  return { driver, conditions: list, rest, words: [] }
}

interface Conditions {
  readonly list: readonly Condition[]
  readonly rest: readonly ConceptFilter[]
}

function planConditions(
  selection: ConceptSelection,
  positionOf: Planning['positionOf'],
  isHierarchical: boolean,
): { readonly conditions: Conditions } {
  return { conditions: conditionsOf(selection, selection.filters, positionOf, isHierarchical) }
}

function conditionsOf(
  { activeOnly }: ConceptSelection,
  filters: readonly ConceptFilter[],
  positionOf: Planning['positionOf'],
  isHierarchical: boolean,
): Conditions {
  const list: Condition[] = activeOnly ? [{ sql: 'concept.inactive = 0', values: [] }] : []
  const rest: ConceptFilter[] = []
  for (const filter of filters) {
    const condition = toCondition(filter, positionOf, isHierarchical)
    if (condition) list.push(condition)
    else rest.push(filter)
  }
  return { list, rest }
}

const NONE: Condition = { sql: '0', values: [] }

function toCondition(
  { property, op, value }: ConceptFilter,
  positionOf: (code: string) => number | undefined,
  isHierarchical: boolean,
): Condition | undefined {
  const isCode = property === 'concept' || property === 'code'
  if (isCode && ['is-a', 'descendent-of', 'is-not-a', 'generalizes'].includes(op)) {
    if (value.includes(',')) return undefined
    const pos = positionOf(value)
    if (pos === undefined) return op === 'is-not-a' ? { sql: '1', values: [] } : NONE
    return isHierarchical ? toHierarchy(op, pos) : toFlat(op, pos)
  }
  if (property === 'parent' && op === '=') {
    const pos = positionOf(value)
    return pos === undefined
      ? NONE
      : { sql: 'concept.pos IN (SELECT pos FROM parent WHERE parent = ?)', values: [pos] }
  }
  if (isCode || property === 'display') return undefined
  const values = op === '=' ? [value] : op === 'in' ? value.split(',').map((each) => each.trim()) : undefined
  if (values)
    return {
      sql: `EXISTS (SELECT 1 FROM property WHERE name = ? AND value IN (${values.map(() => '?').join(', ')}) AND pos = concept.pos)`,
      values: [property, ...values],
    }
  if (op === 'exists' && value !== 'false')
    return { sql: 'concept.pos IN (SELECT pos FROM property WHERE name = ?)', values: [property] }
  return undefined
}

function toHierarchy(op: string, pos: number): Condition {
  const beneath = 'EXISTS (SELECT 1 FROM closure WHERE above = ? AND pos = concept.pos)'
  if (op === 'is-a') return { sql: beneath, values: [pos] }
  if (op === 'descendent-of') return { sql: `${beneath} AND concept.pos <> ?`, values: [pos, pos] }
  if (op === 'is-not-a')
    return { sql: 'NOT EXISTS (SELECT 1 FROM closure WHERE above = ? AND pos = concept.pos)', values: [pos] }
  return { sql: 'concept.pos IN (SELECT above FROM closure WHERE pos = ?)', values: [pos] }
}

// Without a hierarchy a code lies above and below itself alone.
function toFlat(op: string, pos: number): Condition {
  if (op === 'descendent-of') return NONE
  return { sql: op === 'is-not-a' ? 'concept.pos <> ?' : 'concept.pos = ?', values: [pos] }
}
