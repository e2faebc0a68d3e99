// What a consent's rules must keep to beyond being readable: labels, secondary use, sizes (A6, A7, A8). https://hl7.org/fhir/R4/consent.html

import { ACT_CODE, CONFIDENTIALITY_SYSTEM, rankOf } from './labels.ts'
import type { ConsentResource } from './normalise.ts'
import { provisionsOf } from './provisions.ts'
import type { Provision, Report } from './read-dimension.ts'
import type { Rule } from './rule.ts'
import type { Vocabulary } from './vocabulary.ts'

/** A8. */
export const MAX_ACTIVE_CONSENTS = 200
const MAX_ACTORS = 25
const MAX_VALUES = 100

/**
 * Reports labels that are known codes and yet no labels: v3-ActCode outside its sensitivity policies, v3-Confidentiality
 * without a rank. Stored, they are interpreted (Q01); written, they are a mistake.
 */
export function reportLabels(
  { actCodes, confidentiality, sensitivities }: Vocabulary,
  consent: ConsentResource,
  report: Report,
): void {
  for (const { path, provision } of provisionsOf(consent))
    for (const [i, { system, code = '' }] of (provision.securityLabel ?? []).entries()) {
      const isOther =
        (system === ACT_CODE && actCodes.has(code) && !sensitivities.has(code)) ||
        (system === CONFIDENTIALITY_SYSTEM && confidentiality.has(code) && rankOf(code) === undefined)
      if (isOther)
        report(
          'A6',
          `${path}.securityLabel[${i}]`,
          `${code} labels no data: use U, L, M, N, R or V of v3-Confidentiality, or a code below _InformationSensitivityPolicy of v3-ActCode (PSY, HIV …)`,
          `${code}はデータのラベルではありません。v3-ConfidentialityのU・L・M・N・R・Vか、v3-ActCodeの機微情報コード（PSY、HIVなど）を使ってください`,
        )
    }
}

/**
 * Reports permits that reach secondary use without naming their recipients as organisations or groups (A7), inherited
 * dimensions and N2's purpose included (Q34). That a purpose is explicit follows: without one a permit is for primary use.
 */
export function reportGrants(vocabulary: Vocabulary, rule: Rule, report: Report): void {
  const { effect, path, actors = [], children } = rule
  const isSecondary = effect === 'permit' && reachesSecondary(vocabulary, rule)
  if (isSecondary && (actors.length === 0 || !actors.every(isRecipient)))
    report(
      'A7',
      `${path}.actor`,
      'A permit for secondary use (research and the like) must name its recipients, each an Organization or a Group that is a published category of recipients',
      '二次利用（研究など）の許可には、提供先をOrganizationか、公表された提供先区分であるGroupで示すactorが必要です',
    )
  for (const child of children) reportGrants(vocabulary, child, report)
}

// A purpose that is not below PurposeOfUse, such as PurposeOfUse itself, may cover secondary ones.
function reachesSecondary({ purposes }: Vocabulary, { purposes: named = [] }: Rule): boolean {
  return named.some((code) => purposes.isSecondary(code) || !purposes.has(code))
}

function isRecipient(ref: string): boolean {
  return ref.startsWith('Organization/') || ref.startsWith('Group/')
}

/** Reports what is more than the limits of A8: active consents, actors in all provisions, values of one element. */
export function reportLimits(
  consent: ConsentResource,
  { activeConsents }: { readonly activeConsents: number },
  report: Report,
): void {
  if (activeConsents >= MAX_ACTIVE_CONSENTS)
    report(
      'A8',
      'Consent',
      `The person has ${MAX_ACTIVE_CONSENTS} active consents already: inactivate one that is no longer needed first`,
      `この人の有効な同意はすでに${MAX_ACTIVE_CONSENTS}件あります。不要なものを先に無効にしてください`,
    )
  const provisions = provisionsOf(consent)
  const actors = provisions.reduce((sum, { provision }) => sum + (provision.actor?.length ?? 0), 0)
  if (actors > MAX_ACTORS)
    report(
      'A8',
      'Consent.provision.actor',
      `A consent may name ${MAX_ACTORS} actors in all its provisions: name a Group, or give several consents`,
      `actorはすべてのprovisionを合わせて${MAX_ACTORS}件までです。Groupを使うか、同意を分けてください`,
    )
  for (const { path, provision } of provisions) reportLengths(provision, path, report)
}

const LISTS = ['action', 'securityLabel', 'purpose', 'class', 'code', 'data', 'provision'] as const

function reportLengths(provision: Provision, path: string, report: Report): void {
  for (const name of LISTS)
    if (countValues(provision[name] ?? []) > MAX_VALUES)
      report(
        'A8',
        `${path}.${name}`,
        `An element may have ${MAX_VALUES} values, codings counted one by one: say it with fewer, or give several consents`,
        `一つの要素の値は${MAX_VALUES}件まで（codingは一つずつ数える）です。減らすか、同意を分けてください`,
      )
}

// Each coding of a concept is compared: it is a value.
function countValues(values: readonly object[]): number {
  return values.reduce(
    (sum, value) => sum + ('coding' in value && Array.isArray(value.coding) ? value.coding.length : 1),
    0,
  )
}
