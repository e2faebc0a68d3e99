// Links to next pages: everything a walk needs is sealed inside, so that no search value stands in a URL. https://hl7.org/fhir/R4/http.html#paging
import { randomBytes } from 'node:crypto'
import type { Principal } from '../access/principal.ts'
import { FhirError } from '../fhir/outcome.ts'
import { openPage, sealPage } from '../search/page.ts'
import type { AppContext } from './context.ts'
import type { Params } from './params.ts'

/** What is sealed: the walk itself, or the key under which a long one is kept until the link expires. */
type Sealed = { readonly walk: unknown } | { readonly kept: string }

/** Characters of a walk that still fits into a request line; a posted search may be longer. */
const MAX_WALK_CHARS = 4_000

const COLLECTION = 'walk'

/** Returns `walk` (plain JSON: what was asked and the cursor) sealed for this principal and the URL path it goes on at. */
export async function sealLink(
  context: AppContext,
  principal: Principal,
  path: string,
  walk: unknown,
): Promise<string> {
  const expiresAt = Date.now() + context.settings.pageLinkTtl
  const sealed = await toSealed(context, walk, expiresAt)
  return sealPage(context.pageKey, toBinding(principal, path), sealed, expiresAt)
}

async function toSealed({ store }: AppContext, walk: unknown, expiresAt: number): Promise<Sealed> {
  if (JSON.stringify(walk).length <= MAX_WALK_CHARS) return { walk }
  const kept = randomBytes(16).toString('base64url')
  await store.records.put({ collection: COLLECTION, key: kept, value: walk, expiresAt })
  return { kept }
}

/** Returns the link that `_page` gives; undefined where none is given. Throws FhirError `bad-link` for whatever stands beside it. */
export function findLink({
  params,
  body,
}: {
  readonly params: Params
  readonly body?: unknown
}): string | undefined {
  const page = params.find(([name]) => name === '_page')
  if (page && (params.length > 1 || body))
    throw new FhirError('bad-link', 'A page link has no other parameters')
  return page?.[1]
}

/** Returns what was sealed. Throws FhirError `bad-link` or `expired`; for another principal, purpose,
 * patient in context or path too. */
export async function openLink<Walk>(
  context: AppContext,
  principal: Principal,
  path: string,
  link: string,
): Promise<Walk> {
  const sealed = openPage(context.pageKey, toBinding(principal, path), link, Date.now()) as Sealed
  if ('walk' in sealed) return sealed.walk as Walk
  const row = await context.store.records.get(COLLECTION, sealed.kept)
  if (!row) throw new FhirError('expired', 'This page link has expired: search again')
  return row.value as Walk
}

// The patient in context too: one person's pages, with their total, do not go on in another's.
function toBinding({ subject, client, purpose, launch }: Principal, path: string) {
  return { subject, client, purpose, query: JSON.stringify([path, launch?.patient]) }
}
