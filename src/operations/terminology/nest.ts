// An expansion in the hierarchy of its code systems. https://hl7.org/fhir/R4/valueset-definitions.html#ValueSet.expansion.contains.contains
import type { Member } from '../../fhir/terminology/expand.ts'

interface Nested {
  readonly contains?: object[]
}

/** Returns `contains` (one for each member, in the same order) with each under the first of its parents that is among them. */
export function nest(members: readonly Member[], contains: readonly object[]): readonly object[] {
  const rows = new Map(
    members.map((member, at) => [keyOf(member, member.concept.code), { ...contains[at] } as object & Nested]),
  )
  const roots: object[] = []
  for (const member of members) {
    const row = rows.get(keyOf(member, member.concept.code))!
    const parent = member.concept.parents.find(
      (code) => rows.has(keyOf(member, code)) && code !== member.concept.code,
    )
    const above =
      parent === undefined || isCircular(members, member, parent)
        ? undefined
        : rows.get(keyOf(member, parent))
    if (above) Object.assign(above, { contains: [...(above.contains ?? []), row] })
    else roots.push(row)
  }
  return roots
}

function keyOf({ system }: Member, code: string): string {
  return `${system}\u0001${code}`
}

// A hierarchy that bites its tail would nest without end.
function isCircular(members: readonly Member[], { system, concept }: Member, parent: string): boolean {
  const seen = new Set([concept.code])
  let code: string | undefined = parent
  while (code !== undefined) {
    if (seen.has(code)) return true
    seen.add(code)
    const above: Member | undefined = members.find(
      (each) => each.system === system && each.concept.code === code,
    )
    code = above?.concept.parents[0]
  }
  return false
}
