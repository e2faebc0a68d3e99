// The flat list of a snapshot as a tree: children under their element, slices beside the element they slice. https://hl7.org/fhir/R4/profiling.html#slicing
import type { Structure, StructureElement } from './structure.ts'

export interface ElementTree {
  readonly element: StructureElement
  readonly children: readonly ElementTree[]
  /** Of this element, in order; a re-slice `a/b` stands among the slices of `a`. */
  readonly slices: readonly ElementTree[]
}

interface Growing extends ElementTree {
  readonly children: Growing[]
  readonly slices: Growing[]
}

/**
 * Returns the tree of a snapshot, its root on top. What lies under a path depends on the order of the elements alone, not on
 * their ids. A slice without the element that it slices stands as if that were there.
 */
export function toTree(structure: Structure): ElementTree {
  const known = trees.get(structure)
  if (known) return known
  const made = grownOf(structure)
  trees.set(structure, made)
  return made
}

const trees = new WeakMap<Structure, ElementTree>()

function grownOf(structure: Structure): ElementTree {
  const [root, ...rest] = structure.elements
  const top = grow(root!)
  const open: Growing[] = [top]
  for (const element of rest) {
    const depth = depthOf(element)
    while (open.length > 1 && depthOf(open.at(-1)!.element) >= depth) open.pop()
    const node = grow(element)
    plant(open.at(-1)!, node)
    open.push(node)
  }
  return top
}

/** Returns the name of an element beneath its parent: `value[x]`. */
export function lastName(path: string): string {
  return path.slice(path.lastIndexOf('.') + 1)
}

/** Returns the child of that name; a choice is also found without `[x]`. */
export function childNamed(tree: ElementTree, name: string): ElementTree | undefined {
  return tree.children.find(({ element }) => {
    const own = lastName(element.path)
    return own === name || own === `${name}[x]`
  })
}

function grow(element: StructureElement): Growing {
  return { element, children: [], slices: [] }
}

function depthOf({ path }: StructureElement): number {
  let dots = 0
  for (let at = path.indexOf('.'); at >= 0; at = path.indexOf('.', at + 1)) dots++
  return dots
}

function plant(parent: Growing, node: Growing): void {
  const { path, sliceName } = node.element
  const sliced =
    sliceName === undefined ? undefined : parent.children.find((each) => each.element.path === path)
  if (!sliced || sliceName === undefined) parent.children.push(node)
  else plantSlice(sliced, node, sliceName)
}

function plantSlice(sliced: Growing, node: Growing, name: string): void {
  const outer = sliced.slices.find(({ element }) => name.startsWith(`${element.sliceName}/`))
  if (outer) plantSlice(outer, node, name)
  else sliced.slices.push(node)
}
