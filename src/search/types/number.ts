// Number parameters: the exact value, its implicit precision, and ranges. https://hl7.org/fhir/R4/search.html#number
import { FhirError } from '../../fhir/outcome.ts'
import { type DecimalRange, decimalRange } from '../../fhir/primitives.ts'
import { type Prefix, splitPrefix } from '../parse-value.ts'
import { type Bounds, type Expr, or } from '../query.ts'

/**
 * Returns the condition on `param` (scalars) or `param:range` that one number value states, by the comparators of
 * src/README.md; `ap` is within a tenth of the value. Throws FhirError `invalid` where the value is no number.
 */
export function compileNumber(param: string, value: string): Expr {
  const { prefix, rest } = splitPrefix(value)
  const range = decimalRange(rest)
  if (!range || !Number.isFinite(range.value))
    throw new FhirError('invalid', `A value of the number parameter ${param} is not a number`)
  return or(
    ...compileScalar(prefix, range).map((ends): Expr => ({ kind: 'match', param, ...ends })),
    ...compileRange(prefix, range).map((ends): Expr => ({ kind: 'match', param: `${param}:range`, ...ends })),
  )
}

/** What one comparator asks of one entry: conditions on both of its ends. */
export interface Ends {
  readonly lo?: Bounds
  readonly hi?: Bounds
}

/** Returns the alternatives of a comparator on scalars: an entry starts at the exact value, so open ones read `lo` alone. */
export function compileScalar(prefix: Prefix, { value, lo, hi }: DecimalRange): readonly Ends[] {
  switch (prefix) {
    case 'eq':
      return [{ lo: { min: lo }, hi: { max: hi } }]
    case 'ne':
      return [{ lo: { max: lo, maxOpen: true } }, { hi: { min: hi, minOpen: true } }]
    case 'gt':
    case 'sa':
      return [{ lo: { min: value, minOpen: true } }]
    case 'lt':
    case 'eb':
      return [{ lo: { max: value, maxOpen: true } }]
    case 'ge':
      return [{ lo: { min: value } }]
    case 'le':
      return [{ lo: { max: value } }]
    case 'ap': {
      const slack = Math.abs(value) / 10
      return [{ lo: { min: value - slack, max: value + slack } }]
    }
  }
}

/** Returns the alternatives of a comparator on ranges, `[low, high]`. */
export function compileRange(prefix: Prefix, { value, lo, hi }: DecimalRange): readonly Ends[] {
  switch (prefix) {
    case 'eq':
    case 'ne':
      return compileScalar(prefix, { value, lo, hi })
    case 'gt':
      return [{ hi: { min: value, minOpen: true } }]
    case 'lt':
      return [{ lo: { max: value, maxOpen: true } }]
    case 'ge':
      return [{ hi: { min: value } }]
    case 'le':
      return [{ lo: { max: value } }]
    case 'sa':
      return [{ lo: { min: value, minOpen: true } }]
    case 'eb':
      return [{ hi: { max: value, maxOpen: true } }]
    case 'ap': {
      const slack = Math.abs(value) / 10
      return [{ lo: { max: value + slack }, hi: { min: value - slack } }]
    }
  }
}
