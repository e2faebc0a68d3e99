// Which codes of a code system stand above and below which. https://hl7.org/fhir/R4/codesystem.html#hierarchy
import type { CodeSystemData } from '../fhir/definitions-terminology.ts'

export interface Hierarchy {
  has(code: string): boolean
  /** The code itself, then its parents and theirs. */
  above(code: string): readonly string[]
  /** The code itself and everything below it. */
  below(code: string): readonly string[]
}

/** Returns the hierarchy of a code system; an unknown code stands alone. */
export function createHierarchy({ codes, edges = [] }: CodeSystemData): Hierarchy {
  const known = new Set(codes)
  const parents = new Map<string, string[]>()
  const children = new Map<string, string[]>()
  for (let at = 0; at < edges.length; at += 2) {
    const [child, parent] = [codes[edges[at]!]!, codes[edges[at + 1]!]!]
    push(parents, child, parent)
    push(children, parent, child)
  }
  return {
    has: (code) => known.has(code),
    above: (code) => reach(parents, code),
    below: (code) => reach(children, code),
  }
}

function push(map: Map<string, string[]>, key: string, value: string): void {
  const list = map.get(key)
  if (list) list.push(value)
  else map.set(key, [value])
}

function reach(next: ReadonlyMap<string, readonly string[]>, code: string): readonly string[] {
  const found = new Set([code])
  for (const each of found) for (const other of next.get(each) ?? []) found.add(other)
  return [...found]
}
