// Which consents are versions of one agreement, and which give way when one is activated (N4, Q43). https://hl7.org/fhir/R4/consent.html
import { type ConsentResource, patientOf, readRules, scopeOf } from './normalise.ts'
import { readPolicyUri } from './policy-text.ts'
import { ACT_REASON } from './purposes.ts'
import { type Provision, toRef } from './read-dimension.ts'
import type { Vocabulary } from './vocabulary.ts'

/**
 * Returns the agreement that a Consent belongs to: (patient, policy without version, grantee set, controller) as one string,
 * equal for equal agreements whatever the order of their elements; undefined where one of them is missing (A2).
 */
export function agreementKey(consent: ConsentResource): string | undefined {
  const patient = patientOf(consent)
  const uri = consent.policy?.length === 1 ? consent.policy[0]?.uri : undefined
  const policy = typeof uri === 'string' ? readPolicyUri(uri)?.canonical : undefined
  const controllers = refsOf(consent.organization)
  if (patient === undefined || policy === undefined || controllers.length === 0) return undefined
  return JSON.stringify([patient, policy, granteesOf(consent), controllers])
}

/**
 * Returns `Consent/id` of those `others` that must become inactive, in the same transaction, when `consent` becomes active:
 * active ones of the same agreement. Two stay, since doubt denies: one that cannot be read (N3 holds until it is resolved),
 * and a dissent that withholds something else than the new one speaks of: hiding a second record does not show the first.
 */
export function supersede(
  vocabulary: Vocabulary,
  consent: ConsentResource,
  others: readonly ConsentResource[],
): readonly string[] {
  const key = agreementKey(consent)
  if (consent.status !== 'active' || scopeOf(consent) === undefined || key === undefined) return []
  return others
    .filter(
      (other) =>
        other.id !== undefined &&
        other.id !== consent.id &&
        other.status === 'active' &&
        scopeOf(other) !== undefined &&
        agreementKey(other) === key &&
        readRules(vocabulary, other).problems.length === 0 &&
        !isLeftStanding(other, consent),
    )
    .map(({ id }) => `Consent/${id}`)
}

function isLeftStanding(other: ConsentResource, consent: ConsentResource): boolean {
  if (isGrant(other)) return false
  const [before, after] = [extentOf(other), extentOf(consent)]
  if (before === after) return false
  // A dissent from everything may be taken back by a grant to the same grantees; a part of it is not silently shown.
  return !isGrant(consent) || before !== EVERYTHING
}

function isGrant({ policyRule }: ConsentResource): boolean {
  return policyRule?.coding?.[0]?.code === 'OPTIN'
}

const EXTENT = ['purpose', 'action', 'class', 'code', 'securityLabel', 'dataPeriod', 'data'] as const
const EVERYTHING = '[]'
/** N2. */
const RESEARCH = [{ system: ACT_REASON, code: 'HRESCH' }]

// What the root speaks of, beside who and when.
function extentOf(consent: ConsentResource): string {
  const implied = scopeOf(consent) === 'research' ? { purpose: RESEARCH } : {}
  const root: Provision = { ...implied, ...consent.provision }
  const stated = EXTENT.filter((name) => root[name] !== undefined)
  return JSON.stringify(stated.map((name) => [name, toSortedText(root[name])]))
}

function toSortedText(value: unknown): string {
  return JSON.stringify(Array.isArray(value) ? value.map(toKey).toSorted() : toKey(value))
}

// Displays and the order of elements say nothing.
function toKey(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(toKey)
  if (typeof value !== 'object' || value === null) return value
  const names = Object.keys(value).filter((name) => name !== 'display' && name !== 'text' && name !== 'id')
  return names.toSorted().map((name) => [name, toKey((value as Record<string, unknown>)[name])])
}

// Who receives: the actors of the root; of a grant without them, those of the first permits below that name any.
function granteesOf(consent: ConsentResource): readonly string[] {
  const { provision } = consent
  if (!provision) return []
  if (provision.actor || !isGrant(consent)) return actorsOf(provision)
  return unique((provision.provision ?? []).flatMap(granteesBelow))
}

function granteesBelow(provision: Provision): readonly string[] {
  if (provision.actor) return provision.type === 'permit' ? actorsOf(provision) : []
  return (provision.provision ?? []).flatMap(granteesBelow)
}

function actorsOf({ actor = [] }: Provision): readonly string[] {
  return refsOf(actor.map(({ reference }) => reference))
}

function refsOf(pointers: readonly ({ readonly reference?: unknown } | undefined)[] = []): readonly string[] {
  return unique(pointers.flatMap((pointer) => toRef(pointer?.reference) ?? []))
}

function unique(refs: readonly string[]): readonly string[] {
  return [...new Set(refs)].toSorted()
}
