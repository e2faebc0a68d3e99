// update by id or by criteria; at an id where nothing stands it may create. https://hl7.org/fhir/R4/http.html#update
import { randomUUID } from 'node:crypto'
import type { Expectation } from '../access/plan.ts'
import { FhirError } from '../fhir/outcome.ts'
import type { Resource } from '../fhir/resource.ts'
import { isId } from './body.ts'
import { matchCriteria } from './conditional.ts'
import type { Update } from './interaction.ts'
import { assertMatch, assertNoMatch } from './precondition.ts'
import { prepare } from './prepare.ts'
import { putConsent } from './put-consent.ts'
import { absent } from './read.ts'
import type { Stored } from './result.ts'
import { tagOf, toReplaced } from './show.ts'
import { isStanding, readTarget, type Step, toUnchanged, type Writing } from './write.ts'

type Identified = Resource & { readonly id: string }

/** Returns the step that makes the resource stand at its id: nothing to do where it says the same already. */
export function planUpdate(writing: Writing, asked: Update): Promise<Step> {
  return asked.target.criteria === undefined
    ? planUpdateAt(writing, asked, { ...asked.resource, id: asked.target.id })
    : planWhere(writing, asked, asked.target.criteria)
}

/** Returns the step that makes `resource` stand at its id; `expect` is what must hold besides its version. */
export async function planUpdateAt(
  writing: Writing,
  { type, ifMatch, ifNoneMatch }: Pick<Update, 'type' | 'ifMatch' | 'ifNoneMatch'>,
  resource: Identified,
  expect: Expectation = {},
): Promise<Step> {
  const current = await readTarget(writing, 'u', type, resource.id)
  // Hidden and absent are one, so an id can be taken freely only by those from whom nothing of the type is hidden.
  if (!current && !writing.policy.mayCreateAt(type)) throw absent(type)
  const replaced = isStanding(current) ? await toReplaced(writing, current) : undefined
  const tag = replaced && tagOf(replaced.shown)
  assertMatch(ifMatch, tag)
  assertNoMatch(ifNoneMatch, tag)
  const prepared = await prepare(writing, resource, replaced)
  const unchanged = replaced && toUnchanged(replaced.stored as Stored, prepared)
  const version = replaced?.stored.versionId ?? null
  return unchanged ?? putConsent(writing, prepared, 'PUT', { ...expect, version }, replaced?.stored)
}

async function planWhere(writing: Writing, asked: Update, criteria: string): Promise<Step> {
  const { type, resource } = asked
  const { plan, found } = await matchCriteria(writing, type, criteria)
  if (found) {
    assertSameId(resource, found.id)
    const oneMatch = { plan, ref: `${type}/${found.id}` }
    return planUpdateAt(writing, asked, { ...resource, id: found.id }, { oneMatch })
  }
  assertMatch(asked.ifMatch, undefined)
  if (resource.id === undefined) return planNew(writing, { ...resource, id: randomUUID() }, plan)
  await assertFree(writing, resource)
  return planNew(writing, { ...resource, id: resource.id }, plan, 'PUT')
}

/** Throws FhirError `invalid` where the body of a conditional update has another id than what the criteria match. */
export function assertSameId({ resourceType, id }: Resource, found: string): void {
  if (id === undefined || id === found) return
  const message = `${resourceType}.id is not the id of the one resource that the criteria match`
  throw new FhirError('invalid', message)
}

/** Returns the step of a conditional update without a match; `POST` where the server gave the id: only a create then. */
export async function planNew(
  writing: Writing,
  resource: Identified,
  noMatch: Expectation['noMatch'],
  method: 'POST' | 'PUT' = 'POST',
): Promise<Step> {
  return putConsent(writing, await prepare(writing, resource), method, { version: null, noMatch })
}

/**
 * Throws unless a conditional update without a match may create at the id of its body: FhirError `invalid` for what is no
 * id, `not-found` as for an update, `conflict` where something stands there that the criteria do not match.
 */
export async function assertFree(writing: Writing, { resourceType: type, id }: Resource): Promise<void> {
  if (typeof id !== 'string' || !isId(id))
    throw new FhirError('invalid', `${type}.id is no id: 1 to 64 characters of A-Z, a-z, 0-9, - and .`)
  if (!writing.policy.mayCreateAt(type)) throw absent(type)
  if (isStanding(await readTarget(writing, 'u', type, id)))
    throw new FhirError(
      'conflict',
      `A ${type} stands at the id of the body, and the criteria do not match it`,
    )
}
