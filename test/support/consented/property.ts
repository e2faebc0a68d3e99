// Non-interference as a property: cases drawn from a seed, run on pairs of servers, and shrunk to the least that still fails.
import fc from 'fast-check'
import { type Difference, findDifference } from './compare.ts'
import { type Fault, isGoverning, type Mutate, openPair } from './pair.ts'
import { VIEWERS, type Viewer } from './principals.ts'
import type { Request } from './request.ts'
import { additions, contentsOf, type Item, refOf, world } from './world.ts'

/** What is done to the hidden part of a world (NI-2). */
export const MUTATIONS = ['as it is', 'hidden deleted', 'hidden changed', 'hidden added'] as const
type Mutation = (typeof MUTATIONS)[number]

/** One world, who looks at it, and what is asked. */
export interface Case {
  readonly seed: number
  readonly viewer: Viewer
  readonly mutation: Mutation
  readonly items: readonly Item[]
  readonly requests: readonly Request[]
}

const one = <T>(arbitrary: fc.Arbitrary<T>, seed: number): T => fc.sample(arbitrary, { seed, numRuns: 1 })[0]!

/** Returns the nth case of a seed: viewers and mutations in turn. */
export function drawCase(seed: number, nth: number, request: fc.Arbitrary<Request>, count: number): Case {
  const own = seed + nth
  return {
    seed: own,
    viewer: VIEWERS[nth % VIEWERS.length]!,
    mutation: MUTATIONS[Math.floor(nth / VIEWERS.length + nth) % MUTATIONS.length]!,
    items: one(world, own),
    requests: fc.sample(request, { seed: own, numRuns: count }),
  }
}

/** Returns what a mutation does; what governs access is left alone, and nothing that was visible is touched. */
export function toMutate(mutation: Mutation, seed: number): Mutate {
  return (items, sees) => {
    const governs = isGoverning(items)
    const isHidden = (item: Item) => item.versions.every((version) => !sees(version, item.source))
    const mayChange = (item: Item) => isHidden(item) && !governs(item)
    switch (mutation) {
      case 'as it is':
        return items
      case 'hidden deleted':
        return items.map((item) => (mayChange(item) ? { ...item, deleted: true } : item))
      case 'hidden changed':
        return items.map((item, n) => {
          const contents = mayChange(item) ? contentsOf(item) : undefined
          const changed = contents && one(contents, seed + n)
          return changed && isHidden(changed) ? changed : item
        })
      case 'hidden added': {
        const added = one(additions, seed).filter((item) => isHidden(item) && !governs(item))
        return [...added.slice(0, 4), ...items, ...added.slice(4)]
      }
    }
  }
}

export interface Outcome {
  readonly difference?: Difference
  /** True where something hidden has another version afterwards. */
  readonly isTouched: boolean
  readonly hidden: number
  readonly visible: number
}

/** Runs one case on a pair of servers of its own. */
export async function runCase(
  { seed, viewer, mutation, items, requests }: Case,
  fault?: Fault,
): Promise<Outcome> {
  const pair = await openPair(items, viewer, toMutate(mutation, seed), fault)
  try {
    const before = await pair.hiddenContent()
    const difference = await findDifference(pair, requests)
    const isTouched = (await pair.hiddenContent()) !== before
    return { difference, isTouched, hidden: pair.hidden.length, visible: pair.visible }
  } finally {
    await pair.close()
  }
}

const isPersonal = ({ versions }: Item) =>
  versions[0]!.resourceType !== 'Organization' && versions[0]!.resourceType !== 'Practitioner'

/** Returns the least requests and resources of a failing case that still fail, within `budget` (ms). */
export async function shrinkCase(failing: Case, nth: number, fault?: Fault, budget = 90_000): Promise<Case> {
  const until = Date.now() + budget
  const fails = async (tried: Case) => {
    if (Date.now() > until) return false
    return (await runCase(tried, fault).catch(() => ({ difference: undefined }))).difference !== undefined
  }
  const last = failing.requests[nth]!
  const before = failing.requests
    .slice(0, nth)
    .filter(({ method, path }) => method !== 'GET' && !path.includes('_search'))
  const alone = { ...failing, requests: [last] }
  let least = (await fails(alone)) ? alone : { ...failing, requests: [...before, last] }
  const requests = await shrinkList(least.requests.slice(0, -1), (kept) =>
    fails({ ...least, requests: [...kept, last] }),
  )
  least = { ...least, requests: [...requests, last] }
  const shared = least.items.filter((item) => !isPersonal(item))
  const items = await shrinkList(least.items.filter(isPersonal), (kept) =>
    fails({ ...least, items: [...shared, ...kept] }),
  )
  return { ...least, items: [...shared, ...items] }
}

// Halves first, then quarters, down to one at a time.
async function shrinkList<T>(
  list: readonly T[],
  fails: (kept: readonly T[]) => Promise<boolean>,
): Promise<readonly T[]> {
  let least = list
  for (let size = Math.ceil(list.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let from = 0; from < least.length; ) {
      const kept = [...least.slice(0, from), ...least.slice(from + size)]
      if (await fails(kept)) least = kept
      else from += size
    }
  }
  return least
}

/** Returns a failing case as text: its seed, who asked what of which resources, and both answers. */
export async function report(failing: Case, fault?: Fault): Promise<string> {
  const { difference } = await runCase(failing, fault)
  const lines = failing.items
    .filter(isPersonal)
    .map(
      (item) =>
        `  ${refOf(item)} from ${item.source}${item.deleted ? ', deleted' : ''}: ${JSON.stringify(item.versions)}`,
    )
  const asked = failing.requests.map(
    ({ method, path, body, headers }) =>
      `  ${method} ${path} ${JSON.stringify(headers ?? {})} ${JSON.stringify(body) ?? ''}`,
  )
  return [
    `seed ${failing.seed}, ${failing.viewer.name}, ${failing.mutation}`,
    'resources:',
    ...lines,
    'requests:',
    ...asked,
    'answer with everything:',
    ...(difference?.whole ?? []),
    'answer with the visible alone:',
    ...(difference?.part ?? []),
  ].join('\n')
}
