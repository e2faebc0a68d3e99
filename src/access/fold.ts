// The policy reaches every place where a Query enters a resource type: one tree rewrite. https://hl7.org/fhir/R4/search.html#security
import { FhirError } from '../fhir/outcome.ts'
import {
  and,
  type Chain,
  type Expr,
  type Include,
  NONE,
  or,
  type Query,
  type Selection,
} from '../search/query.ts'
import type { Right } from './scopes.ts'

/** What a policy lets through of a type for a right: `none` where it lets nothing through. */
export type FilterFor = (type: string, right: Right) => Expr

/**
 * Returns `query` with the filter of every type it enters: roots, chains, `_has` and includes, to any depth. A hidden
 * resource then behaves as one that does not exist. Throws FhirError `forbidden` where a chain or `_has` enters a type
 * that may not be searched at all: an empty answer would be a false one.
 */
export function foldQuery(query: Query, filterFor: FilterFor): Query {
  return {
    ...query,
    select: foldSelections(query.select, filterFor),
    includes: query.includes.map((include) => foldInclude(include, filterFor)),
  }
}

/** Returns root selections under the filter for `right`; those of which nothing may be seen are left out. */
export function foldSelections(
  select: readonly Selection[],
  filterFor: FilterFor,
  right: Right = 's',
): readonly Selection[] {
  return select.flatMap(({ type, where }) => {
    const policy = filterFor(type, right)
    return policy.kind === 'none' ? [] : [{ type, where: and(foldExpr(where, filterFor), policy), policy }]
  })
}

/** Returns `expr` with the policy in each type that it enters; the type it is asked of is the caller's to fold. */
export function foldExpr(expr: Expr, filterFor: FilterFor): Expr {
  switch (expr.kind) {
    case 'all':
    case 'none':
    case 'match':
    case 'compartment':
    case 'type':
    case 'granted':
      return expr
    case 'and':
    case 'or':
      return { kind: expr.kind, of: expr.of.map((part) => foldExpr(part, filterFor)) }
    case 'not':
      return { kind: 'not', of: foldExpr(expr.of, filterFor) }
    case 'chain':
      return foldChain(expr, filterFor)
    case 'has':
      return { ...expr, from: entered([expr.from], filterFor)[0]! }
  }
}

function foldChain(chain: Chain, filterFor: FilterFor): Expr {
  return { ...chain, to: entered(chain.to, filterFor) }
}

// Of several possible targets (subject: Patient, Group …) those that may be searched are; with none left it is refused.
function entered(selections: readonly Selection[], filterFor: FilterFor): readonly Selection[] {
  const open = selections.filter(({ type }) => filterFor(type, 's').kind !== 'none')
  if (open.length > 0)
    return open.map(({ type, where }) => ({
      type,
      where: and(foldExpr(where, filterFor), filterFor(type, 's')),
    }))
  const types = selections.map(({ type }) => type).join(', ')
  throw new FhirError('forbidden', `A search through ${types} needs a scope to search that type`)
}

// What is included is read: its type needs `r` or `s`. What is reverse-included is found: its type needs `s`. The other
// end are resources the answer holds already. A type without scope adds nothing, and the search goes on.
function foldInclude(include: Include, filterFor: FilterFor): Include {
  const readable = ({ type, where }: Selection): Selection => ({
    type,
    where: and(foldExpr(where, filterFor), or(filterFor(type, 'r'), filterFor(type, 's'))),
  })
  const found = ({ type, where }: Selection): Selection => {
    const policy = filterFor(type, 's')
    return { type, where: policy.kind === 'none' ? NONE : and(foldExpr(where, filterFor), policy) }
  }
  return include.kind === 'include'
    ? { ...include, targets: include.targets.map(readable) }
    : { ...include, source: found(include.source) }
}
