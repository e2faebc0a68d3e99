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
  if (!optIn || answer?.effect !== 'deny') return answer
  const strong = answer.rules.filter((rule) => rule !== root)
  return strong.length === 0 ? undefined : { effect: 'deny', rules: strong }
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
  const rulesOf = (effect: ConsentAnswer['effect']) =>
    below.filter((answer) => answer.effect === effect).flatMap((answer) => answer.rules)
  const [denying, permitting] = [rulesOf('deny'), rulesOf('permit')]
  if (denying.length === 0 && permitting.length > 0) return { effect: 'permit', rules: permitting }
  const matches = matchesRequest(rule, request, context) && matchesFacets(rule, facets, context)
  if (denying.length === 0) return matches ? { effect: rule.effect, rules: [rule] } : undefined
  // A deny beneath does not hide that this one denies too: it may be the one that names break-glass (Q29, PT6).
  return { effect: 'deny', rules: matches && rule.effect === 'deny' ? [rule, ...denying] : denying }
}
