// Links to next pages: everything a walk needs is sealed inside, so that no search value stands in a URL. https://hl7.org/fhir/R4/http.html#paging
import type { Principal } from '../access/principal.ts'
import { FhirError } from '../fhir/outcome.ts'
import { openPage, sealPage } from '../search/page.ts'
import type { AppContext } from './context.ts'

/** Longer would not fit into the request line that Node accepts beside other headers. */
const MAX_LINK_CHARS = 12_000

/**
 * Returns `walk` (plain JSON) sealed for this principal and for the URL path that it goes on at. Throws FhirError
 * `too-costly` where the search is so long that no link can hold it.
 */
export function sealLink(context: AppContext, principal: Principal, path: string, walk: unknown): string {
  const expiresAt = Date.now() + context.settings.pageLinkTtl
  const sealed = sealPage(context.pageKey, toBinding(principal, path), walk, expiresAt)
  if (sealed.length <= MAX_LINK_CHARS) return sealed
  throw new FhirError(
    'too-costly',
    'The search is too long for a link to its next page: ask for larger pages',
  )
}

/** Returns what was sealed. Throws FhirError `bad-link` or `expired`; for another principal, purpose or path too. */
export function openLink<Walk>(
  context: AppContext,
  principal: Principal,
  path: string,
  sealed: string,
): Walk {
  return openPage(context.pageKey, toBinding(principal, path), sealed, Date.now()) as Walk
}

function toBinding({ subject, client, purpose }: Principal, path: string) {
  return { subject, client, purpose, query: path }
}
