// How a selection of concepts is found: what is walked, what is asked of each on the way. https://www.sqlite.org/optoverview.html
import type { ConceptFilter, ConceptSelection } from '../../../fhir/code-system.ts'
import { type Condition, type Driver, type Tables, type Term, toPositions, toTerm } from './filters.ts'
import { toQuery } from './schema.ts'

export interface Plan {
  /** Walked in the order of positions; without one all concepts are. */
  readonly driver?: Driver
  /** How many the driver gives, where that was found out; 0 where nothing can fit. */
  readonly size?: number
  readonly conditions: readonly Condition[]
  /** Filters that only a look at each concept can tell. */
  readonly rest: readonly ConceptFilter[]
  /** Words to look for in each concept, where they do not drive. */
  readonly words: readonly string[]
}

interface Candidate {
  readonly driver: Driver
  readonly size: number
  /** The term that need not be asked again; undefined for the words. */
  readonly term?: Term
}

/** So many are counted to tell the rare from the frequent. */
const COUNTED = 2_000
/** So many concepts with the words are listed. */
const LISTED = 256
/** Of so few each is looked at for its words. */
const FEW = 20_000

/** Returns the plan of a selection. */
export function planSelection(selection: ConceptSelection, tables: Tables): Plan {
  const { words = [], activeOnly } = selection
  const rest: ConceptFilter[] = []
  const terms: Term[] = []
  for (const filter of selection.filters) {
    const term = toTerm(filter, tables)
    if (term) terms.push(term)
    else rest.push(filter)
  }
  const active: readonly Condition[] = activeOnly ? [{ sql: 'concept.inactive = 0', values: [] }] : []
  if (terms.some(({ size }) => size === 0)) return { size: 0, conditions: [], rest, words }
  const best = choose(terms, words, tables)
  const conditions = [...terms.filter((term) => term !== best?.term).map((each) => each.condition), ...active]
  if (!best) return { conditions, rest, words }
  return {
    driver: best.driver,
    ...(best.size !== Number.POSITIVE_INFINITY && { size: best.size }),
    conditions,
    rest,
    words: best.term ? words : [],
  }
}

// The rarest; words where nothing is rare, since else each concept would be looked at for them.
function choose(terms: readonly Term[], words: readonly string[], tables: Tables): Candidate | undefined {
  const candidates = terms
    .filter(({ driver }) => driver)
    .map((term) => ({ term, driver: term.driver!, size: term.size ?? count(term.driver!, tables) }))
    .sort((a, b) => a.size - b.size)
  const [rarest] = candidates
  if (words.length === 0 || (rarest && rarest.size <= COUNTED)) return rarest
  const text = toWordsCandidate(words, tables)
  return rarest && rarest.size <= FEW && text.size > LISTED ? rarest : text
}

// Few are listed at once: to find them again would take as long as to find them.
function toWordsCandidate(words: readonly string[], { ask }: Tables): Candidate {
  const driver: Driver = {
    sql: 'SELECT rowid AS pos FROM words WHERE words MATCH ?',
    values: [toQuery(words)],
    column: 'rowid',
    isText: true,
  }
  const found = ask<{ pos: number }>(`${driver.sql} LIMIT 0 + ?`, [...driver.values, LISTED + 1])
  if (found.length > LISTED) return { driver, size: Number.POSITIVE_INFINITY }
  return { driver: toPositions(found.map(({ pos }) => pos)).driver!, size: found.length }
}

function count({ sql, values }: Driver, { ask }: Tables): number {
  const limited = `SELECT count(*) AS n FROM (${sql} LIMIT 0 + ?)`
  const [row] = ask<{ n: number }>(limited, [...values, COUNTED + 1])
  return row!.n > COUNTED ? Number.POSITIVE_INFINITY : row!.n
}

/** True where the tables alone tell which concepts fit. */
export function isDirect({ rest, words }: Plan): boolean {
  return rest.length === 0 && words.length === 0
}

/** True where every concept fits. */
export function isWhole({ driver, size, conditions, rest, words }: Plan): boolean {
  return !driver && size === undefined && conditions.length === 0 && rest.length === 0 && words.length === 0
}
