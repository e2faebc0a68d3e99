// A Consent meets the record before it is stored as active: what it refers to, and how many there are (A1 to A8).
import { admit, lookupsOf } from '../consent/admit.ts'
import { supersede } from '../consent/agreement.ts'
import { isDelegation, readDelegation } from '../consent/delegation.ts'
import { type ConsentResource, patientOf, scopeOf } from '../consent/normalise.ts'
import { toIssues } from '../consent/problem-issues.ts'
import { holdsAt } from '../consent/span.ts'
import { parseJson } from '../fhir/json.ts'
import { FhirError } from '../fhir/outcome.ts'
import type { Resource } from '../fhir/resource.ts'
import type { Version } from '../store/store.ts'
import { planCriteria } from './conditional.ts'
import { isStanding, type Writing } from './write.ts'

/** Active consents of one person that are looked at: more than may be active. */
const MAX_OTHERS = 1000

/** One that is active beside the new one. */
export interface OtherConsent {
  readonly version: Version
  readonly consent: ConsentResource
}

/** Throws FhirError `unprocessable` with every problem that keeps the Consent from being stored as active. */
export async function assertAdmitted(writing: Writing, consent: ConsentResource): Promise<void> {
  if (consent.status !== 'active' || (scopeOf(consent) === undefined && !isDelegation(consent))) return
  const { vocabulary } = await writing.context.governance()
  const others = await findOthers(writing, consent)
  if (consent.id !== undefined) looked.set(writing, { id: consent.id, others })
  const superseded = supersede(
    vocabulary,
    consent,
    others.map((other) => other.consent),
  )
  const { targets, relatedPersons } = lookupsOf(consent)
  const there = await readThere(writing, targets)
  const withPower = new Set(relatedPersons.filter((ref) => hasPower(ref)))
  const problems = admit(vocabulary, consent, {
    activeConsents: others.filter((other) => scopeOf(other.consent) !== undefined).length - superseded.length,
    resolves: (ref) => there.has(ref),
    isRelatedPersonWithPower: (ref) => withPower.has(ref),
    isForeign: (ref) => isForeign(there.get(ref)),
  })
  const issues = toIssues(problems)
  const fault = issues.find(({ severity }) => severity === 'error')
  if (fault) throw new FhirError('unprocessable', fault.diagnostics, issues)

  function hasPower(ref: string): boolean {
    return others.some(({ consent: other }) => {
      const read = readDelegation(vocabulary, other)
      const isTheirs = read?.delegation.proxy === ref && read.delegation.active && read.mayGrantConsent
      return isTheirs && holdsAt(read.delegation.period, writing.policy.access.time)
    })
  }
}

/** Returns the person's other active consents that the writer may see. */
export async function findOthers(
  writing: Writing,
  consent: ConsentResource,
): Promise<readonly OtherConsent[]> {
  const patient = patientOf(consent)
  if (patient === undefined || !writing.policy.may('search-type', 'Consent')) return []
  const plan = await planCriteria(writing, 'Consent', `patient=${patient}&status=active`, MAX_OTHERS)
  const { matches } = await writing.reader.search(plan)
  return matches
    .filter((version) => isStanding(version) && version.id !== consent.id)
    .map((version) => ({ version, consent: parseJson(version.document!) as ConsentResource }))
}

/** What admission has just found, for the write that follows it. */
const looked = new WeakMap<Writing, { readonly id: string; readonly others: readonly OtherConsent[] }>()

/** Returns the same, without looking again where the Consent was admitted just now: once, since a write that failed starts anew. */
export async function takeOthers(
  writing: Writing,
  consent: ConsentResource,
): Promise<readonly OtherConsent[]> {
  const known = looked.get(writing)
  looked.delete(writing)
  return known !== undefined && known.id === consent.id ? known.others : findOthers(writing, consent)
}

async function readThere({ policy, reader, pending }: Writing, refs: readonly string[]) {
  const there = new Map<string, Resource>()
  for (const ref of refs) {
    const [type, id] = ref.split('/') as [string, string]
    const version = policy.may('read', type) ? await reader.read(policy.readPlan(type, id)) : undefined
    if (isStanding(version)) there.set(ref, parseJson(version.document) as Resource)
    else if (pending?.has(ref)) there.set(ref, { resourceType: type, id })
  }
  return there
}

// J08: of whom no country is known is taken to be at home.
function isForeign(recipient: Resource | undefined): boolean {
  const addresses = recipient?.['address']
  if (!Array.isArray(addresses)) return false
  return addresses.some(
    ({ country }) => typeof country === 'string' && !/^(JP|JPN|Japan|日本)$/i.test(country),
  )
}
