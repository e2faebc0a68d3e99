// Date parameters: containment of intervals. https://hl7.org/fhir/R4/search.html#date
import { FhirError } from '../../fhir/outcome.ts'
import { parseDateTime } from '../../fhir/primitives.ts'
import { splitPrefix } from '../parse-value.ts'
import { type Bounds, type Expr, or } from '../query.ts'

const DAY_MS = 86_400_000

// Finer than any clock, and than what an index can tell apart: silently rounding it would find other instants.
const TOO_FINE = /\.\d{10}/

/**
 * Returns the condition on `param` that one date value states, by the comparators of src/README.md. What has no offset is
 * read in `timeZone`; `ap` widens by a tenth of the distance to `now` (ms), at least by a day. Throws FhirError `invalid`
 * where the value is no date, or one finer than a nanosecond.
 */
export function compileDate(param: string, value: string, timeZone: string, now: number): Expr {
  const { prefix, rest } = splitPrefix(value)
  if (TOO_FINE.test(rest))
    throw new FhirError(
      'invalid',
      `A value of the date parameter ${param} has more than 9 digits after its seconds`,
    )
  const range = parseDateTime(rest, timeZone)
  if (!range) throw new FhirError('invalid', `A value of the date parameter ${param} is not a date`)
  const { start: a, end: b } = range
  const match = (lo?: Bounds, hi?: Bounds): Expr => ({
    kind: 'match',
    param,
    ...(lo && { lo }),
    ...(hi && { hi }),
  })
  const within = match({ min: a }, { max: b })
  const after = match(undefined, { min: b, minOpen: true })
  const before = match({ max: a, maxOpen: true })
  switch (prefix) {
    case 'eq':
      return within
    case 'ne':
      return or(before, after)
    case 'gt':
      return after
    case 'lt':
      return before
    case 'ge':
      return or(after, within)
    case 'le':
      return or(before, within)
    case 'sa':
      return match({ min: b })
    case 'eb':
      return match(undefined, { max: a })
    case 'ap': {
      const slack = Math.max(DAY_MS, Math.abs(now - a) / 10)
      return match({ max: b + slack, maxOpen: true }, { min: a - slack, minOpen: true })
    }
  }
}
