// A label that a resource gains reaches what refers to it, step by step, when it is gained (LI2). https://hl7.org/fhir/R4/security-labels.html
import type { Change } from '../access/plan.ts'
import { createSystemPolicy } from '../access/system.ts'
import { SENSITIVITY_PARAM } from '../consent/facet-params.ts'
import { parseJson } from '../fhir/json.ts'
import type { Resource } from '../fhir/resource.ts'
import type { AppContext } from './context.ts'
import { buildPut, isStale, isStanding } from './write.ts'

/** Steps from the resource that gained a label. */
const MAX_STEPS = 8
const ATTEMPTS = 3

/**
 * Labels what takes over labels from what `changes` have stored, and what takes over from that, all of one source: to others
 * it would tell what they refer to. Each version that it makes is an ordinary one, of the source that the resource has.
 */
export async function spreadLabels(context: AppContext, changes: readonly Change[]): Promise<void> {
  let frontier: readonly string[] = changes.flatMap(({ data }) =>
    isLabelled(data) ? [`${data.type}/${data.id}`] : [],
  )
  const seen = new Set(frontier)
  for (let step = 0; step < MAX_STEPS && frontier.length > 0; step++) {
    const next: string[] = []
    for (const from of frontier)
      for (const heir of await context.store.consents.heirsOf(from)) {
        if (seen.has(heir) || !(await inherit(context, from, heir))) continue
        seen.add(heir)
        next.push(heir)
      }
    frontier = next
  }
}

function isLabelled(data: Change['data']): boolean {
  return data.kind === 'put' && data.entries.some(({ param }) => param === SENSITIVITY_PARAM)
}

// True where the heir has gained something.
async function inherit(context: AppContext, from: string, heir: string): Promise<boolean> {
  const policy = await createSystemPolicy('labels', context)
  const [type, id] = toParts(heir)
  for (let attempt = 1; ; attempt++) {
    const current = await context.store.read(policy.targetPlan('u', type, id))
    const origin = await context.store.read(policy.targetPlan('u', ...toParts(from)))
    if (!isStanding(current) || current.source === undefined || current.source !== origin?.source)
      return false
    const stored = parseJson(current.document) as Resource
    const inherited = await context.store.consents.labelsOf([from])
    const { resource } = context.label(stored, { previous: stored, inherited })
    if (resource === stored) return false
    const writing = { context, policy, reader: context.store }
    const { change } = buildPut(
      writing,
      { ...resource, id },
      'PATCH',
      { version: current.versionId },
      current,
    )
    try {
      await context.store.commit([change])
      return true
    } catch (error) {
      if (!isStale(error) || attempt === ATTEMPTS) throw error
    }
  }
}

function toParts(ref: string): [type: string, id: string] {
  return ref.split('/') as [string, string]
}
