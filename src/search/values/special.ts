// Positions, for `near`: a point of latitude and longitude in one entry. https://hl7.org/fhir/R4/location.html#positional
import type { RawNumber } from '../../fhir/primitives.ts'
import { EASTWARD } from '../keys.ts'
import type { CompileValue } from './context.ts'
import { toDecimalRange } from './number.ts'

interface Position {
  readonly latitude?: number | RawNumber
  readonly longitude?: number | RawNumber
}

/**
 * `lo` is the latitude and `hi` the longitude of Location.position and EASTWARD, in degrees: a box is a range of each.
 */
export const compileNear: CompileValue = ({ emit }, param, { path }) => {
  if (path !== 'Location.position') return undefined
  return (value) => {
    const { latitude, longitude } = value as Position
    const [lat, long] = [toDecimalRange(latitude), toDecimalRange(longitude)]
    if (lat && long) emit(param, lat.value, long.value + EASTWARD)
  }
}
