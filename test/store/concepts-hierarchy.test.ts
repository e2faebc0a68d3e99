// What lies below a concept, against the plain definition. https://hl7.org/fhir/R4/codesystem.html#hierarchy
import fc from 'fast-check'
import t from 'tap'
import { createHierarchy } from '../../src/store/sqlite/concepts/hierarchy.ts'

type Pair = readonly [pos: number, parent: number]

const toHierarchy = (count: number, pairs: readonly Pair[]) =>
  createHierarchy(
    count,
    Uint32Array.from(pairs, ([pos]) => pos),
    Uint32Array.from(pairs, ([, parent]) => parent),
  )

function belowOf(start: number, pairs: readonly Pair[]): number[] {
  const found = new Set([start])
  for (const each of found) for (const [pos, parent] of pairs) if (parent === each) found.add(pos)
  return [...found].sort((a, b) => a - b)
}

const liesAboveItself = (start: number, pairs: readonly Pair[]) =>
  pairs.some(([pos, parent]) => parent === start && belowOf(pos, pairs).includes(start))

const graph = fc.integer({ min: 1, max: 12 }).chain((count) => {
  const concept = fc.integer({ min: 0, max: count - 1 })
  const pairs = fc.uniqueArray(fc.tuple(concept, concept), { maxLength: 20, selector: String })
  return fc.tuple(fc.constant(count), pairs)
})

t.test('below a concept is what can be reached from it, each once and in order', async () => {
  fc.assert(
    fc.property(graph, ([count, pairs]) => {
      const hierarchy = toHierarchy(count, pairs)
      return [...Array(count).keys()].every(
        (pos) => String([...hierarchy.below(pos)]) === String(belowOf(pos, pairs)),
      )
    }),
  )
})

t.test('a circle is found exactly where there is one, and its concept lies above itself', async () => {
  fc.assert(
    fc.property(graph, ([count, pairs]) => {
      const found = toHierarchy(count, pairs).circle()
      const isThere = [...Array(count).keys()].some((pos) => liesAboveItself(pos, pairs))
      return found === undefined ? !isThere : liesAboveItself(found, pairs)
    }),
  )
})
