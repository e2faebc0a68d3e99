// What one consent says of one resource (T1 to T5).
import type { AccessRequest } from './access-request.ts'
import type { Facets } from './facets.ts'
import { type FacetContext, matchesFacets } from './match-facets.ts'
import { type MatchContext, matchesRequest } from './match-request.ts'
import type { Agreement, Rule } from './rule.ts'

export interface ConsentAnswer {
  readonly effect: 'permit' | 'deny'
  /** The rules that said so. */
  readonly rules: readonly Rule[]
}

/** Returns what the deepest rules that apply say; undefined where none applies, or only the root of a grant denies (T4). */
export function evaluateConsent(
  { optIn, root }: Agreement,
  request: AccessRequest,
  facets: Facets,
  context: MatchContext & FacetContext,
): ConsentAnswer | undefined {
  const answer = evaluateRule(root, request, facets, context)
  const isWeak = optIn && answer?.effect === 'deny' && answer.rules.includes(root)
  return isWeak ? undefined : answer
}

// T1: children first, also where the parent does not match; among them deny overrides (T3).
function evaluateRule(
  rule: Rule,
  request: AccessRequest,
  facets: Facets,
  context: MatchContext & FacetContext,
): ConsentAnswer | undefined {
  const below = rule.children
    .map((child) => evaluateRule(child, request, facets, context))
    .filter((answer) => answer !== undefined)
  for (const effect of ['deny', 'permit'] as const) {
    const rules = below.filter((answer) => answer.effect === effect).flatMap((answer) => answer.rules)
    if (rules.length > 0) return { effect, rules }
  }
  const matches = matchesRequest(rule, request, context) && matchesFacets(rule, facets, context)
  return matches ? { effect: rule.effect, rules: [rule] } : undefined
}
