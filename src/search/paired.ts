// Code and number of a whole resource as one key: a shortcut to what few of many resources with a code have. https://hl7.org/fhir/R4/observation.html#search
import type { Definitions, SearchParameter } from '../fhir/definitions.ts'
import { compositePrefix, foldCode, quantityKey, tokenKey } from './keys.ts'
import { servedBy } from './params.ts'
import { splitValue, unescapeValue } from './parse-value.ts'
import type { Axis, Expr, IndexEntry } from './query.ts'
import { compileSearched, parseQuantity } from './types/quantity.ts'

/** A composite of the whole resource whose parts are a token and a quantity. */
export interface Pair {
  readonly code: string
  readonly token: string
  readonly quantity: string
}

const known = new WeakMap<ReadonlyMap<string, SearchParameter>, readonly Pair[]>()

/** Returns the pairs of a type: `code-value-quantity` of Observation is R4's only one. */
export function pairsOf(definitions: Definitions, type: string): readonly Pair[] {
  const parameters = definitions.searchParameters(type)
  const pairs = known.get(parameters) ?? findPairs(definitions, type, parameters)
  known.set(parameters, pairs)
  return pairs
}

function findPairs(
  definitions: Definitions,
  type: string,
  parameters: ReadonlyMap<string, SearchParameter>,
): readonly Pair[] {
  const pairs: Pair[] = []
  for (const code of parameters.keys()) {
    const served = servedBy(definitions, type, code)
    if (served?.kind !== 'root') continue
    const [token = '', quantity = '', ...rest] = served.components
    const fits = parameters.get(token)?.type === 'token' && parameters.get(quantity)?.type === 'quantity'
    if (fits && rest.length === 0) pairs.push({ code, token, quantity })
  }
  return pairs
}

const isPlain = (value: string) => splitValue(value, ',').length === 1 && splitValue(value, '|').length === 1

/**
 * Returns the condition on the joined rows that is true exactly where both the token's and the quantity's are, or undefined
 * where no row says it: the token must be one `system|code`, the quantity a number without unit (rows hold numbers as they
 * are written).
 */
export function joinedCondition(
  { caseSensitiveSystems }: Definitions,
  { code: param }: Pair,
  token: string,
  quantity: string,
): Expr | undefined {
  const [system = '', code = '', ...rest] = splitValue(token, '|').map(unescapeValue)
  const isOne = splitValue(token, ',').length === 1 && rest.length === 0
  if (!isOne || system === '' || code === '' || !isPlain(quantity)) return undefined
  const before = compositePrefix(system, foldCode(caseSensitiveSystems, system, code))
  return compileSearched(param, parseQuantity(param, quantity), before)
}

/** Writes the rows of a pair from the entries of its parts: one for each code and number, under the code's own system. */
export function joinPair(
  { code, token, quantity }: Pair,
  entries: readonly IndexEntry[],
  emit: (param: string, lo: Axis, hi: Axis) => void,
): void {
  const numbers = entries.filter(
    ({ param, lo }) => typeof lo === 'number' && (param === quantity || param === `${quantity}:range`),
  )
  if (numbers.length === 0) return
  // What is written must not be read again.
  for (const { param, lo: key } of entries.slice()) {
    if (param !== token) continue
    const [value = '', system = ''] = String(key).split('\u0001')
    if (system === '' || key !== tokenKey(system, value)) continue
    const before = compositePrefix(system, value)
    for (const { param: of, lo, hi } of numbers)
      emit(
        of === quantity ? code : `${code}:range`,
        before + quantityKey('', '', Number(lo)),
        before + quantityKey('', '', Number(hi)),
      )
  }
}
