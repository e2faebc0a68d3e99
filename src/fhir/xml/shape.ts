// Which elements an object has, in the order in which XML wants them: objects whose properties stand alike share the answer.
import type { XmlElement, XmlTable } from './table.ts'

/** What is known of an object once its properties up to one of them are seen. */
interface Shape {
  /** The elements seen, in the order of the definitions; ids and URLs, which are attributes, are not among them. */
  readonly elements: readonly XmlElement[]
  /** The property that followed last time, and where it led. */
  nextKey: string | undefined
  next: Shape | undefined
  readonly others: Map<string, Shape>
}

interface Shapes {
  readonly table: XmlTable
  readonly root: Shape
  count: number
}

/** Shapes kept for each table; beyond that, an object's own is made for it alone, so that odd orders fill no memory. */
const MOST = 1000

const shapes = new WeakMap<XmlTable, Shapes>()

/** Returns the elements of `row`, sorted; properties that `table` does not have are passed over. */
export function elementsOf(row: Readonly<Record<string, unknown>>, table: XmlTable): readonly XmlElement[] {
  const own = shapes.get(table) ?? begin(table)
  let shape = own.root
  for (const key in row) shape = shape.nextKey === key ? shape.next! : follow(own, shape, key)
  return shape.elements
}

function begin(table: XmlTable): Shapes {
  const own = { table, root: toShape([]), count: 1 }
  shapes.set(table, own)
  return own
}

function follow(own: Shapes, shape: Shape, key: string): Shape {
  const known = shape.others.get(key)
  if (!known) return grow(own, shape, key)
  shape.nextKey = key
  shape.next = known
  return known
}

function grow(own: Shapes, shape: Shape, key: string): Shape {
  const element = own.table.get(key) ?? (key.charCodeAt(0) === 0x5f ? own.table.get(key.slice(1)) : undefined)
  if (!element) return shape
  const isKnown = element.isAttribute || shape.elements.includes(element)
  const grown = toShape(isKnown ? shape.elements : insert(shape.elements, element))
  if (own.count < MOST) {
    own.count++
    shape.others.set(key, grown)
  }
  return grown
}

function toShape(elements: readonly XmlElement[]): Shape {
  return { elements, nextKey: undefined, next: undefined, others: new Map() }
}

function insert(elements: readonly XmlElement[], element: XmlElement): readonly XmlElement[] {
  const at = elements.findLastIndex(({ order }) => order <= element.order) + 1
  return elements.toSpliced(at, 0, element)
}
