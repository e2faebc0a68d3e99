// Stores that break one place into which the policy is folded: what the property must notice. The rest stays as it is.
import {
  Change,
  type HistoryPlan,
  Plan,
  type PlanData,
  SEAL,
  type SearchPlan,
} from '../../../src/access/plan.ts'
import { parseJson } from '../../../src/fhir/json.ts'
import type { Resource } from '../../../src/fhir/resource.ts'
import {
  ALL,
  and,
  type Expr,
  type Include,
  PATIENT_PARAM,
  type Query,
  type Selection,
} from '../../../src/search/query.ts'
import type { Version } from '../../../src/store/store.ts'
import type { Fault } from './pair.ts'

const toPlan = <Data extends PlanData>(data: Data): Plan<Data> => new Plan(SEAL, data)

// The policy's part of a condition asks whose record it is, at its own level.
function isPolicy(expr: Expr): boolean {
  switch (expr.kind) {
    case 'and':
    case 'or':
      return expr.of.some(isPolicy)
    case 'not':
      return isPolicy(expr.of)
    case 'match':
      return expr.param === PATIENT_PARAM
    default:
      return expr.kind === 'granted'
  }
}

// Without the policy's part; what the client asked stays.
function openExpr(expr: Expr): Expr {
  if (expr.kind === 'and') return and(...expr.of.filter((part) => !isPolicy(part)))
  return isPolicy(expr) ? ALL : expr
}

const openSelection = ({ type, where }: Selection): Selection => ({
  type,
  where: openExpr(where),
  policy: ALL,
})

// Every chain (or `_has`) at any depth without the policy of the types that it enters.
function openEntered(expr: Expr, kind: 'chain' | 'has'): Expr {
  const inside = ({ type, where }: Selection, isOpen: boolean): Selection => {
    const deeper = openEntered(where, kind)
    return { type, where: isOpen ? openExpr(deeper) : deeper }
  }
  switch (expr.kind) {
    case 'and':
    case 'or':
      return { kind: expr.kind, of: expr.of.map((part) => openEntered(part, kind)) }
    case 'not':
      return { kind: 'not', of: openEntered(expr.of, kind) }
    case 'chain':
      return { ...expr, to: expr.to.map((each) => inside(each, kind === 'chain')) }
    case 'has':
      return isPolicyHas(expr.param) ? expr : { ...expr, from: inside(expr.from, kind === 'has') }
    default:
      return expr
  }
}

// What a rule's data names is found by `_ref`: that is the policy's own.
const isPolicyHas = (param: string) => param === '_ref'

function openInclude(include: Include): Include {
  return include.kind === 'include'
    ? { ...include, targets: include.targets.map(openSelection) }
    : { ...include, source: openSelection(include.source) }
}

/** Breaks searches by a change of their question. */
function onQuery(change: (query: Query) => Query): Fault {
  return (store) => ({
    ...store,
    search: ({ data }) => store.search(toPlan({ ...data, query: change(data.query) })),
  })
}

function onIncludes(isBroken: (include: Include) => boolean): Fault {
  return onQuery((query) => ({
    ...query,
    includes: query.includes.map((each) => (isBroken(each) ? openInclude(each) : each)),
  }))
}

const onWhere = (kind: 'chain' | 'has') =>
  onQuery((query) => ({
    ...query,
    select: query.select.map((each) => ({ ...each, where: openEntered(each.where, kind) })),
  }))

const openQuery = (query: Query): Query => ({ ...query, select: query.select.map(openSelection) })

// The total alone counts what is hidden.
const total: Fault = (store) => ({
  ...store,
  async search(plan) {
    const page = await store.search(plan)
    if (page.total === undefined) return page
    const counted = await store.search(
      toPlan({
        kind: 'search',
        query: { ...openQuery(plan.data.query), count: 0, total: 'accurate', includes: [] },
      }),
    )
    return { ...page, total: counted.total! }
  },
})

/** Breaks reads of what stands now, or of a version that is named. */
function onRead(isBroken: (versionId: string | undefined) => boolean): Fault {
  return (store) => ({
    ...store,
    read: (plan) =>
      store.read(
        isBroken(plan.data.versionId)
          ? toPlan({ ...plan.data, select: openSelection(plan.data.select) })
          : plan,
      ),
  })
}

const scan: Fault = (store) => ({
  ...store,
  scan: ({ data }) => store.scan(toPlan({ ...data, select: data.select.map(openSelection) })),
})

// What a reference may be shown to lead to.
const shown: Fault = (store) => ({ ...store, visible: async ({ data }) => new Set(data.refs) })

const isCriteria = ({ count, sort, includes, total }: Query) =>
  count === 2 && total === 'none' && sort.length === 0 && includes.length === 0

const criteria = onQuery((query) => (isCriteria(query) ? openQuery(query) : query))

const openSearch = ({ data }: Plan<SearchPlan>) => toPlan({ ...data, query: openQuery(data.query) })

// What criteria must still match inside the transaction.
const expectation: Fault = (store) => ({
  ...store,
  commit: (changes, options) => store.commit(changes.map(openChange), options),
})

function openChange(change: Change): Change {
  const { data } = change
  if (data.kind !== 'put') return change
  const { noMatch, oneMatch } = data.expect
  const expect = {
    ...data.expect,
    ...(noMatch && { noMatch: openSearch(noMatch) }),
    ...(oneMatch && { oneMatch: { ...oneMatch, plan: openSearch(oneMatch.plan) } }),
  }
  return new Change(SEAL, { ...data, expect })
}

/** Which of the two conditions on a version of a history are asked. */
interface Asked {
  readonly ofCurrent: boolean
  readonly ofVersion: boolean
}

/** A history whose conditions are asked one by one, outside the store; with both, it is what the store gives. */
function onHistory({ ofCurrent, ofVersion }: Asked): Fault {
  return (store, sees) => ({
    ...store,
    async history(plan) {
      const { data } = plan
      const all = await store.history(toPlan(openHistory(data)))
      const kept: Version[] = []
      for (const [n, version] of all.matches.entries()) {
        const select = data.select.find(({ type }) => type === version.type)
        if (ofCurrent && (!select || !(await store.read(toPlan({ kind: 'read', select, id: version.id })))))
          continue
        if (ofVersion && !sees(contentOf(all.matches, n))) continue
        kept.push(version)
      }
      // Longer ones have pages, which are not this test's.
      if (data.after || kept.length > data.count) return store.history(plan)
      return {
        matches: kept,
        included: [],
        asOf: all.asOf,
        ...(all.total !== undefined && { total: kept.length }),
      }
    },
  })
}

function openHistory(data: HistoryPlan): HistoryPlan {
  const select = data.select.map(({ type }) => ({ type, where: ALL }))
  return { ...data, select, count: 1000, after: undefined }
}

// Of a deletion: of what it deleted, the next older version in the list.
function contentOf(versions: readonly Version[], n: number): Resource {
  const { type, id } = versions[n]!
  const living = versions.slice(n).find((each) => each.type === type && each.id === id && each.document)
  return living?.document ? (parseJson(living.document) as Resource) : { resourceType: type, id }
}

/** One broken place, and the requests that go through it: their paths, or what writes. */
export interface BrokenFold {
  readonly place: string
  readonly fault: Fault
  readonly asks: RegExp | 'writes'
}

export const BROKEN_FOLDS: readonly BrokenFold[] = [
  { place: 'the root selection', fault: onQuery(openQuery), asks: /^\w+\?|_search/ },
  { place: 'a chain', fault: onWhere('chain'), asks: /[?&][\w:-]+\.[a-z]/ },
  { place: '_has', fault: onWhere('has'), asks: /_has:/ },
  {
    place: '_include',
    fault: onIncludes(({ kind, iterate }) => kind === 'include' && !iterate),
    asks: /_include=/,
  },
  {
    place: '_revinclude',
    fault: onIncludes(({ kind, iterate }) => kind === 'revinclude' && !iterate),
    asks: /_revinclude=/,
  },
  {
    place: 'an include that iterates',
    fault: onIncludes(({ iterate }) => iterate),
    asks: /include:iterate=/,
  },
  { place: 'the total', fault: total, asks: /_total=accurate|_summary=count/ },
  { place: 'a read', fault: onRead((versionId) => versionId === undefined), asks: /^\w+\/\w+$/ },
  { place: 'a vread', fault: onRead((versionId) => versionId !== undefined), asks: /_history\/\w{16}$/ },
  { place: 'a scan', fault: scan, asks: /^(\w+\/)?\$meta$/ },
  { place: 'what references lead to', fault: shown, asks: /^\w+\/\w+$|^\w+\?/ },
  {
    place: 'a history: the version that stands now',
    fault: onHistory({ ofCurrent: false, ofVersion: true }),
    asks: /_history/,
  },
  {
    place: 'a history: the version itself',
    fault: onHistory({ ofCurrent: true, ofVersion: false }),
    asks: /_history/,
  },
  { place: 'the target of a write', fault: onRead((versionId) => versionId === undefined), asks: 'writes' },
  { place: 'the criteria of a conditional write', fault: criteria, asks: 'writes' },
  { place: 'the criteria inside the transaction', fault: expectation, asks: 'writes' },
]

/** Asks every condition as the store does, by the same way as the faults of histories: breaks nothing. */
export const UNBROKEN_HISTORY: Fault = onHistory({ ofCurrent: true, ofVersion: true })
