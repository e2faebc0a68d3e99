// From an index entry back to a search that must find it: the reverse of the table in src/README.md.
import type { SearchParameter } from '../../src/fhir/definitions.ts'
import type { IndexEntry } from '../../src/search/query.ts'

const SEPARATOR = '\u0001'
const MAX_TIME = 8.64e15

const escapeValue = (text: string) => text.replace(/[\\,$|]/g, (character) => `\\${character}`)

function toTokenValue(key: string): string {
  const [code = '', system = ''] = key.split(SEPARATOR)
  return `${escapeValue(system)}|${escapeValue(code)}`
}

// The instant itself, in every digit that a Date has; open ends are searched from the other end.
function toDateValue({ lo, hi }: IndexEntry): string {
  const [start, end] = [Number(lo), Number(hi)]
  if (Math.abs(start) < MAX_TIME) return `ge${new Date(Math.floor(start)).toISOString()}`
  return `le${new Date(Math.ceil(Math.min(end, MAX_TIME))).toISOString()}`
}

/**
 * Returns a value of `parameter` that a resource with this entry must be found by, or undefined for an entry that is no
 * value of its own (a unit spelling, a marker).
 */
export function toSearchValue(parameter: SearchParameter, entry: IndexEntry): string | undefined {
  const { lo } = entry
  switch (parameter.type) {
    case 'token':
      return typeof lo === 'string' && lo.includes(SEPARATOR) ? toTokenValue(lo) : undefined
    case 'string':
      return typeof lo === 'string' && lo !== '' && lo.length < 200 ? escapeValue(lo) : undefined
    case 'reference':
      return typeof lo === 'string' ? escapeValue(lo.replace(SEPARATOR, '|')) : undefined
    case 'uri':
      return typeof lo === 'string' && lo.length < 500 ? escapeValue(lo) : undefined
    case 'date':
      return typeof lo === 'number' ? toDateValue(entry) : undefined
    case 'number':
    case 'quantity':
      return typeof lo === 'number' && Math.abs(lo) < 1e16 ? `ge${lo}` : undefined
    case 'composite':
    case 'special':
      return undefined
  }
}
