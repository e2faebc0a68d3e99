// What rows of the access log refer to, for _include. https://hl7.org/fhir/R4/search.html#include
import type { Policy } from '../../access/policy.ts'
import type { Include } from '../../search/query.ts'
import type { Reader, Version } from '../../store/store.ts'
import type { Shown } from './entitled.ts'

/** Resources that one page brings along. */
const MAX_INCLUDED = 1_000

export interface Included {
  readonly versions: readonly Version[]
  /** True where there would be more. */
  readonly cut: boolean
}

/** Returns what the events refer to by the parameters that are asked for, each once, as far as the policy shows it. */
export async function readIncluded(
  reader: Reader,
  policy: Policy,
  includes: readonly Include[],
  events: readonly Shown[],
): Promise<Included> {
  const refs = [...new Set(events.flatMap((event) => refsOf(event, includes)))]
  const versions: Version[] = []
  for (const ref of refs.slice(0, MAX_INCLUDED)) {
    const [type = '', id = ''] = ref.split('/')
    const version = await reader.read(policy.readPlan(type, id))
    if (version?.document) versions.push(version)
  }
  return { versions, cut: refs.length > MAX_INCLUDED }
}

function refsOf({ entries }: Shown, includes: readonly Include[]): readonly string[] {
  return includes.flatMap(({ param, targets }) =>
    entries
      .filter((entry) => entry.param === param)
      .map(({ lo }) => String(lo))
      .filter((ref) => targets.some(({ type }) => ref.startsWith(`${type}/`))),
  )
}
