// Every access leaves a row, and what is given to others a record, before it is given. https://laws.e-gov.go.jp/law/415AC0000000057 (article 29)

import { buildProvisionRow, listProvided, type Provided } from '../../access/audit/provision.ts'
import { actingFor, buildAuditRow, type Deed, type Disclosed } from '../../access/audit.ts'
import type { Policy } from '../../access/policy.ts'
import type { JournalEntry } from '../../store/store.ts'
import { toStatus } from '../bundle-response.ts'
import type { AppContext } from '../context.ts'
import type { Interaction } from '../interaction.ts'
import type { Result } from '../result.ts'
import { disclosedBy, namedPatients, namedResource, toCode, toCodeOfMethod, toOutcomeOf } from './deed.ts'
import { readRecipient } from './recipient.ts'

/** A request as the log needs to know it. */
export interface Asked {
  readonly method: string
  /** Undefined where it could not be understood. */
  readonly interaction?: Interaction
  /** Path and query as asked, where there was a query. */
  readonly query?: string
  readonly requestId: string
}

/**
 * Records an interaction that came to `result`. Resolves at once, or where something is given to a third party or rights
 * were raised, once that is durable: nothing may be answered before. Rejects where it cannot be recorded.
 */
export async function recordResult(
  context: AppContext,
  policy: Policy,
  asked: Asked & { readonly interaction: Interaction },
  result: Result,
): Promise<void> {
  if (!context.settings.audit) return
  const deed = toDeed(policy, asked, toStatus(result), disclosedBy(result), result)
  const { principal, basis } = policy
  const provided = listProvided(principal, deed.disclosed)
  const consents = await consentsOf(context, policy, provided)
  const all = consents.size === 0 ? basis : [...basis, ...new Set([...consents.values()].flat())]
  const entries: JournalEntry[] = [{ kind: 'audit', row: buildAuditRow(principal, all, deed) }]
  if (provided.length > 0) {
    const recipient = await readRecipient(context, actingFor(principal) ?? principal.subject)
    for (const each of provided) {
      const own = [...basis, ...(consents.get(each.patient) ?? [])]
      entries.push({ kind: 'provision', row: buildProvisionRow(principal, own, deed, each, recipient) })
    }
  }
  const durable = provided.length > 0 || principal.elevation !== undefined || principal.purpose === 'BTG'
  await context.store.journal.append(entries, { durable })
}

// By which consents each person lets the requester have something now.
async function consentsOf(
  { store }: AppContext,
  { access: { grantee, time } }: Policy,
  provided: readonly Provided[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  if (grantee === undefined || provided.length === 0) return new Map()
  const patients = [...new Set(provided.map(({ patient }) => patient))]
  return store.consents.basisOf(grantee, patients, time)
}

/** Records a request that was refused or failed with `status`. Nothing was given: it resolves at once. */
export async function recordFailure(
  context: AppContext,
  policy: Policy,
  asked: Asked,
  status: number,
): Promise<void> {
  if (!context.settings.audit) return
  const deed = toDeed(policy, asked, status, namedResource(asked.interaction))
  const row = buildAuditRow(policy.principal, policy.basis, deed)
  await context.store.journal.append([{ kind: 'audit', row }])
}

function toDeed(
  { principal }: Policy,
  { method, interaction, query, requestId }: Asked,
  status: number,
  disclosed: readonly Disclosed[],
  result?: Result,
): Deed {
  return {
    at: Date.now(),
    ...(interaction ? toCode(interaction, result) : toCodeOfMethod(method)),
    outcome: toOutcomeOf(status),
    patients: namedPatients(principal, interaction),
    disclosed,
    ...(query !== undefined && { query }),
    ...(principal.legalBasis !== undefined && { legalBasis: principal.legalBasis }),
    requestId,
  }
}
