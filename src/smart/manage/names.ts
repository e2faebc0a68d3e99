// What people and organisations are called, as far as the one who looks may see them. https://hl7.org/fhir/R4/datatypes.html#HumanName
import type { Policy } from '../../access/policy.ts'
import { parseJson } from '../../fhir/json.ts'
import type { Resource } from '../../fhir/resource.ts'
import type { AppContext } from '../../interactions/context.ts'

interface HumanName {
  readonly use?: string
  readonly text?: string
  readonly family?: string
  readonly given?: readonly string[]
}

/** Names by reference; what may not be seen, or has none, is left out. */
export type Names = ReadonlyMap<string, string>

/** Returns the names of `Organization/3`, `Practitioner/7` and their like. */
export async function readNames(
  { store }: AppContext,
  policy: Policy,
  refs: Iterable<string>,
): Promise<Names> {
  const names = new Map<string, string>()
  for (const ref of new Set(refs)) {
    const [type = '', id = ''] = ref.split('/')
    if (!policy.may('read', type)) continue
    const version = await store.read(policy.readPlan(type, id))
    const name = version?.document && toName(parseJson(version.document) as Resource)
    if (name) names.set(ref, name)
  }
  return names
}

function toName({ name }: Resource): string | undefined {
  if (typeof name === 'string') return name
  const names = (Array.isArray(name) ? name : []) as readonly HumanName[]
  const chosen = names.find(({ use }) => use === 'official') ?? names[0]
  return chosen && (chosen.text ?? [chosen.family, ...(chosen.given ?? [])].filter(Boolean).join(' '))
}
