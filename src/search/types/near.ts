// Location `near`: a box around a point. https://hl7.org/fhir/R4/location.html#positional
import { FhirError } from '../../fhir/outcome.ts'
import { toCanonicalUnit } from '../../fhir/ucum.ts'
import { EASTWARD } from '../keys.ts'
import { splitValue, unescapeValue } from '../parse-value.ts'
import { type Expr, or } from '../query.ts'

const KM_PER_DEGREE = 111.195
const DEFAULT_KM = 10
const NUMBER = /^[+-]?\d{1,6}(\.\d{1,15})?$/

function toKm(param: string, distance: string | undefined, unit: string | undefined): number {
  if (distance === undefined || distance === '') return DEFAULT_KM
  const length = toCanonicalUnit(unit || 'km')
  if (!NUMBER.test(distance) || Number(distance) < 0 || length?.code !== 'm')
    throw new FhirError(
      'invalid',
      `The distance of ${param} must be a number with a unit of length (UCUM; km where none is given)`,
    )
  return (Number(distance) * length.factor) / 1000
}

/**
 * Returns the condition that a position lies in the box that reaches `distance` (10 km where none is given) north, south,
 * east and west of `latitude|longitude[|distance[|units]]`. Throws FhirError `invalid` where a part is wrong.
 */
export function compileNear(param: string, value: string): Expr {
  const [latitude = '', longitude = '', distance, unit, ...rest] = splitValue(value, '|').map(unescapeValue)
  const [lat, long] = [Number(latitude), Number(longitude)]
  const numbers = NUMBER.test(latitude) && NUMBER.test(longitude)
  if (!numbers || Math.abs(lat) > 90 || Math.abs(long) > 180 || rest.length > 0)
    throw new FhirError('invalid', `A value of ${param} must be latitude|longitude|distance|units`)
  const north = toKm(param, distance, unit) / KM_PER_DEGREE
  const east = Math.min(180, north / Math.max(0.001, Math.cos((lat * Math.PI) / 180)))
  const box = (shift: number): Expr => ({
    kind: 'match',
    param,
    lo: { min: lat - north, max: lat + north },
    hi: { min: long - east + shift + EASTWARD, max: long + east + shift + EASTWARD },
  })
  // A box that crosses the date line goes on at the other side.
  const shifts = [0, ...(long + east > 180 ? [-360] : []), ...(long - east < -180 ? [360] : [])]
  return or(...shifts.map(box))
}
