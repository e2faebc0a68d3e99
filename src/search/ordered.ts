// A number as text that sorts as the number does, for keys that join it to something else. https://hl7.org/fhir/R4/search.html#quantity

// In the order of their code points.
const DIGITS = '-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz'
const PAIRS = Array.from({ length: 4096 }, (_, at) => DIGITS[at >> 6]! + DIGITS[at & 63]!)

const double = new Float64Array(1)
const words = new Uint32Array(double.buffer)
const [LOW, HIGH] = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1 ? [0, 1] : [1, 0]

/**
 * Returns 6 or 12 ASCII letters, digits, `-` and `_` such that `a < b` exactly when `ordered(a) < ordered(b)`; both zeros are
 * the same. Infinities are the ends; NaN must not be given. Half of the text is left out where it would be the lowest.
 */
export function ordered(value: number): string {
  double[0] = value === 0 ? 0 : value
  const negative = words[HIGH]! >>> 31 === 1
  // Positive doubles sort as their bits do, above the negative ones, which sort the other way round.
  const high = negative ? ~words[HIGH]! >>> 0 : (words[HIGH]! | 0x80000000) >>> 0
  const low = negative ? ~words[LOW]! >>> 0 : words[LOW]!
  return low === 0 ? sixDigits(high) : sixDigits(high) + sixDigits(low)
}

function sixDigits(word: number): string {
  return PAIRS[word >>> 24]! + PAIRS[(word >>> 12) & 4095]! + PAIRS[word & 4095]!
}
