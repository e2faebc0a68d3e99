// Who may act for a person, how long, in what, and without seeing what (P3): the provision of a delegation. https://hl7.org/fhir/R4/consent-definitions.html#Consent.provision
import type { Action } from './access-request.ts'
import { ACT_CODE } from './labels.ts'
import { readPeriod } from './normalise.ts'
import { type Provision, type Report, readActions, reportActorRole, toRef } from './read-dimension.ts'
import type { Delegation } from './state.ts'
import type { Vocabulary } from './vocabulary.ts'

/** What the provision of a delegation says. */
export type DelegationRights = Pick<Delegation, 'proxy' | 'period' | 'actions' | 'excludedLabels'>

/** Returns to whom a delegation gives which rights, for how long; undefined without a proxy. What is not understood is reported. */
export function readDelegationRights(
  vocabulary: Vocabulary,
  provision: Provision,
  report: Report,
): DelegationRights | undefined {
  const path = 'Consent.provision'
  if (provision.type !== 'permit')
    report(
      'A4',
      `${path}.type`,
      'The provision of a delegation must say permit',
      '委任のprovisionのtypeはpermitでなければなりません',
    )
  const stated = ['type', 'period', 'actor', 'action', 'provision']
  reportOthers(provision, stated, path, report)
  const proxy = readProxy(provision, path, report)
  const period = readPeriod(vocabulary, provision, path, report)
  const actions: readonly Action[] | undefined =
    provision.action && readActions(vocabulary, provision.action, path, report)
  const excludedLabels = readExcluded(vocabulary, provision, path, report)
  return proxy === undefined ? undefined : { proxy, period, actions, excludedLabels }
}

function readProxy({ actor = [] }: Provision, path: string, report: Report): string | undefined {
  const [first, ...others] = actor
  const ref = toRef(first?.reference?.reference)
  if (first && others.length === 0 && ref?.startsWith('RelatedPerson/')) {
    reportActorRole(first, `${path}.actor[0]`, report)
    return ref
  }
  report(
    'P3',
    `${path}.actor`,
    'A delegation has one actor, the proxy: a literal reference to a RelatedPerson of this server',
    '委任のactorは代理人一人で、このサーバーのRelatedPersonへの直接の参照でなければなりません',
  )
  return undefined
}

function readExcluded(
  vocabulary: Vocabulary,
  { provision: nested = [] }: Provision,
  path: string,
  report: Report,
): readonly string[] {
  const [first, ...others] = nested
  if (first === undefined) return []
  const at = `${path}.provision[0]`
  if (others.length > 0 || first.type !== 'deny' || !first.securityLabel)
    report(
      'P3',
      `${path}.provision`,
      'What the proxy may not see is said in one nested provision of type deny with securityLabel',
      '代理人に見せないものは、typeがdenyでsecurityLabelを持つ入れ子のprovision一つで示してください',
    )
  reportOthers(first, ['type', 'securityLabel'], at, report)
  return (first.securityLabel ?? []).flatMap(({ system, code = '' }, i) => {
    if (system === ACT_CODE && vocabulary.sensitivities.has(code)) return [code]
    report(
      'A6',
      `${at}.securityLabel[${i}]`,
      'An excluded label must be a sensitivity code of v3-ActCode (PSY, HIV …)',
      '除外するラベルはv3-ActCodeの機微情報コード（PSY、HIVなど）でなければなりません',
    )
    return []
  })
}

// A condition that is not understood would leave the right wider than it was meant.
function reportOthers(provision: Provision, stated: readonly string[], path: string, report: Report): void {
  for (const name of Object.keys(provision))
    if (!stated.includes(name) && name !== 'id' && name !== 'extension' && !name.startsWith('_'))
      report(
        'P3',
        `${path}.${name}`,
        `A delegation cannot be limited by ${name}: leave it out, or exclude labels`,
        `委任を${name}で限定することはできません。取り除くか、ラベルを除外してください`,
      )
}
