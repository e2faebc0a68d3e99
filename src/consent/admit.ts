// Whether a Consent may be stored as active: rules A1 to A8 (2.2), J08, and P3 for delegations. https://hl7.org/fhir/R4/consent.html
import { reportForeign } from './admit-foreign.ts'
import { reportAgreementForm, reportDate } from './admit-form.ts'
import { reportGrants, reportLabels, reportLimits } from './admit-rules.ts'
import { delegationProblems, isDelegation } from './delegation.ts'
import { type ConsentResource, readRules, scopeOf } from './normalise.ts'
import { provisionRefs } from './provisions.ts'
import { openReport, type Problem, type Report, toRef } from './read-dimension.ts'
import type { Vocabulary } from './vocabulary.ts'

/** What only the record knows: looked up by the caller, as the writer sees it, this write's own transaction included. */
export interface AdmitFacts {
  /** Active consents of this patient with an enforced scope, this one and those it supersedes apart. */
  readonly activeConsents: number
  /** True where `Type/id` is there for the writer. */
  resolves(ref: string): boolean
  /** True of a RelatedPerson whose delegation in force for this patient says that they may grant consent. */
  isRelatedPersonWithPower(ref: string): boolean
  /** True of a recipient in another country (J08); without it none is. */
  isForeign?(ref: string): boolean
}

/** What to look up before `admit` is asked. */
export interface Lookups {
  /** For `resolves` and `isForeign`. */
  readonly targets: readonly string[]
  /** For `isRelatedPersonWithPower`. */
  readonly relatedPersons: readonly string[]
}

const SCOPES = 'http://terminology.hl7.org/CodeSystem/consentscope'
const ENFORCED: ReadonlySet<unknown> = new Set(['patient-privacy', 'research'])

/** Returns the references that the facts are asked about; nothing where `admit` looks at none. */
export function lookupsOf(consent: ConsentResource): Lookups {
  if (consent.status !== 'active' || (scopeOf(consent) === undefined && !isDelegation(consent)))
    return { targets: [], relatedPersons: [] }
  const performers = (consent.performer ?? []).flatMap(({ reference }) => toRef(reference) ?? [])
  return {
    targets: [...new Set(provisionRefs(consent).map(({ ref }) => ref))],
    relatedPersons: [...new Set(performers.filter((ref) => ref.startsWith('RelatedPerson/')))],
  }
}

/**
 * Returns what keeps a Consent from being stored as active; it is refused where a problem has no `severity`. A Consent with another status has no effect (S1) and is asked for nothing but R4's own structure: a draft may
 * be incomplete, and a revocation must never fail. Other scopes are stored and never enforced (A1), delegations apart.
 */
export function admit(
  vocabulary: Vocabulary,
  consent: ConsentResource,
  facts: AdmitFacts,
): readonly Problem[] {
  if (consent.status !== 'active') return []
  const { problems, report } = openReport()
  reportScope(consent, report)
  if (isDelegation(consent)) return [...problems, ...admitDelegation(vocabulary, consent, facts)]
  if (scopeOf(consent) === undefined) return problems
  reportAgreementForm(consent, facts, report)
  const rules = readRules(vocabulary, consent)
  reportLabels(vocabulary, consent, report)
  if (rules.root) reportGrants(vocabulary, rules.root, report)
  reportLimits(consent, facts, report)
  reportForeign(consent, (ref) => facts.isForeign?.(ref) ?? false, report)
  reportUnresolved(consent, facts, report)
  return [...problems, ...rules.problems]
}

function admitDelegation(
  vocabulary: Vocabulary,
  consent: ConsentResource,
  facts: AdmitFacts,
): readonly Problem[] {
  const { problems, report } = openReport()
  reportDate(consent, report)
  reportUnresolved(consent, facts, report)
  return [...delegationProblems(vocabulary, consent), ...problems]
}

// A1: what is enforced must be said in one way only, and not be missed by a slip.
function reportScope(consent: ConsentResource, report: Report): void {
  const codings = consent.scope?.coding ?? []
  const enforced = codings.filter(({ system, code }) => system === SCOPES && ENFORCED.has(code))
  const ways = new Set(enforced.map(({ code }) => code)).size + (isDelegation(consent) ? 1 : 0)
  if (ways > 1)
    report(
      'A1',
      'Consent.scope',
      'The scope must be one of patient-privacy, research and delegation: leave one coding',
      'scopeはpatient-privacy・research・delegationのいずれか一つにしてください',
    )
  const isMeant = ways === 0 && codings.some(({ code }) => ENFORCED.has(code))
  if (isMeant)
    report(
      'A1',
      'Consent.scope',
      `This consent is stored but never enforced: to be enforced, its scope needs the system ${SCOPES}`,
      `この同意は保存されますが適用されません。適用するにはscopeのsystemを${SCOPES}にしてください`,
      'warning',
    )
}

// A6: a rule on data that is not there hides or opens nothing; a recipient may become known later.
function reportUnresolved(consent: ConsentResource, { resolves }: AdmitFacts, report: Report): void {
  for (const { path, ref } of provisionRefs(consent))
    if (!resolves(ref))
      report(
        'A6',
        path,
        `${ref} is not here: refer to what this server holds`,
        `${ref}は存在しません。このサーバーにあるものを参照してください`,
        path.includes('.actor[') ? 'warning' : undefined,
      )
}
