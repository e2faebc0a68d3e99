// Composites of a repeating element: both parts of one element, in one joined key. https://hl7.org/fhir/R4/search.html#composite
import { FhirError } from '../../fhir/outcome.ts'
import { decimalRange } from '../../fhir/primitives.ts'
import type { SearchContext } from '../context.ts'
import { compositePrefix, foldCode, quantityPrefix, tokenKey, tokenPrefix } from '../keys.ts'
import type { ComponentParameter } from '../params.ts'
import { splitPrefix, splitValue, unescapeValue } from '../parse-value.ts'
import { type Bounds, type Expr, equals, or, startsWith } from '../query.ts'
import { compileScalar } from './number.ts'
import { compileSearched, parseQuantity, toKeyed } from './quantity.ts'
import { compileReference } from './reference.ts'
import { spellings } from './token.ts'

/** Returns what a key must begin with for its first part to be the token `text`: one prefix for each spelling of the case. */
function toPrefixes(param: string, text: string, caseSensitive: ReadonlySet<string>): readonly string[] {
  const parts = splitValue(text, '|').map(unescapeValue)
  if (parts.length > 2 || parts.at(-1) === '')
    throw new FhirError('invalid', `The first part of a value of ${param} must be code or system|code`)
  const code = parts.at(-1)!
  const system = parts.length === 2 ? parts[0] : undefined
  if (system !== undefined && system !== '')
    return [compositePrefix(system, foldCode(caseSensitive, system, code))]
  return spellings(code).map((each) => compositePrefix(system, each))
}

function compileSecond(
  context: SearchContext,
  param: string,
  type: ComponentParameter,
  text: string,
  before: string,
): Expr {
  const caseSensitive = context.definitions.caseSensitiveSystems
  const { parameter } = type
  switch (parameter.type) {
    case 'quantity':
      return compileSearched(param, parseQuantity(param, text), before)
    case 'token': {
      const parts = splitValue(text, '|').map(unescapeValue)
      const code = parts.at(-1)!
      const system = parts.length === 2 ? parts[0] : undefined
      if (code === '' || parts.length > 2)
        throw new FhirError('invalid', `The second part of a value of ${param} must be code or system|code`)
      if (system) return equals(param, before + tokenKey(system, foldCode(caseSensitive, system, code)))
      if (system === '')
        return or(...spellings(code).map((each) => equals(param, before + tokenKey(undefined, each))))
      return or(...spellings(code).map((each) => startsWith(param, before + tokenPrefix(each))))
    }
    case 'reference': {
      const { definitions, settings } = context
      const types = parameter.target.length > 0 ? parameter.target : definitions.resourceTypes
      const expr = compileReference(param, text, { definitions, baseUrl: settings.baseUrl, types })
      return prefixAll(expr, before)
    }
    default:
      throw notServed(param)
  }
}

function notServed(param: string): FhirError {
  return new FhirError('not-supported', `The composite parameter ${param} is not served`)
}

// A reference compiles to equalities alone: each moves behind the first part.
function prefixAll(expr: Expr, before: string): Expr {
  if (expr.kind === 'or') return or(...expr.of.map((each) => prefixAll(each, before)))
  return expr.kind === 'match' ? equals(expr.param, before + String(expr.lo?.min)) : expr
}

// The end of a row: a number behind the first part, compared by its exact value; equal within the precision that is written.
function toPoints(param: string, text: string, before: string): readonly Bounds[] {
  const { prefix, rest } = splitPrefix(unescapeValue(text))
  const range = decimalRange(rest)
  if (!range || !Number.isFinite(range.value))
    throw new FhirError('invalid', `The parts of a value of ${param} after the first must be numbers`)
  if (prefix === 'eq') return [toKeyed({ lo: { min: range.lo, max: range.hi, maxOpen: true } }, before).lo!]
  return compileScalar(prefix, range).map(({ lo, hi }) => toKeyed({ lo: lo ?? hi ?? {} }, before).lo!)
}

// Three parts: the second is the row's `lo`, the third its `hi`.
function compilePair(param: string, [second, third]: readonly string[], before: string): Expr {
  const number = before + quantityPrefix('', '')
  const ends = toPoints(param, second!, number).flatMap((lo) =>
    toPoints(param, third!, number).map((hi) => ({ lo, hi })),
  )
  return or(...ends.map((each): Expr => ({ kind: 'match', param, ...each })))
}

/** Returns the condition that all `parts` hold of one element. Throws FhirError `invalid`; `not-supported` for a form that is not joined. */
export function compileJoined(
  context: SearchContext,
  param: string,
  components: readonly ComponentParameter[],
  parts: readonly string[],
): Expr {
  const first = components.findIndex(({ parameter }) => parameter.type === 'token')
  if (first < 0 || components.length > 3) throw notServed(param)
  const rest = components
    .map((component, index) => ({ component, text: parts[index]! }))
    .filter((_, index) => index !== first)
  const prefixes = toPrefixes(param, parts[first]!, context.definitions.caseSensitiveSystems)
  const compile = (before: string) =>
    rest.length === 2
      ? compilePair(
          param,
          rest.map(({ text }) => text),
          before,
        )
      : compileSecond(context, param, rest[0]!.component, rest[0]!.text, before)
  return or(...prefixes.map(compile))
}
