// Units of one kind made comparable: mg with g, mmHg with kPa, Cel with K. https://ucum.org/ucum
import { createRequire } from 'node:module'

/** `code` names the dimension, the same for all units that can be converted; canonical = value × factor + offset. */
export interface CanonicalUnit {
  readonly code: string
  readonly factor: number
  readonly offset: number
}

interface Unit {
  readonly magnitude_: number
  readonly dim_: { readonly dimVec_: readonly number[] | null } | null
  readonly cnv_: string | null
  readonly isArbitrary_: boolean
  readonly moleExp_: number
  readonly equivalentExp_: number
}

interface Library {
  /** The unit, and the text it stands for after corrections. Its public caller prints what it cannot parse: never call that. */
  readonly uStrParser_: {
    parseString(code: string, mode: 'validate', suggest: false): readonly [Unit | null, string | null]
  }
  convertToBaseUnits(code: string, value: number): { readonly status: string; readonly magnitude?: number }
}

const MAX_UNITS = 4096
const MAX_LENGTH = 128
const AVOGADRO = 6.0221367e23
const known = new Map<string, CanonicalUnit | undefined>()
let library: Library | undefined

/**
 * Returns how a UCUM code (case matters) converts to the canonical unit of its dimension, or undefined where it does not:
 * not a UCUM code, an arbitrary unit (`[iU]`), a logarithmic one (`[pH]`). Such units are compared by their code as written.
 * Units of amount (`mol`, `eq`) are a dimension of their own; annotations count for nothing: `{score}` is `1`.
 */
export function toCanonicalUnit(code: string): CanonicalUnit | undefined {
  if (known.has(code)) return known.get(code)
  const unit = code.length > MAX_LENGTH ? undefined : convert(code)
  // Codes come from callers too: what is forgotten is only worked out again.
  if (known.size >= MAX_UNITS) known.delete(known.keys().next().value!)
  known.set(code, unit)
  return unit
}

/** Returns `value` in the canonical unit, to 12 significant digits, so that 5.4 mg and 0.0054 g are the same number. */
export function toCanonicalValue(unit: CanonicalUnit, value: number): number {
  return round(value * unit.factor + unit.offset, 12)
}

const valid = new Map<string, boolean>()

/** True of a UCUM code, to the letter (case matters, nothing is guessed). */
export function isUcumCode(code: string): boolean {
  const before = valid.get(code)
  if (before !== undefined) return before
  const now = code.length <= MAX_LENGTH && parses(code)
  if (valid.size >= MAX_UNITS) valid.delete(valid.keys().next().value!)
  valid.set(code, now)
  return now
}

function parses(code: string): boolean {
  try {
    const [unit, corrected] = load().uStrParser_.parseString(code, 'validate', false)
    return unit !== null && corrected === code
  } catch {
    return false
  }
}

function round(value: number, digits: number): number {
  return Number(value.toPrecision(digits))
}

// Loaded with the first unit: 20 ms and 14 MB that a start does not need.
function load(): Library {
  library ??= createRequire(import.meta.url)('@lhncbc/ucum-lhc').UcumLhcUtils.getInstance() as Library
  return library
}

function convert(code: string): CanonicalUnit | undefined {
  try {
    const [unit, corrected] = load().uStrParser_.parseString(code, 'validate', false)
    if (!unit || corrected !== code || unit.isArbitrary_) return undefined
    const dimension = toDimension(unit)
    if (unit.cnv_ !== null) return convertAffine(code, unit.cnv_, dimension)
    const factor = round(unit.magnitude_ / AVOGADRO ** (unit.moleExp_ + unit.equivalentExp_), 14)
    return Number.isFinite(factor) && factor > 0 ? { code: dimension, factor, offset: 0 } : undefined
  } catch {
    return undefined
  }
}

const BASES = ['m', 's', 'g', 'rad', 'K', 'C', 'cd']

function toDimension({ dim_, moleExp_, equivalentExp_ }: Unit): string {
  const powers = BASES.map((base, at): [string, number] => [base, dim_?.dimVec_?.[at] ?? 0])
  const all = [...powers, ['mol', moleExp_] as const, ['eq', equivalentExp_] as const]
  const parts = all
    .filter(([, power]) => power !== 0)
    .map(([base, power]) => base + (power === 1 ? '' : power))
  return parts.join('.') || '1'
}

// Cel and [degF]; the other special units are logarithms and the like (and the library has Réaumur wrong).
function convertAffine(code: string, cnv: string, dimension: string): CanonicalUnit | undefined {
  if (cnv !== 'Cel' && cnv !== 'degF') return undefined
  const [zero, hundred] = [0, 100].map((value) => load().convertToBaseUnits(code, value).magnitude)
  if (zero === undefined || hundred === undefined) return undefined
  return { code: dimension, factor: round((hundred - zero) / 100, 14), offset: round(zero, 14) }
}
