// What lies below each concept, from the pairs of a concept and one directly above it. https://hl7.org/fhir/R4/codesystem.html#hierarchy

/** Positions of concepts, in arrays that hold a number each: a million concepts take a few megabytes. */
export interface Hierarchy {
  /** Every pair once, in the order in which they were added. */
  readonly pairs: () => Iterable<readonly [pos: number, parent: number]>
  /** A concept that lies above itself, where there is one. */
  readonly circle: () => number | undefined
  /** All below `pos` and itself, ascending; the array is the caller's until the next call. */
  readonly below: (pos: number) => Uint32Array
}

/** Numbers that are grouped: those of group `g` stand in `list` from `starts[g]` to `starts[g + 1]`. */
interface Groups {
  readonly starts: Uint32Array
  readonly list: Uint32Array
}

function toGroups(count: number, keys: Uint32Array, values: Uint32Array): Groups {
  const starts = new Uint32Array(count + 1)
  for (const key of keys) starts[key + 1]!++
  for (let at = 0; at < count; at++) starts[at + 1]! += starts[at]!
  const next = starts.slice()
  const list = new Uint32Array(keys.length)
  for (let at = 0; at < keys.length; at++) list[next[keys[at]!]!++] = values[at]!
  return { starts, list }
}

/** Returns the hierarchy of `count` concepts; `pos` and `parents` say the pairs, which must be different from each other. */
export function createHierarchy(count: number, pos: Uint32Array, parents: Uint32Array): Hierarchy {
  const children = toGroups(count, parents, pos)
  const met = new Uint32Array(count)
  const found = new Uint32Array(count)
  return {
    *pairs() {
      for (let at = 0; at < pos.length; at++) yield [pos[at]!, parents[at]!]
    },
    circle: () => findCircle(count, toGroups(count, pos, parents), children),
    below(start) {
      let size = 0
      const add = (each: number) => {
        // 0 stands for never.
        if (met[each] === start + 1) return
        met[each] = start + 1
        found[size++] = each
      }
      add(start)
      for (let at = 0; at < size; at++) {
        const end = children.starts[found[at]! + 1]!
        for (let child = children.starts[found[at]!]!; child < end; child++) add(children.list[child]!)
      }
      return found.subarray(0, size).sort()
    },
  }
}

// Concepts are taken away from the top; what cannot be taken lies in a circle or below one.
function findCircle(count: number, parents: Groups, children: Groups): number | undefined {
  const left = new Uint32Array(count)
  const taken = new Uint32Array(count)
  let size = 0
  for (let at = 0; at < count; at++) {
    left[at] = parents.starts[at + 1]! - parents.starts[at]!
    if (left[at] === 0) taken[size++] = at
  }
  for (let at = 0; at < size; at++)
    for (const child of groupOf(children, taken[at]!)) if (--left[child]! === 0) taken[size++] = child
  if (size === count) return undefined
  // Of every concept that is left one above it is left too: after so many steps up the circle is reached.
  let at = left.findIndex((each) => each > 0)
  for (let step = 0; step < count; step++) at = groupOf(parents, at).find((parent) => left[parent]! > 0)!
  return at
}

function groupOf({ starts, list }: Groups, group: number): Uint32Array {
  return list.subarray(starts[group]!, starts[group + 1]!)
}
