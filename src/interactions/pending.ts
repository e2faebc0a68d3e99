// What a transaction will have written, searched in memory before it is. https://hl7.org/fhir/R4/http.html#trules
import type { Plan, SearchPlan } from '../access/plan.ts'
import type { Resource } from '../fhir/resource.ts'
import { evaluate } from '../search/evaluate.ts'
import type { Expr, IndexEntry } from '../search/query.ts'

export interface Pending {
  /** Remembers what will stand at `type/id`; null where it will be gone. A later call for the same id replaces it. */
  add(type: string, id: string, body: Resource | null): void
  has(type: string, id: string): boolean
  /** Returns the ids of `type` that will stand and that the plan selects; chains find nothing among what is pending. */
  select(plan: Plan<SearchPlan>, type: string): readonly string[]
}

interface Group {
  readonly bodies: Map<string, Resource | null>
  readonly entries: Map<string, readonly IndexEntry[]>
  /** Ids by parameter and exact value, so that a thousand conditional creates do not each look at a thousand others. */
  readonly byPoint: Map<string, Set<string>>
  /** Not yet indexed: most transactions have no criteria at all. */
  waiting: string[]
}

/** Returns an empty set; `indexer` gives the entries of a resource. */
export function createPending(indexer: (resource: Resource) => readonly IndexEntry[]): Pending {
  const groups = new Map<string, Group>()

  // Not validated yet: what cannot be indexed will be refused when it is.
  function indexIfValid(resource: Resource): readonly IndexEntry[] {
    try {
      return indexer(resource)
    } catch {
      return []
    }
  }

  function index(group: Group): void {
    for (const id of group.waiting) {
      const body = group.bodies.get(id)
      if (!body) continue
      const entries = indexIfValid({ ...body, id })
      group.entries.set(id, entries)
      for (const { param, lo } of entries) addTo(group.byPoint, toPoint(param, lo), id)
    }
    group.waiting = []
  }

  return {
    add(type, id, body) {
      let group = groups.get(type)
      if (!group) {
        group = { bodies: new Map(), entries: new Map(), byPoint: new Map(), waiting: [] }
        groups.set(type, group)
      }
      group.bodies.set(id, body)
      group.waiting.push(id)
    },
    has: (type, id) => groups.get(type)?.bodies.has(id) ?? false,
    select(plan, type) {
      const group = groups.get(type)
      const where = plan.data.query.select.find((each) => each.type === type)?.where
      if (!group || !where) return []
      index(group)
      const ids = [...(findCandidates(group, where) ?? group.entries.keys())]
      return ids.filter((id) => evaluate(where, type, group.entries.get(id)!))
    },
  }
}

function toPoint(param: string, value: number | string): string {
  return `${param} ${typeof value} ${value}`
}

function addTo(sets: Map<string, Set<string>>, key: string, id: string): void {
  const set = sets.get(key)
  if (set) set.add(id)
  else sets.set(key, new Set([id]))
}

// All that can satisfy `expr`, where equalities narrow them down; else undefined.
function findCandidates(group: Group, expr: Expr): ReadonlySet<string> | undefined {
  if (expr.kind === 'and') {
    const sets = expr.of.flatMap((part) => findCandidates(group, part) ?? [])
    return sets.sort((a, b) => a.size - b.size)[0]
  }
  if (expr.kind === 'or') {
    const sets = expr.of.map((part) => findCandidates(group, part))
    return sets.every((set) => set !== undefined)
      ? sets.reduce((all, set) => all.union(set), new Set())
      : undefined
  }
  if (expr.kind !== 'match' || expr.lo?.min === undefined || expr.lo.min !== expr.lo.max) return undefined
  return group.byPoint.get(toPoint(expr.param, expr.lo.min)) ?? new Set()
}
