// Quantities, by number, by unit and in canonical units. https://hl7.org/fhir/R4/search.html#quantity
import type { RawNumber } from '../../fhir/primitives.ts'
import { toCanonicalUnit, toCanonicalValue } from '../../fhir/ucum.ts'
import { CURRENCY, OPEN, quantityKey, UCUM } from '../keys.ts'
import { type CompileValue, type Emit, isText, type Quantity } from './context.ts'
import { type Range, toBounds, toDecimalRange } from './number.ts'

interface SampledData {
  readonly origin?: Quantity
  readonly factor?: number | RawNumber
  readonly lowerLimit?: number | RawNumber
  readonly upperLimit?: number | RawNumber
  readonly data?: string
}

interface Money {
  readonly value?: number | RawNumber
  readonly currency?: string
}

/**
 * Three spellings of one value: the number alone, `␁unit␁` with its code and its unit as written, `system␁code␁`, which for
 * UCUM is canonical. What is not one value stands under `param:range` with both ends: a Range, a value with a comparator (`<5` reaches
 * from -1e17 to 5) and SampledData, from its least to its greatest point.
 */
export const compileQuantity: CompileValue = ({ emit }, param, { type }) => {
  const range = `${param}:range`
  switch (type) {
    case 'Quantity':
    case 'SimpleQuantity':
    case 'Age':
    case 'Duration':
    case 'Count':
    case 'Distance':
    case 'MoneyQuantity':
      return (value) => emitQuantity(emit, param, range, value as Quantity)
    case 'Money':
      return (value) => {
        const { value: amount, currency } = value as Money
        emitQuantity(emit, param, range, { value: amount, system: CURRENCY, code: currency })
      }
    case 'Range':
      return (value) => {
        const bounds = toBounds(value as Range)
        const { low, high } = value as Range
        if (bounds) emitSpellings(emit, range, low ?? high ?? {}, bounds.low, bounds.high)
      }
    case 'SampledData':
      return (value) => emitSampled(emit, range, value as SampledData)
  }
  return undefined
}

function emitQuantity(emit: Emit, param: string, range: string, quantity: Quantity): void {
  const decimal = toDecimalRange(quantity.value)
  if (!decimal) return
  const { value, hi } = decimal
  const { comparator } = quantity
  if (comparator === undefined) emitSpellings(emit, param, quantity, value, hi)
  else if (comparator.startsWith('<')) emitSpellings(emit, range, quantity, -OPEN, value)
  else emitSpellings(emit, range, quantity, value, OPEN)
}

function emitSpellings(emit: Emit, param: string, quantity: Quantity, lo: number, hi: number): void {
  const { unit, system, code } = quantity
  emit(param, lo, hi)
  if (isText(code)) emit(param, quantityKey('', code, lo), quantityKey('', code, hi))
  if (isText(unit) && unit !== code) emit(param, quantityKey('', unit, lo), quantityKey('', unit, hi))
  if (isText(code) && isText(system)) emitCanonical(emit, param, system, code, lo, hi)
}

function emitCanonical(
  emit: Emit,
  param: string,
  system: string,
  code: string,
  lo: number,
  hi: number,
): void {
  const unit = system === UCUM ? toCanonicalUnit(code) : undefined
  const end = (value: number) => (unit && Math.abs(value) !== OPEN ? toCanonicalValue(unit, value) : value)
  const canonical = unit?.code ?? code
  emit(param, quantityKey(system, canonical, end(lo)), quantityKey(system, canonical, end(hi)))
}

// Points are written in units of `factor` from `origin`; L and U are beyond the limits, E is no value.
function emitSampled(emit: Emit, range: string, sampled: SampledData): void {
  const origin = toDecimalRange(sampled.origin?.value)
  if (!origin) return
  const factor = toDecimalRange(sampled.factor)?.value ?? 1
  const ends = { L: toDecimalRange(sampled.lowerLimit), U: toDecimalRange(sampled.upperLimit) }
  let [low, high] = [Infinity, -Infinity]
  for (const text of (sampled.data ?? '').split(/\s+/)) {
    const point = text === 'L' || text === 'U' ? ends[text]?.value : Number.parseFloat(text)
    if (point === undefined || !Number.isFinite(point)) continue
    low = Math.min(low, point)
    high = Math.max(high, point)
  }
  const [a, b] = [low * factor + origin.value, high * factor + origin.value]
  if (low <= high) emitSpellings(emit, range, sampled.origin!, Math.min(a, b), Math.max(a, b))
}
