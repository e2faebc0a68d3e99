// In which capacity somebody goes on: for themselves, for another, or for an organisation.
import type { Language } from '../../fhir/outcome.ts'
import type { Form } from '../form.ts'
import { type Html, html } from '../pages/html.ts'
import { type FormHead, form } from '../pages/parts.ts'

/** A capacity as it is offered; `value` is what comes back, such as the reference it stands for. */
export interface Offered {
  readonly value: string
  readonly kind: 'self' | 'proxy' | 'staff'
  /** Of a proxy: for whom; of staff: the role, where it is known. */
  readonly name?: string
  /** Of staff: name of the organisation. */
  readonly organization?: string
}

export interface IdentityView extends FormHead {
  readonly personName: string
  /** Name of the app, where one is waiting. */
  readonly clientName?: string
  readonly capacities: readonly Offered[]
}

/** The field that holds the value of the one that was chosen. */
const FIELD = 'capacity'

const TEXT = {
  en: {
    title: 'As whom do you want to go on?',
    lead: (app: string) => `${app} then acts for you in this capacity.`,
    self: (name: string) => `For myself (${name})`,
    proxy: (name: string) => `For ${name}`,
    staff: (organization: string) => `At ${organization}`,
    note: {
      self: 'Your own record',
      proxy: 'As a family member or representative',
      staff: 'As a member of staff',
    },
    nobody: 'another person',
    nowhere: 'an organisation',
  },
  ja: {
    title: 'どの立場で続けますか？',
    lead: (app: string) => `「${app}」は、選んだ立場のあなたに代わって動きます。`,
    self: (name: string) => `本人として（${name}）`,
    proxy: (name: string) => `${name}さんの代わりに`,
    staff: (organization: string) => `${organization}の職員として`,
    note: { self: 'ご自分の記録', proxy: 'ご家族・代理人として', staff: '医療者・職員として' },
    nobody: 'ほかの方',
    nowhere: '組織',
  },
} as const

/** Returns title and body of the choice: one button for each capacity. */
export function identityPage(view: IdentityView, language: Language): { title: string; body: Html } {
  const text = TEXT[language]
  const { clientName } = view
  return {
    title: text.title,
    body: html`${clientName !== undefined && html`<p>${text.lead(clientName)}</p>`}
${form(
  view,
  html`<ul class="people">${view.capacities.map(
    (capacity) =>
      html`<li><button type="submit" class="person" name="${FIELD}" value="${capacity.value}"><strong>${toLabel(capacity, view, language)}</strong><small>${toNote(capacity, language)}</small></button></li>`,
  )}</ul>`,
)}`,
  }
}

function toLabel(
  { kind, name, organization }: Offered,
  { personName }: IdentityView,
  language: Language,
): string {
  const text = TEXT[language]
  switch (kind) {
    case 'self':
      return text.self(personName)
    case 'proxy':
      return text.proxy(name ?? text.nobody)
    case 'staff':
      return text.staff(organization ?? text.nowhere)
  }
}

function toNote({ kind, name }: Offered, language: Language): string {
  const note = TEXT[language].note[kind]
  return kind === 'staff' && name !== undefined ? name : note
}

/** Returns the capacity that a posted form names; undefined where it was not offered. */
export function readIdentity({ capacities }: IdentityView, posted: Form): Offered | undefined {
  return capacities.find(({ value }) => value === posted[FIELD])
}
