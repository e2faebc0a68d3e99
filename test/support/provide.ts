// What others gave and received, recorded as the door does it, for tests.
import type { Disclosed } from '../../src/access/audit.ts'
import type { Policy } from '../../src/access/policy.ts'
import { type TokenGrant, toPrincipal } from '../../src/access/principal.ts'
import { createContext } from '../../src/app.ts'
import { recordResult } from '../../src/interactions/audit/record.ts'
import type { AppContext } from '../../src/interactions/context.ts'
import type { TestServer } from './server.ts'

export interface Recording {
  readonly context: AppContext
  policy(grant: Partial<TokenGrant>): Promise<Policy>
  /** Records that a search by `grant` has shown `disclosed`. */
  record(grant: Partial<TokenGrant>, disclosed: readonly Disclosed[]): Promise<void>
}

/** Returns what records on the store of `server`. */
export async function openRecording({ config, store }: TestServer): Promise<Recording> {
  const context = await createContext(config, store)
  const policy = (grant: Partial<TokenGrant>) =>
    context.policyFor(
      toPrincipal(
        {
          subject: 'Practitioner/7',
          client: 'emr',
          scope: 'user/*.rs',
          purpose: 'TREAT',
          expiresAt: Number.POSITIVE_INFINITY,
          ...grant,
        },
        context.definitions,
      ),
    )
  const interaction = { kind: 'search', type: 'Observation', params: [], handling: 'strict' } as const
  return {
    context,
    policy,
    record: async (grant, disclosed) =>
      recordResult(
        context,
        await policy(grant),
        { method: 'GET', interaction, query: 'Observation?x=y', requestId: 'r' },
        { kind: 'pieces', pieces: [], disclosed },
      ),
  }
}

/** Returns an Observation of `patients` that came from `source`. */
export function observed(id: string, source: string | undefined, ...patients: string[]): Disclosed {
  return { type: 'Observation', id, versionId: '1', patients, ...(source !== undefined && { source }) }
}
