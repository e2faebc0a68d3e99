// patch: JSON Patch, XML Patch or FHIRPath Patch on what stands. https://hl7.org/fhir/R4/http.html#patch
import type { Expectation } from '../access/plan.ts'
import { loadDefinitions } from '../fhir/definitions.ts'
import { parseJson } from '../fhir/json.ts'
import { applyFhirPathPatch } from '../fhir/patch/fhirpath-patch.ts'
import { applyJsonPatch } from '../fhir/patch/json-patch.ts'
import { applyXmlPatch } from '../fhir/patch/xml-patch.ts'
import { forEachReference, type RewriteUri, rewriteReferences } from '../fhir/reference.ts'
import type { Resource } from '../fhir/resource.ts'
import { matchCriteria } from './conditional.ts'
import type { Patch, PatchInteraction } from './interaction.ts'
import { assertMatch } from './precondition.ts'
import { prepare } from './prepare.ts'
import { putConsent } from './put-consent.ts'
import { absent } from './read.ts'
import type { Stored } from './result.ts'
import { tagOf, toReplaced } from './show.ts'
import { isStanding, readTarget, type Step, toUnchanged, type Writing } from './write.ts'

/** Returns the step that stores the patched resource; nothing to do where the patch changes nothing. */
export async function planPatch(writing: Writing, asked: PatchInteraction): Promise<Step> {
  const { type, target } = asked
  if (target.criteria === undefined) return planPatchAt(writing, asked, target.id)
  const { plan, found } = await matchCriteria(writing, type, target.criteria)
  if (!found) throw absent(type)
  return planPatchAt(writing, asked, found.id, { oneMatch: { plan, ref: `${type}/${found.id}` } })
}

/**
 * Returns the step that stores what the patch makes of the resource at `id`; `expect` is what must hold besides its version,
 * `rewrite` is for the links that the patch brings in.
 */
export async function planPatchAt(
  writing: Writing,
  { type, patch, ifMatch }: PatchInteraction,
  id: string,
  expect: Expectation = {},
  rewrite?: RewriteUri,
): Promise<Step> {
  const current = await readTarget(writing, 'u', type, id)
  if (!current) throw absent(type)
  if (!isStanding(current)) return { kind: 'done', result: { kind: 'gone', version: current } }
  const replaced = await toReplaced(writing, current)
  assertMatch(ifMatch, tagOf(replaced.shown))
  // On what the writer is shown: what is hidden can be neither tested nor changed (W5).
  const patched = apply(patch, replaced.shown as Stored, rewrite)
  const resource = await prepare(writing, { ...patched, id }, replaced)
  const unchanged = toUnchanged(current, resource)
  if (unchanged) return unchanged
  return putConsent(writing, resource, 'PATCH', { ...expect, version: current.versionId }, current)
}

function apply(patch: Patch, current: Stored, rewrite: RewriteUri | undefined): Resource {
  const resource = parseJson(current.document) as Resource
  const patched = run(resource, patch)
  if (!rewrite) return patched
  // What stood there before means what it meant before.
  const old = new Set<string>()
  forEachReference(resource, ({ reference }) => old.add(reference))
  return rewriteReferences(patched, (uri) => (old.has(uri) ? undefined : rewrite(uri)))
}

function run(resource: Resource, { format, body }: Patch): Resource {
  switch (format) {
    case 'json-patch':
      return applyJsonPatch(resource, body)
    case 'xml-patch':
      return applyXmlPatch(resource, body, loadDefinitions())
    case 'fhirpath-patch':
      return applyFhirPathPatch(resource, body)
  }
}
