// From a search parameter to what writes its entries. https://hl7.org/fhir/R4/searchparameter-registry.html
import type { SearchParameter, SearchParamType } from '../../fhir/definitions.ts'
import { compileFhirPath, selectNodes } from '../../fhir/fhirpath.ts'
import { FhirError } from '../../fhir/outcome.ts'
import type { Resource } from '../../fhir/resource.ts'
import { type Leaf, rootLeaf, toLeaves } from '../extract/leaf.ts'
import { type Branch, parseExpression } from '../extract/parse.ts'
import { compileBranch, inTurn, type Visit } from '../extract/walk.ts'
import type { CompileValue, ValueContext } from './context.ts'
import { compileDate } from './date.ts'
import { compileNumber } from './number.ts'
import { compileQuantity } from './quantity.ts'
import { compileReference } from './reference.ts'
import { compileNear } from './special.ts'
import { compileString } from './string.ts'
import { compileToken } from './token.ts'
import { compileUri } from './uri.ts'

/** What writes the values of each type of parameter; composites are joined from their components (`composite.ts`). */
export const VALUES: Readonly<Record<Exclude<SearchParamType, 'composite'>, CompileValue>> = {
  number: compileNumber,
  date: compileDate,
  string: compileString,
  token: compileToken,
  reference: compileReference,
  quantity: compileQuantity,
  uri: compileUri,
  special: compileNear,
}

/** Called for each value that a parameter selects, before its entries are written. */
export type Noticed = () => void

/**
 * Returns a function that writes the entries of `parameter` of a resource of `type` (all but composites) under its code.
 * `noticed` is called for every value there is, also for one that gives no entry. Throws FhirError `invalid` where the expression is no FHIRPath.
 */
export function compileParameter(
  context: ValueContext,
  type: string,
  parameter: SearchParameter,
  noticed: Noticed,
): Visit {
  const toVisit = visitOf(context, parameter, noticed)
  const branches = parseExpression(parameter.expression)?.filter(({ root }) => beginsAt(root, type))
  const start = rootLeaf(type)
  const walks = branches?.map((branch) => compileBranch(context.definitions, branch, start, toVisit))
  return walks?.every((walk) => walk !== undefined)
    ? inTurn(walks)
    : evaluateWithEngine(parameter.expression, toVisit)
}

/**
 * True unless every type that the expression can select is known to have no values of this type of parameter; fails as
 * `compileParameter`.
 */
export function compilesToValues(context: ValueContext, type: string, parameter: SearchParameter): boolean {
  compileParameter(context, type, parameter, () => {})
  const branches = parseExpression(parameter.expression)?.filter(({ root }) => beginsAt(root, type))
  const leaves = branches?.map((branch) => toLeaves(context.definitions, branch, rootLeaf(type)))
  if (!leaves?.every((some) => some !== undefined) || parameter.type === 'composite') return true
  if (branches?.some(({ test }) => test)) return parameter.type === 'token'
  const compile = VALUES[parameter.type]
  return leaves.flat().some((leaf) => compile(context, parameter.code, leaf) !== undefined)
}

/** True where a path that begins with `root` selects something in a resource of `type`. */
function beginsAt(root: Branch['root'], type: string): boolean {
  return root === type || root === '' || root === 'Resource' || root === 'DomainResource'
}

/** Returns what `compileBranch` asks for: the visit of values of one leaf, entries under the parameter's code. */
export function visitOf(
  context: ValueContext,
  parameter: SearchParameter,
  noticed: Noticed,
): (leaf: Pick<Leaf, 'type' | 'path' | 'valueSet'>) => Visit {
  if (parameter.type === 'composite') return () => noticed
  const compile = VALUES[parameter.type]
  return (leaf) => {
    const visit = compile(context, parameter.code, leaf)
    if (!visit) return noticed
    const guarded =
      parameter.type === 'reference' && leaf.type === 'Resource' ? ofTarget(parameter, visit) : visit
    return (value) => {
      noticed()
      guarded(value)
    }
  }
}

// Bundle's `composition` and `message` are the same entry, told apart by what it is.
function ofTarget({ target }: SearchParameter, visit: Visit): Visit {
  return (value) => {
    if (target.includes((value as Resource).resourceType)) visit(value)
  }
}

// For expressions of other shapes than R4's own: slower, and the same in what it selects.
function evaluateWithEngine(
  expression: string,
  toVisit: (leaf: Pick<Leaf, 'type' | 'path'>) => Visit,
): Visit {
  compileFhirPath(expression)
  const visits = new Map<string, Visit>()
  return (resource) => {
    for (const { value, location, type = typeof value } of select(expression, resource as Resource)) {
      const visit = visits.get(type) ?? toVisit({ type, path: type })
      visits.set(type, visit)
      // As it was sent: the engine is given plain numbers, which have lost their digits.
      visit(
        location?.reduce<unknown>((at, step) => (at as Record<string, unknown>)?.[step], resource) ?? value,
      )
    }
  }
}

// A posted expression that fails on one resource (too many items for an operator, say) indexes nothing of it.
function select(expression: string, resource: Resource) {
  try {
    return selectNodes(expression, resource).filter(({ value }) => value !== null && value !== undefined)
  } catch (error) {
    if (error instanceof FhirError) return []
    throw error
  }
}
