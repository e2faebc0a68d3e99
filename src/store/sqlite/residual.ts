// Residuals that differ in constants of one person (a resource, a period) share a shape: few distinct ones per grantee.
import { AUTHOR_PARAM, CLINICAL_PARAM, REF_PARAM } from '../../consent/facet-params.ts'
import type { Axis, Bounds, Expr, Match } from '../../search/query.ts'

/** Stands in a shape for the parameter of that number; no value may begin with it. */
const MARKER = '\u0003'

export interface Factored {
  readonly shape: Expr
  /** Numbers of interned values, ids, instants. */
  readonly params: readonly Axis[]
}

/** Returns the number of the parameter that a value in a shape stands for, or undefined for a value of its own. */
export function parameterOf(value: Axis): number | undefined {
  return typeof value === 'string' && value.startsWith(MARKER) ? Number(value.slice(1)) : undefined
}

/** Returns the shape of a residual and its parameters; `valueId` interns what a facet row holds by number. */
export function factor(expr: Expr, valueId: (text: string) => number): Factored {
  const params: Axis[] = []
  const put = (value: Axis): Axis => `${MARKER}${params.push(value) - 1}`
  const shape = walk(expr)
  return { shape, params }

  function walk(each: Expr): Expr {
    switch (each.kind) {
      case 'and':
      case 'or':
        return { kind: each.kind, of: each.of.map(walk) }
      case 'not':
        return { kind: 'not', of: walk(each.of) }
      case 'match':
        return factorMatch(each)
      case 'has':
        // Of a Provenance the author stays where it is.
        return each.param === REF_PARAM
          ? { ...each, from: { ...each.from, where: walk(each.from.where) } }
          : each
      default:
        return each
    }
  }

  function factorMatch(match: Match): Expr {
    const { param, lo, hi } = match
    if (param === CLINICAL_PARAM)
      return { ...match, ...(lo && { lo: factorBounds(lo) }), ...(hi && { hi: factorBounds(hi) }) }
    const point = lo?.min
    if (typeof point !== 'string') return match
    if (param === '_id') return toPoint(match, put(point))
    return param === REF_PARAM || param === AUTHOR_PARAM ? toPoint(match, put(valueId(point))) : match
  }

  function factorBounds({ min, max }: Bounds): Bounds {
    return { ...(min !== undefined && { min: put(min) }), ...(max !== undefined && { max: put(max) }) }
  }
}

function toPoint(match: Match, value: Axis): Match {
  return { kind: 'match', param: match.param, lo: { min: value, max: value } }
}
