// What a requester is shown of versions that others brought: without what leads to hidden resources (L13 to L15, L20).
import { isPersonal } from '../access/directory.ts'
import type { Policy } from '../access/policy.ts'
import { parseJson, stringifyJson } from '../fhir/json.ts'
import { listReferences } from '../fhir/list-references.ts'
import { prune } from '../fhir/prune.ts'
import { representationTag } from '../fhir/representation-tag.ts'
import type { Resource } from '../fhir/resource.ts'
import type { Reader, Version } from '../store/store.ts'
import type { AppContext } from './context.ts'
import type { Replaced } from './prepare.ts'
import { redactConsent } from './redact-consent.ts'
import type { Result } from './result.ts'
import type { Writing } from './write.ts'

/**
 * Returns `reader` with every version as the policy shows it: bytes, and an entity tag of its own where they are not those
 * stored, telling `onShown` of each. What cannot be shown without something hidden is not there; the policy has left it out already.
 */
export function showing(
  context: AppContext,
  reader: Reader,
  policy: Policy,
  onShown: (version: Version) => void = () => {},
): Reader {
  const shown = async (versions: readonly Version[]) => {
    const all = await showAll(context, reader, policy, versions)
    for (const version of all) if (version.document !== undefined) onShown(version)
    return all
  }
  return {
    read: async (plan) => {
      const version = await reader.read(plan)
      // The target of a write is read as it is stored.
      return plan.data.whole || !version ? version : (await shown([version]))[0]
    },
    search: async (plan) => {
      const page = await reader.search(plan)
      return { ...page, matches: await shown(page.matches), included: await shown(page.included) }
    },
    history: async (plan) => {
      const page = await reader.history(plan)
      return { ...page, matches: await shown(page.matches) }
    },
    visible: (plan) => reader.visible(plan),
  }
}

/** Returns the versions as the policy shows them, those of the requester's own as they are. */
export async function showAll(
  context: AppContext,
  reader: Reader,
  policy: Policy,
  versions: readonly Version[],
): Promise<readonly Version[]> {
  const { baseUrl } = context.settings
  const isForeign = (version: Version) => version.document !== undefined && !policy.access.isOwn(version)
  const refs = new Map<Version, readonly string[]>()
  for (const version of versions)
    if (isForeign(version)) refs.set(version, listReferences(version.document!, isPersonal, baseUrl))
  if (refs.size === 0) return versions
  const asked = [...new Set([...refs.values()].flat())]
  const visible = asked.length === 0 ? new Set() : await reader.visible(policy.visiblePlan(asked))
  const isHidden = (ref: string) => !visible.has(ref)
  return versions.flatMap((version) => {
    const own = refs.get(version)
    if (!own || !(own.some(isHidden) || isOthersConsent(policy, version))) return [version]
    return show(context, policy, version, isHidden) ?? []
  })
}

// A person sees consents as they are, their own and those of whom they act for.
function isOthersConsent({ principal }: Policy, { type, patients = [] }: Version): boolean {
  if (type !== 'Consent') return false
  const { self, proxyFor } = principal
  return !patients.some((patient) => patient === self || patient === proxyFor)
}

function show(
  { definitions, settings }: AppContext,
  policy: Policy,
  version: Version,
  isHidden: (ref: string) => boolean,
): Version | undefined {
  const stored = parseJson(version.document!) as Resource
  const ofOneself = isOthersConsent(policy, version) ? redactConsent(stored, policy.access.names) : stored
  const pruned = prune(ofOneself, isHidden, { definitions, baseUrl: settings.baseUrl, isPersonal })
  if (pruned === undefined || pruned === stored) return pruned && version
  const document = Buffer.from(stringifyJson(pruned))
  return { ...version, document, tag: representationTag(document) }
}

/** Returns what a new version replaces: as it is stored, and as the writer is shown it. */
export async function toReplaced({ context, policy, reader }: Writing, stored: Version): Promise<Replaced> {
  const [shown] = await showAll(context, reader, policy, [stored])
  return { stored, shown: shown ?? stored }
}

/** Returns the value of the entity tag of a version. */
export function tagOf({ tag, versionId }: Version): string {
  return tag ?? versionId
}

/** Returns the result of a write, which answers with what stands, as the writer may see it; any other as it is. */
export async function showResult(
  context: AppContext,
  reader: Reader,
  policy: Policy,
  result: Result,
): Promise<Result> {
  if (result.kind !== 'written') return result
  const [shown] = await showAll(context, reader, policy, [{ ...result.version, method: 'PUT' }])
  return shown ? { ...result, version: { ...result.version, ...shown } } : result
}
