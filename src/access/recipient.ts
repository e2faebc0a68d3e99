// A requester who is asked about and does not ask: made up from a reference, with no scope and so with no right of its own.
import type { Identity } from '../consent/access-request.ts'
import type { Principal } from './principal.ts'

const VIA: Readonly<Record<string, Identity['via']>> = {
  Organization: 'acting',
  Group: 'group',
  CareTeam: 'group',
  Device: 'client',
}

/**
 * Returns a Principal that is `recipient` (`Organization/3`, `Practitioner/7` …) for `purpose`, acting for `organization` where
 * one is given. It has no scopes: a Policy made of it reaches nothing.
 */
export function toRecipient(recipient: string, purpose: string, organization?: string): Principal {
  const type = recipient.slice(0, recipient.indexOf('/'))
  const identities: Identity[] = [{ ref: recipient, via: VIA[type] ?? 'user' }]
  if (organization !== undefined) identities.push({ ref: organization, via: 'acting' })
  return Object.freeze({
    subject: recipient,
    identities,
    client: recipient,
    scopes: [],
    purpose,
    ...(type === 'Patient' && { self: recipient }),
    expiresAt: 0,
  })
}
