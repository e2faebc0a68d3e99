// HTML that cannot be broken out of: what is put into a template is escaped, unless it is HTML made here. https://html.spec.whatwg.org/

/** Escaped or written by us; only `html` makes it. */
export class Html {
  readonly #text: string

  private constructor(text: string) {
    this.#text = text
  }

  static of(strings: TemplateStringsArray, values: readonly Part[]): Html {
    return new Html(
      strings.reduce((text, string, i) => text + string + (i < values.length ? write(values[i]) : ''), ''),
    )
  }

  toString(): string {
    return this.#text
  }
}

/** What may be put into a template. */
export type Part = Html | string | number | undefined | false | readonly Part[]

/** Returns the template as HTML; values are escaped, lists joined, `undefined` and `false` left out. */
export function html(strings: TemplateStringsArray, ...values: readonly Part[]): Html {
  return Html.of(strings, values)
}

function write(part: Part): string {
  if (part instanceof Html) return part.toString()
  if (Array.isArray(part)) return part.map(write).join('')
  if (part === undefined || part === false) return ''
  return escapeText(String(part))
}

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

function escapeText(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ESCAPES[character]!)
}
