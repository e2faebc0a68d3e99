// Quantity parameters: a number, alone or in a unit; UCUM units compare with each other. https://hl7.org/fhir/R4/search.html#quantity
import { FhirError } from '../../fhir/outcome.ts'
import { type DecimalRange, decimalRange } from '../../fhir/primitives.ts'
import { toCanonicalUnit, toCanonicalValue } from '../../fhir/ucum.ts'
import { quantityPrefix, UCUM } from '../keys.ts'
import { ordered } from '../ordered.ts'
import { type Prefix, splitPrefix, splitValue, unescapeValue } from '../parse-value.ts'
import { and, type Bounds, type Expr, LAST, or, startsWith } from '../query.ts'
import { compileRange, compileScalar, type Ends } from './number.ts'

/** A quantity as it is searched: the comparator, the number in the unit of `unit`, and what its keys begin with. */
export interface SearchedQuantity {
  readonly prefix: Prefix
  readonly range: DecimalRange
  /** Undefined for a number in any unit. */
  readonly unit?: string
  /** A system alone: any unit of it. */
  readonly system?: string
}

/** Returns what `[prefix]number`, `number|system|code`, `number||code` or `number|system|` asks; throws FhirError `invalid`. */
export function parseQuantity(param: string, value: string): SearchedQuantity {
  const [number = '', ...unit] = splitValue(value, '|').map(unescapeValue)
  const { prefix, rest } = splitPrefix(number)
  const range = decimalRange(rest)
  if (!range || !Number.isFinite(range.value) || (unit.length !== 0 && unit.length !== 2))
    throw new FhirError(
      'invalid',
      `A value of the quantity parameter ${param} must be number or number|system|code`,
    )
  const [system = '', code = ''] = unit
  if (code === '') return { prefix, range, ...(system === '' ? {} : { system }) }
  const canonical = system === UCUM ? toCanonicalUnit(code) : undefined
  if (!canonical) return { prefix, range, unit: quantityPrefix(system, code) }
  const convert = (each: number) => toCanonicalValue(canonical, each)
  const converted = { value: convert(range.value), lo: convert(range.lo), hi: convert(range.hi) }
  return { prefix, range: converted, unit: quantityPrefix(system, canonical.code) }
}

/** Returns `ends` (in numbers) as the same ends of text keys that begin with `prefix`. */
export function toKeyed({ lo, hi }: Ends, prefix: string): Ends {
  return { lo: toKeyedBounds(lo, prefix), hi: toKeyedBounds(hi, prefix) }
}

// The keys with a unit stand above every number on the same parameter: an open comparison must end before them.
function toNumeric({ lo, hi }: Ends): Ends {
  const close = (bounds?: Bounds) =>
    bounds && (bounds.max === undefined ? { ...bounds, max: Number.MAX_VALUE } : bounds)
  return { lo: close(lo), hi: close(hi) }
}

function toKeyedBounds({ min, max, minOpen, maxOpen }: Bounds = {}, prefix: string): Bounds {
  return {
    ...(min === undefined
      ? { min: prefix }
      : { min: prefix + ordered(Number(min)), ...(minOpen && { minOpen }) }),
    ...(max === undefined
      ? { max: prefix + LAST, maxOpen: true }
      : { max: prefix + ordered(Number(max)), ...(maxOpen && { maxOpen }) }),
  }
}

/** Returns the condition on `param` and `param:range` that a quantity states, its keys beginning with `before`. */
export function compileSearched(
  param: string,
  { prefix, range, unit, system }: SearchedQuantity,
  before?: string,
): Expr {
  const key = before === undefined ? unit : before + (unit ?? quantityPrefix('', ''))
  const keyed = (ends: Ends) => (key === undefined ? toNumeric(ends) : toKeyed(ends, key))
  const number = or(
    ...compileScalar(prefix, range).map((ends): Expr => ({ kind: 'match', param, ...keyed(ends) })),
    ...compileRange(prefix, range).map(
      (ends): Expr => ({ kind: 'match', param: `${param}:range`, ...keyed(ends) }),
    ),
  )
  if (system === undefined) return number
  // Any unit of a system: the number, and a spelling that begins with the system.
  return and(
    number,
    or(
      startsWith(param, quantityPrefix(system, '').slice(0, -1)),
      startsWith(`${param}:range`, quantityPrefix(system, '').slice(0, -1)),
    ),
  )
}

/** Returns the condition that one quantity value states on `param`; throws FhirError `invalid` where it is none. */
export function compileQuantity(param: string, value: string): Expr {
  return compileSearched(param, parseQuantity(param, value))
}
