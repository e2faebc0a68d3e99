// The record of a withdrawal (S4). https://hl7.org/fhir/R4/provenance.html
import { randomUUID } from 'node:crypto'
import type { Principal } from '../../access/principal.ts'
import { ACT_REASON } from '../../consent/purposes.ts'
import type { Resource } from '../../fhir/resource.ts'
import type { Capacity } from './right.ts'

/** Extension of a Consent, CodeableConcept: on whose request it became inactive. */
export const REVOCATION_REASON = 'https://musubi.example/fhir/StructureDefinition/revocation-reason'

const CODES: Readonly<Record<Capacity, string>> = { person: 'PATRQT', proxy: 'PATRQT', controller: 'HOPERAT' }

/** Returns the code of a withdrawal: that the person asked for it, or that the controller's work did. */
export function toReasonCode(capacity: Capacity) {
  return { coding: [{ system: ACT_REASON, code: CODES[capacity] }] }
}

export interface Revocation {
  readonly consent: string
  /** Version ids of the Consent after and before. */
  readonly versionId: string
  readonly before: string
  readonly capacity: Capacity
  readonly principal: Principal
  /** In words. */
  readonly reason?: string
  /** Instant in ms. */
  readonly time: number
}

/**
 * Returns the Provenance of a withdrawal. It is in nobody's record: with the person as a target, whoever may have the
 * record would learn that a consent was withdrawn, and why (L20).
 */
export function buildProvenance(revocation: Revocation): Resource & { readonly id: string } {
  const { consent, versionId, before, capacity, principal, reason, time } = revocation
  const code = toReasonCode(capacity)
  return {
    resourceType: 'Provenance',
    id: randomUUID(),
    target: [{ reference: `${consent}/_history/${versionId}` }],
    recorded: new Date(time).toISOString(),
    activity: {
      coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-DataOperation', code: 'UPDATE' }],
    },
    reason: [reason === undefined ? code : { ...code, text: reason }],
    agent: [toAgent(principal, capacity)],
    entity: [{ role: 'revision', what: { reference: `${consent}/_history/${before}` } }],
  }
}

function toAgent({ identities, self, proxyFor }: Principal, capacity: Capacity): object {
  const user = identities.find(({ via }) => via === 'user')?.ref
  const acting = identities.find(({ via }) => via === 'acting')?.ref
  if (capacity === 'person') return { who: { reference: self } }
  if (capacity === 'proxy') return { who: { reference: user }, onBehalfOf: { reference: proxyFor } }
  if (user === undefined) return { who: { reference: acting } }
  return { who: { reference: user }, onBehalfOf: { reference: acting } }
}
