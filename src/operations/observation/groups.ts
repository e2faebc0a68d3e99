// Groups Observations by code as $lastn asks. https://hl7.org/fhir/R4/observation-operation-lastn.html
import type { Coding, Resource } from '../../fhir/resource.ts'

interface CodeableConcept {
  readonly coding?: readonly Coding[]
  readonly text?: string
}

/** The keys that make two Observations one group: every coding's system and code, or the text where there is no coding. */
export function toCodeKeys(code: CodeableConcept | undefined): string[] {
  const codings = code?.coding?.filter((coding) => coding.code !== undefined) ?? []
  if (codings.length > 0) return codings.map((coding) => `${coding.system ?? ''}|${coding.code}`)
  return [`text:${code?.text ?? ''}`]
}

/**
 * Returns the groups in order of their first member: codes are equal where system and value are, texts where they are
 * the same text, and translations in one Observation join their groups (transitively).
 */
export function groupByCode<T extends Resource>(observations: readonly T[]): T[][] {
  const leader = new Map<string, string>()
  const find = (key: string): string => {
    const next = leader.get(key)
    if (next === undefined || next === key) return key
    const root = find(next)
    leader.set(key, root)
    return root
  }
  for (const observation of observations) {
    const [first, ...others] = toCodeKeys(observation['code'] as CodeableConcept | undefined)
    for (const key of others) leader.set(find(key), find(first!))
  }
  const groups = new Map<string, T[]>()
  for (const observation of observations) {
    const root = find(toCodeKeys(observation['code'] as CodeableConcept | undefined)[0]!)
    const group = groups.get(root)
    if (group) group.push(observation)
    else groups.set(root, [observation])
  }
  return [...groups.values()]
}

/** Returns the first `max` of a group sorted from the newest, and those that tie with the last of them. */
export function takeNewest<T>(
  sorted: readonly T[],
  max: number,
  timeOf: (item: T) => number | undefined,
): T[] {
  if (sorted.length <= max) return [...sorted]
  const last = timeOf(sorted[max - 1]!)
  return sorted.filter((item, index) => index < max || (last !== undefined && timeOf(item) === last))
}
