// Pages and totals of a selection, found in short steps. https://hl7.org/fhir/R4/valueset-operation-expand.html
import type { Concept, ConceptFilter, ConceptSelection } from '../../../fhir/code-system.ts'
import { FhirError } from '../../../fhir/outcome.ts'
import { createMatcher } from '../../../fhir/terminology/filter.ts'
import { foldedTexts, holdsWords } from '../../../fhir/terminology/words.ts'
import { type Ask, type Condition, type Range, type Tables, toRange } from './filters.ts'
import { isDirect, isWhole, type Plan, planSelection } from './plan.ts'
import { COLUMNS, type ConceptRecord, listClosure, recordAt, toBare, toConcept } from './record.ts'
import { type WalkOptions, walk } from './walk.ts'

/** Totals beyond it are not counted to the end. */
const MAX_COUNTED = 10_001
/** Of a system of so few concepts everything is counted. */
const SMALL = 20_000
/** Time for counting in a larger one, and for finding a page. */
const COUNT_MS = 2
const SELECT_MS = 10_000
/** Positions of one step at most, where the tables tell. */
const DIRECT_WIDTH = 65_536
/** Concepts that are looked at in one step, about. */
const LOOKED = 200
/** So few rows of a driver are one step. */
const ONE_STEP = 2_000

interface Prepared {
  readonly plan: Plan
  readonly isDirect: boolean
  /** What the tables do not tell. */
  readonly looks: (row: ConceptRecord) => boolean
}

// Throws for a filter that cannot be applied, whatever would be found.
function prepare(selection: ConceptSelection, tables: Tables): Prepared {
  const plan = planSelection(selection, tables)
  const matchers = plan.rest.map((filter) =>
    createMatcher(filter, (code, direction) => listClosure(tables, code, direction, MAX_COUNTED)),
  )
  const looks = (row: ConceptRecord) => {
    const concept = toBare(row)
    const holds = plan.words.length === 0 || holdsWords(foldedTexts(concept), plan.words)
    return holds && matchers.every((matches) => matches(concept))
  }
  const direct = isDirect(plan)
  return { plan, isDirect: direct, looks: direct ? () => true : looks }
}

/** Returns whether the selection holds for a code; false where there is no such code. */
export function holdsFor(tables: Tables, selection: ConceptSelection, code: string): boolean {
  const { ask } = tables
  const pos = tables.positionOf(code)
  if (pos === undefined) return false
  // One code is the rarest of all: it is what the plan walks.
  const itself: ConceptFilter = { property: 'code', op: '=', value: recordAt(ask, pos).code }
  const { plan, looks } = prepare({ ...selection, filters: [itself, ...selection.filters] }, tables)
  if (plan.size === 0) return false
  return rowsOf(ask, plan, { after: pos - 1, to: pos, limit: 1, offset: 0 }).some(looks)
}

interface Slice extends Range {
  /** -1 for all. */
  readonly limit: number
  readonly offset: number
}

function toFrom({ driver, conditions }: Plan, range: Range, joined: boolean): Condition {
  const where = conditions.map(({ sql }) => ` AND ${sql}`).join('')
  const values = conditions.flatMap((each) => each.values)
  if (!driver)
    return {
      sql: `FROM concept WHERE concept.pos > ? AND concept.pos <= ?${where}`,
      values: [range.after, range.to, ...values],
    }
  const rows = toRange(driver, range)
  // The order of the join is the order of the page.
  const join = joined ? ' CROSS JOIN concept ON concept.pos = d.pos' : ''
  return { sql: `FROM (${rows.sql}) AS d${join} WHERE 1${where}`, values: [...rows.values, ...values] }
}

function rowsOf(ask: Ask, plan: Plan, { limit, offset, ...range }: Slice): ConceptRecord[] {
  const { sql, values } = toFrom(plan, range, true)
  const order = plan.driver ? 'd.pos' : 'concept.pos'
  return ask<ConceptRecord>(`SELECT ${COLUMNS} ${sql} ORDER BY ${order} LIMIT 0 + ? OFFSET 0 + ?`, [
    ...values,
    limit,
    offset,
  ])
}

function countOf(ask: Ask, plan: Plan, range: Range): number {
  const { sql, values } = toFrom(plan, range, plan.conditions.length > 0)
  return ask<{ n: number }>(`SELECT count(*) AS n ${sql}`, values)[0]!.n
}

function toWalk({ ask, count }: Tables, { plan, isDirect }: Prepared, budgetMs: number): WalkOptions {
  const { driver, size = count } = plan
  const direct = size <= ONE_STEP ? count : DIRECT_WIDTH
  const width = isDirect ? direct : Math.ceil((LOOKED * count) / Math.max(1, size))
  if (!driver || (isDirect && !driver.isText)) return { last: count - 1, width, budgetMs }
  // So many of the driver's concepts instead of so many positions: they lie close together, or far apart.
  const end = (after: number, most: number) => {
    const { sql, values } = toRange(driver, { after, to: count - 1 })
    const order = driver.isText ? '' : ' ORDER BY pos'
    const last = `SELECT max(pos) AS pos FROM (SELECT pos FROM (${sql})${order} LIMIT 0 + ?)`
    return ask<{ pos: number | null }>(last, [...values, most])[0]?.pos ?? undefined
  }
  return { last: count - 1, width: isDirect ? width : LOOKED, budgetMs, end }
}

interface Page {
  readonly offset: number
  readonly limit: number
}

/** Resolves to a page; rejects with FhirError `not-supported` for a filter that cannot be applied, `too-costly` where it takes too long. */
export async function selectPage(
  tables: Tables,
  selection: ConceptSelection,
  { offset, limit }: Page,
): Promise<readonly Concept[]> {
  const { ask, count } = tables
  const prepared = prepare(selection, tables)
  const { plan } = prepared
  if (limit <= 0 || plan.size === 0) return []
  if (isWhole(plan))
    return toConcepts(ask, rowsOf(ask, plan, { after: offset - 1, to: count, limit, offset: 0 }))
  const found: ConceptRecord[] = []
  const step = createStep(ask, prepared, { offset, limit }, found)
  const isDone = await walk(toWalk(tables, prepared, SELECT_MS), (after, to) => {
    step({ after, to })
    return found.length < limit
  })
  if (isDone) return toConcepts(ask, found)
  throw new FhirError(
    'too-costly',
    'To find these concepts takes too long: ask for fewer, by a property or by what lies above them',
  )
}

function toConcepts(ask: Ask, rows: readonly ConceptRecord[]): readonly Concept[] {
  return rows.map((row) => toConcept(ask, row))
}

// Adds what of the page lies in a range; ranges come in order.
function createStep(
  ask: Ask,
  { plan, isDirect, looks }: Prepared,
  { offset, limit }: Page,
  found: ConceptRecord[],
): (range: Range) => void {
  let skip = offset
  const addDirect = (range: Range) => {
    const inside = skip === 0 ? undefined : countOf(ask, plan, range)
    if (inside === undefined || inside > skip)
      found.push(...rowsOf(ask, plan, { ...range, limit: limit - found.length, offset: skip }))
    skip = Math.max(0, skip - (inside ?? 0))
  }
  const addLooked = (range: Range) => {
    for (const row of rowsOf(ask, plan, { ...range, limit: -1, offset: 0 })) {
      if (found.length === limit) return
      if (looks(row) && skip-- <= 0) found.push(row)
    }
  }
  return isDirect ? addDirect : addLooked
}

/** Resolves to how many there are, at most `MAX_COUNTED`; undefined where to count them takes too long. */
export async function countSelection(
  tables: Tables,
  selection: ConceptSelection,
): Promise<number | undefined> {
  const { ask, count } = tables
  const prepared = prepare(selection, tables)
  const { plan, looks } = prepared
  if (plan.size === 0 || isWhole(plan)) return plan.size ?? count
  if (prepared.isDirect && plan.conditions.length === 0 && plan.size !== undefined) return plan.size
  const budgetMs = count <= SMALL ? Number.POSITIVE_INFINITY : COUNT_MS
  let found = 0
  const isDone = await walk(toWalk(tables, prepared, budgetMs), (after, to) => {
    found += prepared.isDirect
      ? countOf(ask, plan, { after, to })
      : rowsOf(ask, plan, { after, to, limit: -1, offset: 0 }).filter(looks).length
    return found < MAX_COUNTED
  })
  return isDone ? Math.min(found, MAX_COUNTED) : undefined
}
