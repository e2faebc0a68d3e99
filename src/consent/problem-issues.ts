// What is wrong with a Consent, told as issues of an OperationOutcome. https://hl7.org/fhir/R4/operationoutcome.html
import type { Issue } from '../fhir/outcome.ts'
import type { Problem } from './read-dimension.ts'

/** Message code of each rule of admission: the `rule` of its issues. */
export const CONSENT_RULES: Readonly<Record<Problem['rule'], string>> = {
  A1: 'consent-scope',
  A2: 'consent-form',
  A3: 'consent-decision',
  A4: 'consent-provision-type',
  A5: 'consent-actor-role',
  A6: 'consent-unreadable',
  A7: 'consent-secondary-use',
  A8: 'consent-limit',
  J08: 'consent-recipient-abroad',
  P3: 'consent-delegation',
}

const MAX_ISSUES = 100

/** Returns one issue for each problem, what refuses before what warns; after a hundred, one that counts the rest. */
export function toIssues(problems: readonly Problem[]): readonly Issue[] {
  const issues = [
    ...problems.filter(({ severity }) => severity === undefined),
    ...problems.filter(({ severity }) => severity !== undefined),
  ].map(toIssue)
  const rest = issues.slice(MAX_ISSUES)
  if (rest.length === 0) return issues
  const more: Issue = {
    severity: rest[0]!.severity,
    code: 'business-rule',
    diagnostics: `${rest.length} more faults are not listed`,
    rule: 'more',
    ja: `ほかに ${rest.length} 件の指摘があります`,
  }
  return [...issues.slice(0, MAX_ISSUES), more]
}

function toIssue({ rule, path, en, ja, severity }: Problem): Issue {
  return {
    severity: severity ?? 'error',
    code: 'business-rule',
    diagnostics: `${path} (${rule}): ${en}`,
    expression: [path],
    path: toSteps(path),
    rule: CONSENT_RULES[rule],
    ja: `${path}（${rule}）：${ja}`,
  }
}

// `Consent.provision.actor[0]` → provision, actor, 0
function toSteps(path: string): readonly (string | number)[] {
  const steps = path.match(/[^.[\]]+/g) ?? []
  return steps.slice(1).map((step) => (/^\d+$/.test(step) ? Number(step) : step))
}
