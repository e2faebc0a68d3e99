// What a break-glass access leaves behind: a notice to the person, a review for the organisation (B2). https://hl7.org/fhir/R4/communication.html
import { ACT_REASON } from '../consent/purposes.ts'
import type { Resource } from '../fhir/resource.ts'

export const TASK_CODES = 'https://musubi.example/fhir/CodeSystem/task-code'

/** Coded reasons, as people read them; one that is given at the screen begins with its code and a colon. */
export const EMERGENCY_REASONS: Readonly<Record<string, { readonly en: string; readonly ja: string }>> = {
  'life-threatening': { en: 'Danger to life', ja: '生命の危険がある' },
  unconscious: { en: 'The person cannot answer', ja: '本人が意思を示せない' },
  'emergency-treatment': { en: 'Treatment that cannot wait', ja: '一刻を争う治療' },
  disaster: { en: 'Disaster or mass casualties', ja: '災害・多数傷病者' },
  other: { en: 'Another emergency', ja: 'その他の緊急事態' },
}

const DAY_MS = 86_400_000
const REASON = { coding: [{ system: ACT_REASON, code: 'BTG', display: 'break the glass' }] }

/** One elevated session at its first disclosure. */
export interface Disclosure {
  /** `Patient/id`: whose record was opened. */
  readonly patient: string
  /** The organisation acted for. */
  readonly organization: string
  /** `Practitioner/id`: who opened it. */
  readonly user: string
  /** As it was given for the session. */
  readonly reason: string
  /** Instant in ms. */
  readonly time: number
}

interface Told {
  /** In which instants are written. */
  readonly timeZone: string
  /** Of the organisation, where it is known. */
  readonly name: string | undefined
}

/** Returns the notice to the person, in Japanese and English. */
export function toNotice(
  { patient, organization, reason, time }: Disclosure,
  { timeZone, name }: Told,
): Resource {
  const place = name === undefined ? organization : `${name} (${organization})`
  const at = (locale: string) =>
    new Intl.DateTimeFormat(locale, { timeZone, dateStyle: 'long', timeStyle: 'long' }).format(time)
  return {
    resourceType: 'Communication',
    status: 'completed',
    category: [
      {
        coding: [
          {
            system: 'http://terminology.hl7.org/CodeSystem/communication-category',
            code: 'notification',
            display: 'Notification',
          },
        ],
      },
    ],
    subject: { reference: patient },
    recipient: [{ reference: patient }],
    sender: { reference: organization },
    sent: new Date(time).toISOString(),
    reasonCode: [REASON],
    payload: [
      {
        contentString: `緊急閲覧のお知らせ：${at('ja-JP')}、あなたの記録が、生命・身体を守るための緊急の必要により閲覧されました。閲覧した組織：${place}。理由：${tellReason(reason, 'ja')}。この閲覧は事後に必ず確認されます。`,
      },
      {
        contentString: `Emergency access: on ${at('en-GB')} your record was opened because of an emergency. Organisation: ${place}. Reason given: ${tellReason(reason, 'en')}. Every such access is reviewed afterwards.`,
      },
    ],
  }
}

function tellReason(reason: string, language: 'en' | 'ja'): string {
  const code = reason.slice(0, Math.max(reason.indexOf(':'), 0))
  if (!Object.hasOwn(EMERGENCY_REASONS, code)) return reason
  return EMERGENCY_REASONS[code]![language] + reason.slice(code.length)
}

/** Returns the review that the organisation owes within `days`; `notice` is the reference of the Communication. */
export function toReview(disclosure: Disclosure, notice: string, days: number): Resource {
  const { patient, organization, user, reason, time } = disclosure
  return {
    resourceType: 'Task',
    status: 'requested',
    intent: 'order',
    priority: 'urgent',
    code: {
      coding: [{ system: TASK_CODES, code: 'break-glass-review', display: 'Review of a break-glass access' }],
      text: '緊急閲覧の事後確認',
    },
    description:
      '緊急閲覧が正当だったかを確認してください。 Review whether this emergency access was justified.',
    focus: { reference: notice },
    for: { reference: patient },
    authoredOn: new Date(time).toISOString(),
    requester: { reference: user },
    owner: { reference: organization },
    reasonCode: REASON,
    restriction: {
      period: { start: new Date(time).toISOString(), end: new Date(time + days * DAY_MS).toISOString() },
    },
    input: [{ type: { text: 'reason' }, valueString: reason }],
  }
}
