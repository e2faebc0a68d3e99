// The question until when.
import type { Language } from '../../fhir/outcome.ts'
import type { Form } from '../form.ts'
import { toDay } from '../pages/dates.ts'
import { type Html, html } from '../pages/html.ts'
import { capitalise, group, radio } from '../pages/parts.ts'
import type { ConsentView } from './consent-view.ts'
import { DATE_FIELD, endOf, UNTIL, UNTIL_FIELD } from './until.ts'

const TEXT = {
  en: { legend: 'Until when', date: 'Last day', to: (day: string) => `up to and including ${day}` },
  ja: { legend: 'いつまで', date: '最後の日', to: (day: string) => `${day}まで` },
} as const

/** Returns the choices with the day that each ends on, and a field for another day. */
export function untilFields({ now, timeZone }: ConsentView, filled: Form, language: Language): Html {
  const text = TEXT[language]
  const today = new Date(now).toLocaleDateString('en-CA', { timeZone })
  const choices = Object.entries(UNTIL).map(([value, words]) => {
    const end = endOf(value, now, timeZone)
    return radio({
      name: UNTIL_FIELD,
      value,
      label: capitalise(words[language]),
      ...(end !== undefined && { note: text.to(toDay(end, language, timeZone)) }),
      checked: filled[UNTIL_FIELD] === value,
    })
  })
  return group(
    text.legend,
    html`${choices}
<label class="field date">${text.date}<input type="date" name="${DATE_FIELD}" min="${today}" value="${filled[DATE_FIELD]}"></label>`,
    'until',
  )
}
