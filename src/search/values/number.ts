// Numbers with their implicit precision. https://hl7.org/fhir/R4/search.html#number
import { type DecimalRange, decimalRange, decimalText, isNumber } from '../../fhir/primitives.ts'
import { OPEN } from '../keys.ts'
import type { CompileValue, Quantity } from './context.ts'

/** The value, and the value with half of its precision; a Range under `param:range`, open at ±1e17. */
export const compileNumber: CompileValue = ({ emit }, param, { type }) => {
  switch (type) {
    case 'integer':
    case 'positiveInt':
    case 'unsignedInt':
    case 'decimal':
      return (value) => {
        const range = toDecimalRange(value)
        if (range) emit(param, range.value, range.hi)
      }
    case 'Range':
      return (value) => {
        const bounds = toBounds(value as Range)
        if (bounds) emit(`${param}:range`, bounds.low, bounds.high)
      }
  }
  return undefined
}

/** A FHIR Range. */
export interface Range {
  readonly low?: Quantity
  readonly high?: Quantity
}

/** Returns a JSON number with its implicit precision; undefined where it is none, or beyond what a double holds. */
export function toDecimalRange(value: unknown): DecimalRange | undefined {
  if (!isNumber(value)) return undefined
  const range = decimalRange(decimalText(value))
  return range && Number.isFinite(range.value) && Number.isFinite(range.hi) ? range : undefined
}

/** Returns both ends of a Range, open ones at ±1e17; undefined where it states neither. */
export function toBounds({ low, high }: Range): { readonly low: number; readonly high: number } | undefined {
  const [from, to] = [toDecimalRange(low?.value), toDecimalRange(high?.value)]
  return from || to ? { low: from?.value ?? -OPEN, high: to?.value ?? OPEN } : undefined
}
