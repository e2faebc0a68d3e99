// What the consent screen shows, and what the form of it said. https://hl7.org/fhir/smart-app-launch/app-launch.html
import type { Scope } from '../../access/scopes.ts'
import type { Client } from '../client.ts'
import { applyChoices, toChoices } from '../describe/narrow.ts'
import type { Form } from '../form.ts'
import { readUntil } from './until.ts'

/** What the app would see, counted under a draft of the consent. */
export interface Preview {
  /** Resources of the record in all, and those that the app would be able to see. */
  readonly total: number
  readonly visible: number
  readonly byType: readonly { readonly type: string; readonly visible: number; readonly total: number }[]
}

export interface ConsentView {
  readonly client: Client
  /** Rights to data that may be granted at most; in the same order when the form is read as when it was shown. */
  readonly asked: readonly Scope[]
  /** `openid`, `offline_access`, `launch/patient`, the scope of a purpose and their like. */
  readonly others: readonly string[]
  /** Who is logged in. */
  readonly personName: string
  /** Whose record it is, where that is another. */
  readonly patientName?: string
  /** Name of the organisation acted for. */
  readonly organization?: string
  /** One v3-ActReason code. */
  readonly purpose: string
  /** A Consent is written: the person says until when. */
  readonly writesConsent: boolean
  /** Who acts for the person may not give consents (P3): nothing can be allowed. */
  readonly isPowerless?: boolean
  readonly preview?: Preview
  /** The form as it was posted, where the page is shown again: what was chosen stays chosen. */
  readonly decision?: Form
  readonly csrf: string
  /** Where the form is posted to, and what is sent along unseen. */
  readonly action: string
  readonly hidden?: Readonly<Record<string, string | undefined>>
  /** Where the browser goes afterwards: `app.example.org`. */
  readonly redirectHost: string
  /** A sentence in the language of the page. */
  readonly error?: string
  /** Instant (ms) and IANA zone by which days are counted. */
  readonly now: number
  readonly timeZone: string
}

export type Decision =
  | { readonly kind: 'deny' }
  /** `preview`: the page is to be shown again with the form as `decision`, since that was asked or a date was wrong. */
  | {
      readonly kind: 'preview' | 'allow'
      /** Rights as chosen and `others` as kept, separated by spaces. */
      readonly scope: string
      /** Instant (ms); absent where there is no end or none is asked. */
      readonly until?: number
    }

/** The field that says which button was pressed. */
export const DECISION_FIELD = 'decision'
/** The field that keeps `offline_access`. */
export const OFFLINE_FIELD = 'offline'

/** Returns what a posted form decided. What is neither allowed nor previewed is refused. */
export function readDecision(view: ConsentView, form: Form): Decision {
  const kind = form[DECISION_FIELD]
  if (kind !== 'allow' && kind !== 'preview') return { kind: 'deny' }
  const granted = applyChoices(toChoices(view.asked), form)
  const scope = [...granted, ...keptOthers(view, form)].join(' ')
  if (!view.writesConsent) return { kind, scope }
  const read = readUntil(form, view.now, view.timeZone)
  if (read.kind === 'invalid') return { kind: 'preview', scope }
  return { kind, scope, ...(read.until !== undefined && { until: read.until }) }
}

// Going on without the person is theirs to refuse; who they are is what logging in is for.
function keptOthers({ others }: ConsentView, form: Form): readonly string[] {
  return others.filter((scope) => scope !== 'offline_access' || form[OFFLINE_FIELD])
}
