// What a grant is checked by, on this server now.
import type { GrantContext } from '../access/grant-requester.ts'
import type { AppContext } from '../interactions/context.ts'

/** Returns what `assertGrant` needs. */
export async function toGrantContext({
  definitions,
  compileParams,
  governance,
  store,
}: AppContext): Promise<GrantContext> {
  const { purposes, timeZone } = (await governance()).vocabulary
  return { definitions, compileParams, purposes, timeZone, records: store.consents }
}
