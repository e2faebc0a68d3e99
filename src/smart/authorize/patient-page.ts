// Whose record an app is to have: the people somebody acts for, or a search among those whom staff may see. https://hl7.org/fhir/smart-app-launch/scopes-and-launch-context.html#launch-context-arrives-with-your-access_token
import type { Language } from '../../fhir/outcome.ts'
import type { Form } from '../form.ts'
import { type Html, html } from '../pages/html.ts'
import { actions, button, type FormHead, form, notice } from '../pages/parts.ts'

export interface PersonFound {
  /** Id of the Patient. */
  readonly id: string
  readonly name: string
  /** The name in kana. */
  readonly kana?: string
  /** `1980-01-01` */
  readonly birthDate?: string
  /** Such as the number on the patient's card. */
  readonly identifier?: string
}

export interface PatientView extends FormHead {
  /** `list`: all there are; `search`: found by `query`, before anything is asked an empty list. */
  readonly kind: 'list' | 'search'
  readonly clientName: string
  readonly people: readonly PersonFound[]
  readonly query?: string
  /** What leads to the next page of a search. */
  readonly next?: string
}

/** What was posted. Whether that person may be chosen is to be asked anew: of a search, the id is only what was sent. */
export type PatientAnswer =
  | { readonly kind: 'chosen'; readonly patient: string }
  | { readonly kind: 'search'; readonly query?: string; readonly after?: string }

const FIELDS = { patient: 'patient', query: 'query', after: 'after', asked: 'asked' } as const
const MAX_QUERY_CHARS = 100
const ID = /^[A-Za-z0-9.-]{1,64}$/

const TEXT = {
  en: {
    title: 'Whose record?',
    lead: (app: string) => `Choose the person whose record ${app} is to use.`,
    query: 'Name, kana, birth date or patient number',
    search: 'Search',
    next: 'More people',
    none: 'Nobody was found whom you may see.',
    empty: 'There is nobody to choose.',
    born: 'Born',
    number: 'Number',
    results: 'People found',
  },
  ja: {
    title: 'どなたの記録ですか？',
    lead: (app: string) => `「${app}」が利用する記録の方を選んでください。`,
    query: '氏名・カナ・生年月日・患者番号',
    search: '検索',
    next: '次の候補を表示',
    none: '閲覧できる方が見つかりませんでした。',
    empty: '選べる方がいません。',
    born: '生年月日',
    number: '番号',
    results: '検索結果',
  },
} as const

/** Returns title and body of the picker. What was searched for is posted, so that no address holds a name. */
export function patientPage(view: PatientView, language: Language): { title: string; body: Html } {
  const text = TEXT[language]
  return {
    title: text.title,
    body: html`<p>${text.lead(view.clientName)}</p>
${form(view, view.kind === 'search' ? toSearch(view, language) : toList(view, language))}`,
  }
}

// The first button of the form is what the enter key presses: it searches.
function toSearch(view: PatientView, language: Language): Html {
  const text = TEXT[language]
  const { query, people, next } = view
  return html`<div role="search"><label class="field">${text.query}<input type="search" name="${FIELDS.query}" value="${query}" maxlength="${MAX_QUERY_CHARS}" autocomplete="off"></label>
${actions(button('primary', text.search))}</div>
${query !== undefined && html`<h2>${text.results}</h2>${people.length === 0 ? notice('info', text.none) : toButtons(people, language)}`}
${next !== undefined && html`<input type="hidden" name="${FIELDS.asked}" value="${query}">${actions(button('plain', text.next, FIELDS.after, next))}`}`
}

function toList({ people }: PatientView, language: Language): Html {
  return people.length === 0 ? notice('info', TEXT[language].empty) : toButtons(people, language)
}

function toButtons(people: readonly PersonFound[], language: Language): Html {
  const text = TEXT[language]
  return html`<ul class="people">${people.map(
    ({ id, name, kana, birthDate, identifier }) =>
      html`<li><button type="submit" class="person" name="${FIELDS.patient}" value="${id}"><strong>${name}</strong>${kana !== undefined && html`<span lang="ja">${kana}</span>`}<small>${[
        birthDate !== undefined && `${text.born} ${birthDate}`,
        identifier !== undefined && `${text.number} ${identifier}`,
      ]
        .filter((part) => part !== false)
        .join(' · ')}</small></button></li>`,
  )}</ul>`
}

/** Returns what a posted form asks; undefined where it names a person who is not in the list, or no id at all. */
export function readPatient({ kind, people }: PatientView, posted: Form): PatientAnswer | undefined {
  const patient = posted[FIELDS.patient]
  if (patient !== undefined) {
    const isOffered = kind === 'search' ? ID.test(patient) : people.some(({ id }) => id === patient)
    return isOffered ? { kind: 'chosen', patient } : undefined
  }
  if (kind === 'list') return undefined
  const after = posted[FIELDS.after]
  // The next page is of what was searched for, not of what was typed since.
  const query = (after === undefined ? posted[FIELDS.query] : posted[FIELDS.asked])?.slice(0, MAX_QUERY_CHARS)
  return { kind: 'search', ...(query !== undefined && { query }), ...(after !== undefined && { after }) }
}
