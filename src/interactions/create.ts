// create, and create where nothing matches yet. https://hl7.org/fhir/R4/http.html#create
import { randomUUID } from 'node:crypto'
import type { Resource } from '../fhir/resource.ts'
import { matchCriteria } from './conditional.ts'
import type { Create } from './interaction.ts'
import { prepare } from './prepare.ts'
import { putConsent } from './put-consent.ts'
import type { Result } from './result.ts'
import type { Step, Writing } from './write.ts'

/**
 * Returns the step that stores the resource under a new id (a UUIDv4: an id in the order of time would tell when a hidden
 * resource was made). With If-None-Exist a match is answered with, whatever the body holds, and several are an error.
 */
export async function planCreate(writing: Writing, asked: Create): Promise<Step> {
  if (asked.ifNoneExist === undefined) return planNew(writing, asked.resource)
  const { plan, found } = await matchCriteria(writing, asked.type, asked.ifNoneExist)
  if (found) return { kind: 'done', result: toExisting(found) }
  return planNew(writing, asked.resource, { noMatch: plan })
}

function toExisting(version: Extract<Result, { kind: 'written' }>['version']): Result {
  return { kind: 'written', version, created: false }
}

async function planNew(writing: Writing, body: Resource, expect = {}): Promise<Step> {
  const resource = { ...body, id: randomUUID() }
  return putConsent(writing, await prepare(writing, resource), 'POST', { version: null, ...expect })
}
