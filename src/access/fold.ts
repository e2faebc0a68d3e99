// The policy reaches every place where a Query enters a resource type: one tree rewrite. https://hl7.org/fhir/R4/search.html#security
import { FhirError } from '../fhir/outcome.ts'
import {
  and,
  type Chain,
  type Expr,
  type Include,
  type Match,
  NONE,
  or,
  type Query,
  type Selection,
} from '../search/query.ts'
import type { Right } from './scopes.ts'

/** What a policy puts into a Query. */
export interface Fold {
  /** What it lets through of a type for a right: `none` where it lets nothing through. */
  filterFor(type: string, right: Right): Expr
  /** Returns a condition on one entry so that it holds only by what is shown of a resource of the type (L07). */
  shownWhere(type: string, match: Match | Chain): Expr
}

/**
 * Returns `query` with the filter of every type it enters: roots, chains, `_has` and includes, to any depth. A hidden
 * resource then behaves as one that does not exist. Throws FhirError `forbidden` where a chain or `_has` enters a type
 * that may not be searched at all: an empty answer would be a false one.
 */
export function foldQuery(query: Query, fold: Fold): Query {
  return {
    ...query,
    select: foldSelections(query.select, fold),
    includes: query.includes.map((include) => foldInclude(include, fold)),
  }
}

/** Returns root selections under the filter for `right`; those of which nothing may be seen are left out. */
export function foldSelections(
  select: readonly Selection[],
  fold: Fold,
  right: Right = 's',
): readonly Selection[] {
  return select.flatMap(({ type, where }) => {
    const policy = fold.filterFor(type, right)
    return policy.kind === 'none' ? [] : [{ type, where: and(foldExpr(where, type, fold), policy), policy }]
  })
}

/** Returns `expr`, asked of resources of `type`, with the policy in each type that it enters and by what is shown alone. */
export function foldExpr(expr: Expr, type: string, fold: Fold): Expr {
  switch (expr.kind) {
    case 'all':
    case 'none':
    case 'compartment':
    case 'type':
    case 'granted':
    case 'needs':
      return expr
    case 'match':
      return fold.shownWhere(type, expr)
    case 'and':
    case 'or':
      return { kind: expr.kind, of: expr.of.map((part) => foldExpr(part, type, fold)) }
    case 'not':
      return { kind: 'not', of: foldExpr(expr.of, type, fold) }
    case 'chain':
      return fold.shownWhere(type, { ...expr, to: entered(expr.to, fold) })
    case 'has':
      return { ...expr, from: entered([expr.from], fold)[0]! }
  }
}

// Of several possible targets (subject: Patient, Group …) those that may be searched are; with none left it is refused.
function entered(selections: readonly Selection[], fold: Fold): readonly Selection[] {
  const open = selections.filter(({ type }) => fold.filterFor(type, 's').kind !== 'none')
  if (open.length > 0)
    return open.map(({ type, where }) => ({
      type,
      where: and(foldExpr(where, type, fold), fold.filterFor(type, 's')),
    }))
  const types = selections.map(({ type }) => type).join(', ')
  throw new FhirError('forbidden', `A search through ${types} needs a scope to search that type`)
}

// What is included is read: its type needs `r` or `s`. What is reverse-included is found: its type needs `s`. The other
// end are resources the answer holds already. A type without scope adds nothing, and the search goes on.
function foldInclude(include: Include, fold: Fold): Include {
  const readable = ({ type, where }: Selection): Selection => ({
    type,
    where: and(foldExpr(where, type, fold), or(fold.filterFor(type, 'r'), fold.filterFor(type, 's'))),
  })
  const found = ({ type, where }: Selection): Selection => {
    const policy = fold.filterFor(type, 's')
    return { type, where: policy.kind === 'none' ? NONE : and(foldExpr(where, type, fold), policy) }
  }
  return include.kind === 'include'
    ? { ...include, targets: include.targets.map(readable) }
    : { ...include, source: found(include.source) }
}
