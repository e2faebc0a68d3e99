// Search conditions hold by what is shown alone: a reference to something hidden is as one that is not there (L07, L13, L20).
import type { Definitions } from '../fhir/definitions.ts'
import { and, type Chain, type Expr, equals, LAST, type Match, NONE, or, toPoint } from '../search/query.ts'
import { cutSuffix, referenceParam } from '../search/reference-param.ts'
import type { Access } from './access.ts'
import { isPersonal } from './directory.ts'
import type { Fold } from './fold.ts'

/** Returns the rewriting of conditions for one access. Those on what came from the requester stay as they are. */
export function createShownWhere(definitions: Definitions, access: Access): Fold['shownWhere'] {
  const { own, names } = access
  const hideable = definitions.resourceTypes.filter(isHideable)
  if (own.kind === 'all') return (_type, condition) => condition
  return (type, condition) => {
    if (type === 'Consent' && OTHERS.has(cutSuffix(condition.param)))
      return or(and(condition, access.wholeConsents), ofOneself(condition, names))
    // A chain looks at its target, which must be visible itself.
    if (condition.kind === 'chain') return condition
    const targets = referenceParam(definitions, type, cutSuffix(condition.param))?.filter(isHideable)
    if (!targets || targets.length === 0) return condition
    return or(and(condition, own), ofShown(condition, targets, hideable, access))
  }
}

/** Of a Consent these tell of others, and of data. */
const OTHERS: ReadonlySet<string> = new Set(['actor', 'data'])

function isHideable(type: string): boolean {
  return type !== 'Patient' && isPersonal(type)
}

// Of the actors of a consent a grantee sees itself.
function ofOneself(condition: Match | Chain, names: readonly string[]): Expr {
  if (condition.param !== 'actor') return NONE
  if (condition.kind === 'match') {
    const point = toPoint(condition)
    const meant = names.filter((name) => point === undefined || point === name)
    return or(...meant.map((name) => equals('actor', name)))
  }
  const to = names.flatMap((name) => {
    const [type, id] = name.split('/') as [string, string]
    return condition.to
      .filter((selection) => selection.type === type)
      .map(({ where }) => ({ type, where: and(where, equals('_id', id)) }))
  })
  return to.length === 0 ? NONE : { ...condition, to }
}

// Of a suffixed parameter (`subject:identifier`, `subject:present`) it is not known which reference an entry is of.
function ofShown(
  match: Match,
  targets: readonly string[],
  hideable: readonly string[],
  { visible }: Access,
): Expr {
  if (match.param !== cutSuffix(match.param)) return NONE
  const point = toPoint(match)
  if (typeof point === 'string') {
    const type = point.slice(0, point.indexOf('/'))
    if (!isHideable(type)) return match
    return leadsTo(match.param, [type], and(equals('_id', point.slice(type.length + 1)), visible))
  }
  return or(leadsTo(match.param, targets, visible), and(match, elsewhere(match.param, hideable)))
}

function leadsTo(param: string, types: readonly string[], where: Expr): Expr {
  return { kind: 'chain', param, to: types.map((type) => ({ type, where })) }
}

// An entry that lies between the ranges of the types whose resources may be hidden.
function elsewhere(param: string, types: readonly string[]): Expr {
  const gaps: Match[] = []
  let from: string | undefined
  for (const type of types.toSorted()) {
    const min = from === undefined ? {} : { min: from }
    gaps.push({ kind: 'match', param, lo: { ...min, max: `${type}/`, maxOpen: true } })
    from = `${type}/${LAST}`
  }
  gaps.push({ kind: 'match', param, lo: { min: from! } })
  return or(...gaps)
}
