// Parts that the pages have in common; each control stands inside its label. https://www.w3.org/WAI/WCAG22/quickref/
import { CSRF_FIELD } from '../csrf.ts'
import { type Html, html, type Part } from './html.ts'

export interface FormHead {
  readonly action: string
  readonly csrf: string
  /** What is sent along unseen, by name. */
  readonly hidden?: Readonly<Record<string, string | undefined>>
}

/** Returns a form that posts to `action` with its CSRF token. */
export function form({ action, csrf, hidden = {} }: FormHead, body: Part): Html {
  const fields = Object.entries({ ...hidden, [CSRF_FIELD]: csrf })
  return html`<form method="post" action="${action}">
${fields.map(([name, value]) => value !== undefined && html`<input type="hidden" name="${name}" value="${value}">`)}
${body}
</form>`
}

/** How a button looks: what goes on, what is beside it, what ends something. */
export type ButtonKind = 'primary' | 'plain' | 'danger'

/** Returns a button that sends its form, with `name=value` where that is given. */
export function button(kind: ButtonKind, label: Part, name?: string, value?: string): Html {
  return html`<button type="submit" class="${kind}"${name !== undefined && html` name="${name}" value="${value}"`}>${label}</button>`
}

/** Returns the row of buttons of a form. */
export function actions(...buttons: readonly Part[]): Html {
  return html`<div class="actions">${buttons}</div>`
}

/** Returns a message; an error is read out at once. */
export function notice(kind: 'info' | 'success' | 'warning' | 'error', body: Part): Html {
  return html`<div class="notice ${kind}" role="${kind === 'error' ? 'alert' : 'status'}">${body}</div>`
}

/** Returns a list of terms with what they are; those without a value are left out. */
export function facts(list: readonly (readonly [term: string, value: Part])[]): Html {
  const rows = list.filter(([, value]) => value !== undefined && value !== false)
  return html`<dl class="facts">${rows.map(([term, value]) => html`<div><dt>${term}</dt><dd>${value}</dd></div>`)}</dl>`
}

export interface Tick {
  readonly name: string
  readonly label: Part
  readonly note?: Part
  readonly checked: boolean
}

/** Returns a checkbox with its label. */
export function tick({ name, label, note, checked }: Tick): Html {
  return html`<label class="tick"><input type="checkbox" name="${name}" value="on"${checked && html` checked`}>
<span>${label}${note !== undefined && html`<small>${note}</small>`}</span></label>`
}

/** Returns a radio button with its label. */
export function radio({ value, ...choice }: Tick & { readonly value: string }): Html {
  const { name, label, note, checked } = choice
  return html`<label class="tick"><input type="radio" name="${name}" value="${value}"${checked && html` checked`}>
<span>${label}${note !== undefined && html`<small>${note}</small>`}</span></label>`
}

/** Returns a group of controls under one question. */
export function group(legend: Part, body: Part, className = ''): Html {
  return html`<fieldset class="${className}"><legend>${legend}</legend>${body}</fieldset>`
}

/** Returns a link to another site, which learns nothing of this page; the text alone where the address is not https. */
export function externalLink(url: string | undefined, text: string): Html | undefined {
  if (url === undefined) return undefined
  const isWeb = URL.canParse(url) && new URL(url).protocol === 'https:'
  return isWeb
    ? html`<a href="${url}" rel="noopener noreferrer external" target="_blank">${text}</a>`
    : html`${text}`
}

/** Returns a sign for somebody without a picture: the first letter of the name. Nothing is loaded from elsewhere. */
export function avatar(name: string): Html {
  const [first] = new Intl.Segmenter().segment(name.trim())
  return html`<span class="avatar" aria-hidden="true">${first?.segment.toUpperCase() ?? '?'}</span>`
}

/** Returns the text as it begins a line. */
export function capitalise(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
