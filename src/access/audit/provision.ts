// What was given to third parties: one row for each person and source, kept as the law asks. https://laws.e-gov.go.jp/law/415AC0000000057 (articles 29 and 30)
import { randomUUID } from 'node:crypto'
import { type AuditBasis, actingFor, type Deed, type Disclosed, toBasis } from '../audit.ts'
import type { Principal } from '../principal.ts'

/** Who received, as known at that time: a later change of the Organization does not change the record. */
export interface Recipient {
  /** `Organization/3`; without one, the subject itself. */
  readonly reference: string
  readonly name?: string
  readonly address?: string
  readonly representative?: string
}

export type ProvisionBasis = 'consent' | 'default' | 'statutory' | 'break-glass' | 'opt-out'

/** The data of one resource type. */
export interface ProvidedItems {
  readonly count: number
  /** At most `MAX_REFS`, with versions where known. */
  readonly refs: readonly string[]
}

export interface ProvisionRow {
  readonly id: string
  /** Instant in ms. */
  readonly at: number
  readonly patient: string
  readonly recipient: Recipient
  /** One v3-ActReason code. */
  readonly purpose: string
  readonly basis: { readonly kind: ProvisionBasis; readonly consents: readonly string[] }
  readonly items: Readonly<Record<string, ProvidedItems>>
  /** The organisation that the data came from, where known. */
  readonly custodian?: string
  /** Who asked. */
  readonly subject: string
  readonly requestId: string
}

const MAX_REFS = 100

/** What of a deed was given to a third party: not one's own organisation's, and not to the person. */
export interface Provided {
  readonly patient: string
  readonly custodian?: string
  readonly disclosed: readonly Disclosed[]
}

/**
 * Returns what `principal` received of others: by person and source. What comes from the organisation it acts for is no
 * provision, nor is what the person receives about themself; what comes from an unknown source is, for whoever acts for one.
 */
export function listProvided(principal: Principal, disclosed: readonly Disclosed[]): readonly Provided[] {
  const own = actingFor(principal)
  const groups = new Map<string, { patient: string; custodian?: string; disclosed: Disclosed[] }>()
  for (const each of disclosed) {
    if (each.source === own) continue
    for (const patient of each.patients) {
      if (patient === principal.subject) continue
      const key = `${patient} ${each.source}`
      const group = groups.get(key)
      if (group) group.disclosed.push(each)
      else groups.set(key, { patient, custodian: each.source, disclosed: [each] })
    }
  }
  return [...groups.values()]
}

/** Returns the record of what was provided; `basis` is what the Policy names. */
export function buildProvisionRow(
  principal: Principal,
  basis: readonly string[],
  deed: Deed,
  { patient, custodian, disclosed }: Provided,
  recipient: Recipient,
): ProvisionRow {
  const sorted = toBasis(basis)
  return {
    id: randomUUID(),
    at: deed.at,
    patient,
    recipient,
    purpose: principal.purpose,
    basis: { kind: toKind(principal, sorted, deed), consents: sorted.consents },
    items: toItems(disclosed),
    ...(custodian !== undefined && { custodian }),
    subject: principal.subject,
    requestId: deed.requestId,
  }
}

function toKind(principal: Principal, { consents }: AuditBasis, deed: Deed): ProvisionBasis {
  if (principal.purpose === 'BTG' || principal.elevation) return 'break-glass'
  if (deed.legalBasis !== undefined) return 'statutory'
  return consents.length > 0 ? 'consent' : 'default'
}

function toItems(disclosed: readonly Disclosed[]): Readonly<Record<string, ProvidedItems>> {
  const items: Record<string, { count: number; refs: string[] }> = {}
  for (const { type, id, versionId } of disclosed) {
    items[type] ??= { count: 0, refs: [] }
    const of = items[type]
    of.count++
    if (of.refs.length < MAX_REFS)
      of.refs.push(versionId === undefined ? `${type}/${id}` : `${type}/${id}/_history/${versionId}`)
  }
  return items
}
