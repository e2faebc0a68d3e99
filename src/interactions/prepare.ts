// What is stored of a resource that a client sends: valid, with hidden elements put back, labelled, and a Consent admitted.
import { isPersonal } from '../access/directory.ts'
import { inheritsFrom } from '../access/labels/walk.ts'
import type { LabelChange } from '../access/labels.ts'
import { normaliseFlags } from '../consent/flags.ts'
import { parseJson } from '../fhir/json.ts'
import { mergeHidden } from '../fhir/merge-hidden.ts'
import type { Resource } from '../fhir/resource.ts'
import type { Version } from '../store/store.ts'
import { assertAdmitted } from './admission.ts'
import { assertValid, type Writing } from './write.ts'

const labelChanges = new WeakMap<Resource, readonly string[]>()

/** Returns how the labels of a prepared resource differ from those that stood: for the audit record (LI3). */
export function labelChangesOf(resource: Resource): readonly string[] | undefined {
  return labelChanges.get(resource)
}

function toText({ kind, code, rule }: LabelChange): string {
  return `${kind} ${code} (${rule})`
}

/** What the new version replaces. */
export interface Replaced {
  /** As it is stored. */
  readonly stored: Version
  /** As the writer is shown it. */
  readonly shown: Version
  /** A human lowers labels on purpose. */
  readonly mayLower?: boolean
}

/**
 * Returns what to store of `given`; `admitted`: a Consent is taken as it is. Throws FhirError `unprocessable` where it is not valid, or a Consent that is not admitted.
 */
export async function prepare(
  writing: Writing,
  given: Resource & { readonly id: string },
  replaced?: Replaced,
  { admitted = false }: { readonly admitted?: boolean } = {},
): Promise<Resource & { readonly id: string }> {
  await assertValid(writing, given)
  const previous = replaced && (parseJson(replaced.stored.document!) as Resource)
  const whole = replaced && previous ? withHidden(writing, given, previous, replaced) : given
  if (whole.resourceType === 'Consent' && !admitted) await assertAdmitted(writing, whole)
  const flagged = normaliseFlags(whole)
  const inherited = await inheritedLabels(writing, flagged)
  const { resource, changes } = writing.context.label(flagged, {
    previous,
    inherited,
    mayLower: replaced?.mayLower,
  })
  if (changes.length > 0) labelChanges.set(resource, changes.map(toText))
  return resource as Resource & { readonly id: string }
}

// W5: what the writer was not shown cannot be lost by what the writer sends.
function withHidden(
  { context }: Writing,
  given: Resource & { readonly id: string },
  stored: Resource,
  { shown }: Replaced,
): Resource & { readonly id: string } {
  if (shown.tag === undefined) return given
  const visible = parseJson(shown.document!) as Resource
  return mergeHidden({ stored, visible, given }, context.definitions).resource as typeof given
}

// LI2: of what the writer may see. Of the rest a label in the answer would tell that it is there, and what it is of (W6).
async function inheritedLabels({ context, policy, reader, pending }: Writing, resource: Resource) {
  const refs = inheritsFrom(resource, context.settings.baseUrl)
  if (refs.length === 0) return []
  const visible = await reader.visible(policy.visiblePlan(refs.filter(isOfPersons)))
  const seen = refs.filter((ref) => visible.has(ref) || !isOfPersons(ref))
  const coming = refs.flatMap((ref) => pending?.get(ref) ?? [])
  return [...coming, ...(await context.store.consents.labelsOf(seen))]
}

function isOfPersons(ref: string): boolean {
  return isPersonal(ref.slice(0, ref.indexOf('/')))
}
