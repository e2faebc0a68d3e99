// Which codes a value set has, told at once where they are few or follow a grammar. https://hl7.org/fhir/R4/terminologies.html#4.1
import type { Membership } from '../profile/world.ts'
import { type Compose, isPartial, type Part, toSelection } from './compose.ts'
import { expandCompose, MAX_CODES } from './expand.ts'
import { isOffline, judgeOffline } from './offline.ts'

type Has = Membership['has']

/** Resolves to the membership of a value set; what it cannot tell at once, `isMember` can, or nobody here. */
export async function toMembership(compose: Compose): Promise<Membership> {
  const isPlain =
    compose.exclude.length === 0 && compose.include.every(({ valueSets }) => valueSets.length === 0)
  const tests = isPlain ? await Promise.all(compose.include.map(toHas)) : [await toWholeHas(compose)]
  const systems = [...new Set(compose.include.flatMap(({ system }) => system ?? []))]
  return {
    systems,
    has: (system, code) => {
      const verdicts = tests.map((has) => has(system, code))
      if (verdicts.includes(true)) return true
      return verdicts.includes(undefined) ? undefined : false
    },
  }
}

async function toHas(part: Part): Promise<Has> {
  const own = part.system
  const within =
    (has: (code: string) => boolean | undefined): Has =>
    (system, code) =>
      system === undefined || system === own ? has(code) : false
  if (part.listed) {
    const codes = new Set(part.listed.map(({ code }) => code))
    return within((code) => codes.has(code))
  }
  if (own !== undefined && isOffline(own) && part.filters.length === 0)
    return within((code) => judgeOffline(own, code))
  if (!part.source || isPartial(part.source)) return within(() => undefined)
  const selection = toSelection(part)
  if (((await part.source.total(selection)) ?? Number.POSITIVE_INFINITY) > MAX_CODES)
    return within(() => undefined)
  const concepts = await part.source.select(selection, 0, MAX_CODES)
  const codes = new Set(concepts.map(({ code }) => code))
  return within((code) => codes.has(code))
}

async function toWholeHas(compose: Compose): Promise<Has> {
  try {
    const { members } = await expandCompose(compose, { words: [], activeOnly: false, offset: 0 })
    const keys = new Set(
      members.flatMap(({ system, concept }) => [`${system}\u0001${concept.code}`, `\u0001${concept.code}`]),
    )
    return (system, code) => keys.has(`${system ?? ''}\u0001${code}`)
  } catch {
    return () => undefined
  }
}
