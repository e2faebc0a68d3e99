// Break-glass: a reason, coded and in words, before a record is opened in an emergency (B1). https://profiles.ihe.net/ITI/PCF/
import type { Language } from '../../fhir/outcome.ts'
import { EMERGENCY_REASONS } from '../../interactions/break-glass.ts'
import type { Form } from '../form.ts'
import { toTime } from '../pages/dates.ts'
import { type Html, html } from '../pages/html.ts'
import { actions, button, type FormHead, facts, form, group, notice, radio } from '../pages/parts.ts'

export interface BreakGlassView extends FormHead {
  readonly patientName: string
  /** `1980-01-01` */
  readonly birthDate?: string
  readonly organization: string
  /** Instant (ms) at which the access ends, and the zone in which it is written. */
  readonly until: number
  readonly timeZone: string
  readonly reviewDays: number
  /** The form as it was posted, where something was missing. */
  readonly filled?: Form
}

export type BreakGlassAnswer =
  | { readonly kind: 'deny' }
  | { readonly kind: 'invalid' }
  /** `reason` is the code and the words, as they stand in the access log and in the notice to the person. */
  | { readonly kind: 'allow'; readonly code: string; readonly reason: string }

const FIELDS = { reason: 'reason', words: 'words', step: 'step' } as const
const MAX_WORDS_CHARS = 500

const TEXT = {
  en: {
    title: 'Emergency access',
    warning: 'Only to protect life or health in an emergency.',
    recorded: 'Who opened the record, when and why is recorded for good.',
    told: (name: string) => `${name} is told at once, with the reason you give here.`,
    reviewed: (days: number) => `Your organisation must review this access within ${days} days.`,
    patient: 'Whose record',
    born: 'Born',
    organization: 'On behalf of',
    until: 'Ends',
    why: 'Reason',
    words: 'What has happened',
    note: `Up to ${MAX_WORDS_CHARS} characters. The person will read this.`,
    allow: 'Open the record',
    deny: 'Go back without opening',
    invalid: 'Choose a reason and say what has happened.',
  },
  ja: {
    title: '緊急時の閲覧',
    warning: '生命・身体を守るための緊急時に限ります。',
    recorded: '誰が、いつ、なぜ閲覧したかが恒久的に記録されます。',
    told: (name: string) => `${name}さんに、ここに書く理由とともに直ちに通知されます。`,
    reviewed: (days: number) => `所属組織は${days}日以内にこの閲覧を確認しなければなりません。`,
    patient: 'どなたの記録か',
    born: '生年月日',
    organization: '所属',
    until: '終了',
    why: '理由',
    words: '状況の説明',
    note: `${MAX_WORDS_CHARS}文字まで。ご本人が読みます。`,
    allow: '記録を開く',
    deny: '開かずに戻る',
    invalid: '理由を選び、状況を書いてください。',
  },
} as const

/** Returns title and body of the page. */
export function breakGlassPage(view: BreakGlassView, language: Language): { title: string; body: Html } {
  const text = TEXT[language]
  const { filled = {}, patientName, reviewDays } = view
  return {
    title: text.title,
    body: html`${view.filled && notice('error', text.invalid)}
${notice(
  'warning',
  html`<p><strong>${text.warning}</strong></p><ul><li>${text.recorded}</li><li>${text.told(patientName)}</li><li>${text.reviewed(reviewDays)}</li></ul>`,
)}
${facts([
  [text.patient, patientName],
  [text.born, view.birthDate],
  [text.organization, view.organization],
  [text.until, toTime(view.until, language, view.timeZone)],
])}
${form(view, [
  group(
    text.why,
    Object.entries(EMERGENCY_REASONS).map(([value, { [language]: label }]) =>
      radio({ name: FIELDS.reason, value, label, checked: filled[FIELDS.reason] === value }),
    ),
  ),
  html`<label class="field">${text.words}<small>${text.note}</small><textarea name="${FIELDS.words}" maxlength="${MAX_WORDS_CHARS}" rows="3">${filled[FIELDS.words]}</textarea></label>`,
  actions(
    button('danger', text.allow, FIELDS.step, 'allow'),
    button('plain', text.deny, FIELDS.step, 'deny'),
  ),
])}`,
  }
}

/** Returns what a posted form says; anything but a clear yes with a reason opens nothing. */
export function readBreakGlass(posted: Form): BreakGlassAnswer {
  if (posted[FIELDS.step] !== 'allow') return { kind: 'deny' }
  const code = posted[FIELDS.reason] ?? ''
  const said = (posted[FIELDS.words] ?? '').replace(/\s+/g, ' ').trim()
  if (!Object.hasOwn(EMERGENCY_REASONS, code) || said === '' || [...said].length > MAX_WORDS_CHARS)
    return { kind: 'invalid' }
  return { kind: 'allow', code, reason: `${code}: ${said}` }
}
