// The body of a request as the resource that its URL asks for. https://hl7.org/fhir/R4/resource.html
import { isSubsetted } from '../fhir/mask.ts'
import { FhirError } from '../fhir/outcome.ts'
import type { Resource } from '../fhir/resource.ts'

const ID = /^[A-Za-z0-9\-.]{1,64}$/

/** True where `text` can be the id of a resource. */
export function isId(text: string): boolean {
  return ID.test(text)
}

/** Throws FhirError `invalid` where the id of a URL to write to is none. */
export function assertId(id: string): void {
  if (!isId(id))
    throw new FhirError('invalid', 'The id in the URL must have 1 to 64 characters of A-Z, a-z, 0-9, - and .')
}

/** Returns a body as the resource of `type` (any type where not given) that it must be; what is inside is not checked yet. */
export function toResource(body: unknown, type?: string): Resource {
  if (body === undefined) throw new FhirError('invalid', 'There is no body')
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    throw new FhirError('structure', 'A resource is a JSON object; the body is none')
  const { resourceType } = body as { resourceType?: unknown }
  if (typeof resourceType !== 'string')
    throw new FhirError('structure', 'The body has no resourceType: it is not a FHIR resource')
  if (type !== undefined && resourceType !== type)
    throw new FhirError(
      'invalid',
      `The URL is of ${type}, the resourceType of the body is ${shorten(resourceType)}`,
    )
  return body as Resource
}

function shorten(name: string): string {
  return /^[A-Za-z]{1,64}$/.test(name) ? name : 'another'
}

/** Returns a body as the resource of `type` with this `id`; throws FhirError `invalid` where it has none or another. */
export function toResourceAt(body: unknown, type: string, id: string): Resource {
  const resource = toResource(body, type)
  if (resource.id === undefined)
    throw new FhirError('invalid', `${type}.id is missing: an update must have the id of its URL`)
  if (resource.id !== id) throw new FhirError('invalid', `${type}.id is not the id in the URL`)
  return resource
}

/** Throws FhirError `unprocessable` for a resource that a summary has cut: storing it would lose the rest. */
export function assertWhole(resource: Resource): void {
  if (isSubsetted(resource))
    throw new FhirError('unprocessable', `The ${resource.resourceType} is tagged SUBSETTED: it is not whole`)
}
