// Takes away what a decision names as its grounds, to see whether that is what decided (PT14).
import type { Case } from '../../conformance/consent/vector.ts'
import { decide } from '../../src/consent/decide.ts'
import type { DecideContext, Decision, Ground } from '../../src/consent/decision.ts'
import type { Agreement, Rule, StoredConsent } from '../../src/consent/rule.ts'

/** Reasons that are rules of the engine itself, with nothing on record to take away. */
const FIXED = /^(purpose|public|self|proxy(:.*)?|btg(-.*)?|hard:(client|undelivered|uninformed))$/

/** Reasons of what holds where no consent speaks. */
const DEFAULT = /^(default|own-data|treating|admin:.*)$/

/** How taking away the grounds of a decision, again and again, ended. */
export type End = 'flipped' | 'default' | 'fixed' | 'unexplained'

/**
 * Removes the named rules until the decision flips or is a default. Removal of a rule: it and what stands beneath it (none of
 * which applied) is cut out of its consent as the engine holds it; with the root, or with an unreadable consent, the whole
 * consent goes; of a policy, the policy. Rules of the engine itself cannot be removed: the end is `fixed`.
 */
export function explainAway({ request, facets, context }: Case): End {
  const first = decide(request, facets, context)
  let [decision, rest] = [first, context]
  // Each round takes away at least one rule; a drawn state has fewer than a hundred.
  for (let round = 0; round < 100; round++) {
    if (decision.permit !== first.permit) return 'flipped'
    const reasons = decision.reason.split(',')
    if (reasons.every((reason) => DEFAULT.test(reason))) return 'default'
    const next = remove(decision, rest)
    // Of break-glass only label V refuses without a consent (Q28).
    if (decision.reason === 'btg-refused' && !next && facets.confidentiality !== 5) return 'unexplained'
    if (!next)
      return reasons.every((each) => FIXED.test(each) || DEFAULT.test(each)) ? 'fixed' : 'unexplained'
    rest = next
    decision = decide(request, facets, rest)
  }
  return 'unexplained'
}

function remove({ grounds, reason }: Decision, context: DecideContext): DecideContext | undefined {
  if (grounds.length > 0) return withoutRules(grounds, context)
  const id = /^(?:hard|statutory):(.*)$/.exec(reason)?.[1]
  const admin = context.state.admin.filter((policy) => policy.id !== id)
  if (admin.length === context.state.admin.length) return undefined
  return { ...context, state: { ...context.state, admin } }
}

function withoutRules(grounds: readonly Ground[], context: DecideContext): DecideContext {
  const cut = (consent: StoredConsent) => {
    const ground = grounds.find((each) => each.consent === consent.ref)
    return ground ? cutRules(consent, ground.paths) : consent
  }
  const of = (patient: string) => {
    const state = context.state.of(patient)
    return { ...state, consents: state.consents.map(cut).filter((consent) => consent !== undefined) }
  }
  return { ...context, state: { ...context.state, of } }
}

function cutRules(consent: StoredConsent, paths: readonly string[]): Agreement | undefined {
  if (consent.kind === 'unreadable' || paths.includes(consent.root.path)) return undefined
  return { ...consent, root: prune(consent.root, paths) }
}

function prune(rule: Rule, paths: readonly string[]): Rule {
  const children = rule.children.filter(({ path }) => !paths.includes(path))
  return { ...rule, children: children.map((child) => prune(child, paths)) }
}
