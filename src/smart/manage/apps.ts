// What apps may do in the name of an account: in force, and ended.
import type { Scope } from '../../access/scopes.ts'
import { parseScopes } from '../../access/scopes.ts'
import type { Language } from '../../fhir/outcome.ts'
import type { Account } from '../account.ts'
import { policyOf } from '../acting.ts'
import { AUTHORIZATIONS, type Authorization, isInForce } from '../authorization.ts'
import { nameOf } from '../client.ts'
import type { SmartContext } from '../context.ts'
import { readNames } from './names.ts'

/** One authorization as its page shows it. */
export interface AppAccess {
  readonly id: string
  readonly clientName: string
  readonly scopes: readonly Scope[]
  readonly others: readonly string[]
  readonly purpose: string
  /** Whose record, where that is another's. */
  readonly patientName?: string
  readonly organizationName?: string
  /** Instants in ms. */
  readonly since: number
  readonly until?: number
  readonly endedAt?: number
  /** As far as the latest rows of the access log tell. */
  readonly lastUse?: number
  readonly isInForce: boolean
}

/** Rows of the access log that are looked at for the last use. */
const MAX_ROWS = 300

/** Returns what an account has allowed, newest first. */
export async function listApps(
  context: SmartContext,
  account: Account,
  language: Language,
): Promise<readonly AppAccess[]> {
  const rows = await context.app.store.records.list(AUTHORIZATIONS, account.id)
  const all = rows.map(({ value }) => value as Authorization)
  const uses = await readUses(context, account)
  const found = await Promise.all(
    all.map(async (each) =>
      toAppAccess(context, each, language, uses.get(toUseKey(each.client, each.grant.subject))),
    ),
  )
  return found.toSorted((a, b) => b.since - a.since)
}

async function toAppAccess(
  context: SmartContext,
  authorization: Authorization,
  language: Language,
  lastUse: number | undefined,
): Promise<AppAccess> {
  const { id, client: clientId, grant, scope, createdAt, until, endedAt } = authorization
  const { app } = context
  const client = await context.clients.find(clientId)
  const { scopes, others } = parseScopes(scope, app.definitions.isResourceType)
  const patient = grant.patient === undefined ? undefined : `Patient/${grant.patient}`
  const isOthers = patient !== undefined && (patient !== grant.subject || grant.act !== undefined)
  const refs = [...(isOthers ? [patient] : []), ...(grant.organization ? [grant.organization] : [])]
  const names = await namesOf(context, grant, refs)
  const stands = await isInForce(app.store, authorization)
  return {
    id,
    clientName: client ? nameOf(client, language) : clientId,
    scopes,
    others,
    purpose: grant.purpose,
    ...(isOthers && { patientName: names.get(patient) ?? patient }),
    ...(grant.organization && { organizationName: names.get(grant.organization) ?? grant.organization }),
    since: createdAt,
    ...(until !== undefined && { until }),
    ...(endedAt !== undefined && { endedAt }),
    // Of what has ended, a later use was by another that is in force.
    ...(stands && lastUse !== undefined && lastUse >= createdAt && { lastUse }),
    isInForce: stands,
  }
}

// Most people have allowed apps their own record alone: no name is needed then, nor a policy to read it by.
async function namesOf(
  context: SmartContext,
  grant: Authorization['grant'],
  refs: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  if (refs.length === 0) return new Map()
  return readNames(context.app, await policyOf(context.app, grant), refs)
}

function toUseKey(client: string, subject: string): string {
  return `${client} ${subject}`
}

// When a client last did something in the name of each whom the account stands for.
async function readUses({ app }: SmartContext, { bindings }: Account): Promise<ReadonlyMap<string, number>> {
  const uses = new Map<string, number>()
  for (const { ref } of bindings) {
    const { rows } = await app.store.journal.list({ subject: ref, limit: MAX_ROWS })
    for (const { row } of rows) {
      const key = toUseKey(row.agent.client, ref)
      if (row.outcome === 0 && row.at > (uses.get(key) ?? 0)) uses.set(key, row.at)
    }
  }
  return uses
}
