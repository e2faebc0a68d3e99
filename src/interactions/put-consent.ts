// The write of a resource; of a Consent together with the agreements that it replaces (N4). https://hl7.org/fhir/R4/consent.html
import type { Change, Expectation, PutChange } from '../access/plan.ts'
import { supersede } from '../consent/agreement.ts'
import type { ConsentResource } from '../consent/normalise.ts'
import type { Resource } from '../fhir/resource.ts'
import type { Version } from '../store/store.ts'
import { takeOthers } from './admission.ts'
import { labelChangesOf } from './prepare.ts'
import { buildPut, type PutStep, type Writing } from './write.ts'

type Identified = Resource & { readonly id: string }

/** Returns the step that stores a prepared resource; consents of the same agreement become inactive in the same commit. */
export async function putConsent(
  writing: Writing,
  resource: Identified,
  method: PutChange['method'],
  expect: Expectation,
  standing?: Version,
): Promise<PutStep> {
  const labels = labelChangesOf(resource)
  const built = buildPut(writing, resource, method, expect, standing)
  const step = labels ? { ...built, labels } : built
  if (resource.resourceType !== 'Consent' || (resource as ConsentResource).status !== 'active') return step
  const also = await replaceAgreements(writing, resource)
  return also.length === 0 ? step : { ...step, also }
}

async function replaceAgreements(writing: Writing, consent: ConsentResource): Promise<readonly Change[]> {
  const others = await takeOthers(writing, consent)
  const { vocabulary } = await writing.context.governance()
  const replaced = new Set(
    supersede(
      vocabulary,
      consent,
      others.map((other) => other.consent),
    ),
  )
  return others
    .filter(({ consent: { id } }) => replaced.has(`Consent/${id}`))
    .map(({ version, consent: other }) => {
      const ended = { ...other, id: version.id, status: 'inactive' }
      return buildPut(writing, ended, 'PUT', { version: version.versionId }, version).change
    })
}
