// What each entry of a transaction comes to, with its links resolved and its conditions to be checked again. https://hl7.org/fhir/R4/http.html#trules
import { FhirError } from '../fhir/outcome.ts'
import { rewriteReferences } from '../fhir/reference.ts'
import type { Resource } from '../fhir/resource.ts'
import { atEntry } from './bundle-entry.ts'
import { planDeleteAt } from './delete.ts'
import type { Identity } from './identity.ts'
import type { Links } from './links-within.ts'
import { planPatchAt } from './patch.ts'
import { assertMatch } from './precondition.ts'
import { planNew, planUpdateAt } from './update.ts'
import { isStanding, type Step, type Writing } from './write.ts'

/** `same`: what an earlier entry writes is what this one would have created. */
export interface Planned {
  readonly identity: Identity
  readonly step: Step | 'same'
}

/** Returns the step of one entry; throws FhirError with the entry's place. */
export async function planStep(writing: Writing, identity: Identity, links: Links): Promise<Step | 'same'> {
  try {
    const step = await planOne(writing, identity, links)
    if (step !== 'same' && step.kind === 'done' && step.result.kind === 'gone')
      throw new FhirError('deleted', `This ${identity.type} has been deleted`)
    return step
  } catch (error) {
    throw error instanceof FhirError ? atEntry(identity.entry.index, error) : error
  }
}

async function planOne(
  writing: Writing,
  { entry, type, id, condition }: Identity,
  links: Links,
): Promise<Step | 'same'> {
  const { asked } = entry
  const rewrite = links.rewriteFor(entry)
  const expect = condition?.version && { oneMatch: { plan: condition.plan, ref: `${type}/${id}` } }
  switch (asked.kind) {
    case 'create': {
      if (condition?.found === 'pending') return 'same'
      if (isStanding(condition?.version))
        return { kind: 'done', result: { kind: 'written', version: condition.version, created: false } }
      return planNew(writing, withId(rewriteReferences(asked.resource, rewrite), id!), condition?.plan)
    }
    case 'update': {
      const resource = withId(rewriteReferences(asked.resource, rewrite), id!)
      if (condition?.found !== 'nothing') return planUpdateAt(writing, asked, resource, expect)
      assertMatch(asked.ifMatch, undefined)
      return planNew(writing, resource, condition.plan, asked.resource.id === undefined ? 'POST' : 'PUT')
    }
    case 'patch':
      return planPatchAt(writing, asked, id!, expect, rewrite)
    case 'delete':
      if (id === undefined) return { kind: 'done', result: { kind: 'removed', count: 0 } }
      return planDeleteAt(writing, asked, id, expect)
  }
}

function withId(resource: Resource, id: string): Resource & { readonly id: string } {
  return { ...resource, id }
}
