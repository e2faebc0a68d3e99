// A path as a function that visits its values: closures, no allocation on the way. https://hl7.org/fhir/R4/json.html
import type { Definitions } from '../../fhir/definitions.ts'
import { referencedType } from '../../fhir/reference.ts'
import type { Reference } from '../../fhir/resource.ts'
import { type Access, type Leaf, rootLeaf, toLeaves } from './leaf.ts'
import type { Branch } from './parse.ts'

/** Called with one value after another; never with null, undefined or an array. */
export type Visit = (value: unknown) => void

type Node = Readonly<Record<string, unknown>>

/**
 * Returns a function that visits what `branch` selects, given the resource or element that `start` is; `toVisit` is asked
 * once for each type a value may have. Undefined where the branch cannot be compiled (`toLeaves`).
 */
export function compileBranch(
  definitions: Definitions,
  branch: Branch,
  start: Leaf,
  toVisit: (leaf: Leaf) => Visit,
): Visit | undefined {
  const leaves = toLeaves(definitions, branch, start)
  if (!leaves) return undefined
  if (branch.test) return compileTest(branch.test, leaves, toVisit(rootLeaf('boolean')))
  return inTurn(leaves.map((leaf) => compileSteps(leaf.steps, toVisit(leaf))))
}

/** Returns a function that calls all of `visits`. */
export function inTurn(visits: readonly Visit[]): Visit {
  const [only, second] = visits
  if (only && !second) return only
  return (value) => {
    for (const visit of visits) visit(value)
  }
}

// A boolean, whether or not there is anything. `holds` is false of `false` alone: deceased[x] may be a date.
function compileTest(test: 'exists' | 'holds', leaves: readonly Leaf[], visit: Visit): Visit {
  let result = false
  const walk = inTurn(
    leaves.map(({ steps }) =>
      compileSteps(steps, (value) => {
        if (test === 'exists' || value !== false) result = true
      }),
    ),
  )
  return (node) => {
    result = false
    walk(node)
    visit(result)
  }
}

function compileSteps(steps: readonly Access[], visit: Visit): Visit {
  const [step, second] = steps
  if (!step) return visit
  if (step.kind === 'child' && second?.kind === 'at')
    return childAt(step.name, second.index, compileSteps(steps.slice(2), visit))
  return compileStep(step, compileSteps(steps.slice(1), visit))
}

function compileStep(step: Access, next: Visit): Visit {
  switch (step.kind) {
    case 'child':
      return child(step.name, next)
    case 'at':
      return next
    case 'whereEquals':
      return (node) => {
        if ((node as Node)[step.name] === step.value) next(node)
      }
    case 'whereResolves':
      return (node) => {
        if (referencedType(node as Reference) === step.type) next(node)
      }
  }
}

function child(name: string, next: Visit): Visit {
  return (node) => {
    const value = (node as Node)[name]
    if (value === undefined || value === null) return
    if (!Array.isArray(value)) return next(value)
    for (let at = 0; at < value.length; at++) if (value[at] !== null) next(value[at])
  }
}

function childAt(name: string, index: number, next: Visit): Visit {
  return (node) => {
    const value = (node as Node)[name]
    if (Array.isArray(value) && value[index] !== undefined && value[index] !== null) next(value[index])
  }
}
