// SQL text with its values beside it: values are always bound, never written into the text. A bound LIMIT is written `0 + ?`:
// of a bare one SQLite looks at the value, and plans the whole statement anew at every run.
import type { SqlValue } from './connection.ts'

/** Stands among the values for the instant (ms) at which a statement is run: what is compiled can be kept. */
export const NOW = Number.MIN_VALUE

/** A piece of SQL and the values of its `?`, in the order of the text. */
export interface Sql {
  readonly text: string
  readonly params: readonly SqlValue[]
}

/** Returns `text` as it stands, without values: names and fixed phrases of this program only. */
export function raw(text: string): Sql {
  return { text, params: [] }
}

export const TRUE = raw('1')
// Bound: of a literal 0 SQLite makes a plan in which INDEXED BY finds no place.
export const FALSE: Sql = { text: '?', params: [0] }

/** Returns the template with nested pieces put in place and every other value bound. */
export function sql(strings: TemplateStringsArray, ...values: readonly (Sql | SqlValue)[]): Sql {
  let text = strings[0]!
  const params: SqlValue[] = []
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!
    if (isSql(value)) {
      text += value.text
      params.push(...value.params)
    } else {
      text += '?'
      params.push(value)
    }
    text += strings[i + 1]!
  }
  return { text, params }
}

function isSql(value: Sql | SqlValue): value is Sql {
  return typeof value === 'object' && value !== null && 'text' in value
}

/** Returns the pieces one after another with `separator` between them. */
export function join(parts: readonly Sql[], separator: string): Sql {
  return {
    text: parts.map(({ text }) => text).join(separator),
    params: parts.flatMap(({ params }) => params),
  }
}

/** Returns the conjunction; nothing at all is true. */
export function allOf(parts: readonly Sql[]): Sql {
  const open = parts.filter((part) => part !== TRUE)
  if (open.some((part) => part === FALSE)) return FALSE
  return open.length === 0 ? TRUE : balance(open, ' AND ')
}

/** Returns the disjunction; nothing at all is false. */
export function anyOf(parts: readonly Sql[]): Sql {
  const open = parts.filter((part) => part !== FALSE)
  if (open.some((part) => part === TRUE)) return TRUE
  return open.length === 0 ? FALSE : balance(open, ' OR ')
}

/** Returns the negation. */
export function negate(part: Sql): Sql {
  if (part === TRUE) return FALSE
  return part === FALSE ? TRUE : sql`NOT ${part}`
}

// SQLite refuses expressions deeper than 1,000, and reads a flat list of terms as one as deep as it is long.
function balance(parts: readonly Sql[], separator: string): Sql {
  if (parts.length === 1) return parts[0]!
  if (parts.length <= 64) return sql`(${join(parts, separator)})`
  const middle = parts.length >> 1
  return sql`(${balance(parts.slice(0, middle), separator)}${raw(separator)}${balance(parts.slice(middle), separator)})`
}
