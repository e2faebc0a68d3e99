// Items of an element sorted into its slices: how many of each, in which order, and what becomes of the rest. https://hl7.org/fhir/R4/profiling.html#slicing

import type { Author } from './author.ts'
import { type Belongs, tellDemand, toBelongs } from './discriminator.ts'
import type { DataNode } from './discriminator-path.ts'
import type { Slicing } from './structure.ts'
import type { ElementTree } from './tree.ts'
import { type Check, report, type Visit } from './visit.ts'
import type { Compiled } from './world.ts'

/** One value of an element: where it stands beneath its parent, and its `_name`. */
export interface ElementValue extends DataNode {
  readonly steps: readonly (string | number)[]
  readonly companion?: unknown
}

interface Slice {
  readonly name: string
  readonly tree: ElementTree
  readonly belongs: readonly Belongs[]
  readonly check: Check | undefined
  /** The slices within this one. */
  readonly inner: CheckSlices | undefined
}

/** Looks at all values of an element at once; `at` is where the element stands beneath its parent. */
export type CheckSlices = (items: readonly ElementValue[], at: readonly string[], visit: Visit) => void

export interface Sliced {
  readonly tree: ElementTree
  readonly author: Author
  /** What a slice asks of a single value. */
  readonly toCheck: (slice: ElementTree) => Check | undefined
}

/** Returns the check of an element's slices, or undefined where it has none that can be told apart. */
export function toSlicesCheck(
  compiled: Compiled,
  { tree, author, toCheck }: Sliced,
): CheckSlices | undefined {
  const { slicing } = tree.element
  if (!slicing || tree.slices.length === 0) return undefined
  const slices = tree.slices.map(
    (slice): Slice => ({
      name: slice.element.sliceName ?? '',
      tree: slice,
      belongs: slicing.discriminator.map((each) => toBelongs(compiled, each, slice)),
      check: toCheck(slice),
      inner: toSlicesCheck(compiled, { tree: slice, author, toCheck }),
    }),
  )
  return (items, at, visit) => {
    const places = items.map((item) => place(slices, item, visit))
    for (const [i, found] of places.entries()) checkOne(found, items[i]!, visit)
    for (const slice of slices) checkCount({ compiled, slicing, author }, slice, { items, places, at, visit })
    if (slicing.rules !== 'open') checkRest({ compiled, slicing, author }, slices, { items, places, visit })
    if (slicing.ordered) checkOrder(slices, author, { items, places, visit })
  }
}

/** The slice of an item; none; or unsure, where a discriminator cannot be told. */
type Place = Slice | 'none' | 'unsure'

// An item belongs to the first slice that matches (V22).
function place(slices: readonly Slice[], item: ElementValue, visit: Visit): Place {
  let unsure = false
  for (const slice of slices) {
    if (slice.name === DEFAULT) continue
    const verdicts = slice.belongs.map((belongs) => belongs(item, visit))
    if (verdicts.includes(false)) continue
    if (!verdicts.includes(undefined) && verdicts.length > 0) return slice
    unsure = true
  }
  if (unsure) return 'unsure'
  return slices.find(({ name }) => name === DEFAULT) ?? 'none'
}

/** What is said of all that no other slice has. */
const DEFAULT = '@default'

function checkOne(found: Place, item: ElementValue, visit: Visit): void {
  if (found === 'none' || found === 'unsure' || !found.check) return
  const { length } = visit.path
  visit.path.push(...item.steps)
  found.check(item.value, visit, item.companion)
  visit.path.length = length
}

interface Rules {
  readonly compiled: Compiled
  readonly slicing: Slicing
  readonly author: Author
}

interface Sorted {
  readonly items: readonly ElementValue[]
  readonly places: readonly Place[]
  readonly visit: Visit
}

function checkCount(
  rules: Rules,
  slice: Slice,
  { items, places, at, visit }: Sorted & { readonly at: readonly string[] },
): void {
  const own = items.filter((_, i) => places[i] === slice)
  slice.inner?.(own, at, visit)
  const { min, max } = slice.tree.element
  const facts = { slice: slice.name, found: own.length, ...rules.author }
  if (own.length < min && !places.includes('unsure')) {
    const reason = tellSlice(rules, slice, visit)
    report(visit, { rule: 'slice-few', facts: { ...facts, min, reason } }, ...(items.length > 0 ? at : []))
  }
  if (max !== '*' && own.length > Number(max))
    report(visit, { rule: 'slice-many', facts: { ...facts, max } }, ...own[Number(max)]!.steps)
}

function tellSlice({ compiled, slicing }: Rules, { tree, name }: Slice, visit: Visit): string {
  const demands = slicing.discriminator.map((each) => tellDemand(compiled, each, tree, visit))
  return `${name}: ${demands.join(', ')}`
}

function checkRest(rules: Rules, slices: readonly Slice[], { items, places, visit }: Sorted): void {
  const last = places.findLastIndex((found) => found !== 'none')
  const rule = rules.slicing.rules === 'closed' ? 'slice-none' : 'slice-end'
  places.forEach((found, i) => {
    if (found !== 'none' || (rule === 'slice-end' && i > last)) return
    const reason = slices
      .slice(0, 8)
      .map((slice) => tellSlice(rules, slice, visit))
      .join('; ')
    report(visit, { rule, facts: { reason, ...rules.author } }, ...items[i]!.steps)
  })
}

function checkOrder(slices: readonly Slice[], author: Author, { items, places, visit }: Sorted): void {
  let furthest = -1
  places.forEach((found, i) => {
    if (found === 'none' || found === 'unsure') return
    const at = slices.indexOf(found)
    if (at < furthest) {
      const facts = { slice: found.name, before: slices[furthest]!.name, ...author }
      report(visit, { rule: 'slice-order', facts }, ...items[i]!.steps)
    }
    furthest = Math.max(furthest, at)
  })
}
