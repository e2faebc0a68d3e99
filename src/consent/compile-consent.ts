// What one consent says, as formulas over facets (2.14): the twin of `evaluate-consent.ts`.
import { and, type Expr, NONE, not, or } from '../search/query.ts'
import type { AccessRequest } from './access-request.ts'
import { type CompileContext, compileFacets } from './compile-facets.ts'
import { type MatchContext, matchesRequest } from './match-request.ts'
import type { Agreement, Rule } from './rule.ts'

/** Where a consent permits and where it denies; of the denies, those by a rule for which `marks` holds. */
export interface Formulas {
  readonly permits: Expr
  readonly denies: Expr
  readonly marked: Expr
}

/** Returns the formulas of a consent for one requester, purpose, action and time; the weak deny of a grant left out (T4). */
export function compileConsent(
  { optIn, root }: Agreement,
  request: AccessRequest,
  context: MatchContext & CompileContext,
  marks: (rule: Rule) => boolean = () => false,
): Formulas {
  return compileRule(root, optIn)

  function compileRule(rule: Rule, isWeak: boolean): Formulas {
    const below = rule.children.map((child) => compileRule(child, false))
    const denies = or(...below.map((each) => each.denies))
    const permits = and(or(...below.map((each) => each.permits)), not(denies))
    const marked = or(...below.map((each) => each.marked))
    if (!matchesRequest(rule, request, context)) return { permits, denies, marked }
    const stands = and(compileFacets(rule, context), not(permits))
    const own = and(stands, not(denies))
    if (rule.effect === 'permit') return { permits: or(permits, own), denies, marked }
    if (isWeak) return { permits, denies, marked }
    return { permits, denies: or(denies, own), marked: marks(rule) ? or(marked, stands) : marked }
  }
}

/** The formulas of a consent that says nothing. */
export const SILENT: Formulas = { permits: NONE, denies: NONE, marked: NONE }
