// The Consent that a person gives by letting an app in: what stands on the screen, as a resource of theirs. https://hl7.org/fhir/R4/consent.html
import type { Scope } from '../../access/scopes.ts'
import { ACT_REASON } from '../../consent/purposes.ts'
import type { Resource } from '../../fhir/resource.ts'
import type { Client } from '../client.ts'
import type { SmartSettings } from '../context.ts'
import type { Capacity } from './capacity.ts'

/** The text of the consent screen; its version changes with what the screen says. */
const POLICY = 'https://musubi.example/policy/app-access/2026-11-28'
const GRANTED_SCOPE = 'https://musubi.example/fhir/StructureDefinition/granted-scope'
const RESOURCE_TYPES = 'http://hl7.org/fhir/resource-types'

export interface AppConsent {
  readonly client: Client
  /** The person, or who acts for them. */
  readonly capacity: Capacity
  readonly scopes: readonly Scope[]
  readonly purpose: string
  /** Instants (ms). */
  readonly at: number
  readonly until?: number
}

/**
 * Returns the Consent: the app (`Device/CLIENT`) may access the types and codes granted, and write where a scope writes. What
 * Consent has no element for (categories) stands in the extension `granted-scope`; the scopes of the token narrow by all.
 */
export function toConsent(
  { client, capacity, scopes, purpose, at, until }: AppConsent,
  { organization }: Pick<SmartSettings, 'organization'>,
): Resource {
  const { subject, patient } = capacity
  return {
    resourceType: 'Consent',
    meta: { profile: ['https://musubi.example/fhir/StructureDefinition/consent'] },
    extension: scopes.map(({ text }) => ({ url: GRANTED_SCOPE, valueString: text })),
    status: 'active',
    scope: coded('http://terminology.hl7.org/CodeSystem/consentscope', 'patient-privacy'),
    category: [coded('http://loinc.org', '57016-8')],
    patient: { reference: `Patient/${patient}` },
    dateTime: new Date(at).toISOString(),
    performer: [{ reference: subject }],
    organization: [{ reference: organization }],
    policy: [{ uri: POLICY }],
    policyRule: coded('http://terminology.hl7.org/CodeSystem/v3-ActCode', 'OPTIN'),
    provision: {
      ...toRule(scopes),
      period: {
        start: new Date(at).toISOString(),
        ...(until !== undefined && { end: new Date(until).toISOString() }),
      },
      actor: [
        {
          role: coded('http://terminology.hl7.org/CodeSystem/v3-RoleCode', 'GRANTEE'),
          reference: { reference: `Device/${client.id}`, display: client.metadata.client_name },
        },
      ],
      purpose: [{ system: ACT_REASON, code: purpose }],
    },
  }
}

interface Rule {
  readonly type: 'permit' | 'deny'
  readonly action?: readonly object[]
  readonly class?: readonly object[]
  readonly code?: readonly object[]
  readonly provision?: readonly Rule[]
}

// One rule says it all, or none of it beyond the rules beneath (T4: that is no refusal).
function toRule(scopes: readonly Scope[]): Rule {
  const permits = scopes.map(toPermit)
  const [first, ...others] = permits
  return first && others.length === 0 ? first : { type: 'deny', provision: permits }
}

function toPermit({ type, rights, params }: Scope): Rule {
  const codes = params.flatMap(([name, value]) => (name === 'code' ? toCodings(value) : []))
  const actions = [...(/[rs]/.test(rights) ? ['access'] : []), ...(/[cud]/.test(rights) ? ['correct'] : [])]
  return {
    type: 'permit',
    action: actions.map((code) => coded('http://terminology.hl7.org/CodeSystem/consentaction', code)),
    ...(type !== '*' && { class: [{ system: RESOURCE_TYPES, code: type }] }),
    ...(codes.length > 0 && { code: codes.map((coding) => ({ coding: [coding] })) }),
  }
}

// A code without its system cannot be said in a Consent: the scope narrows by it all the same.
function toCodings(value: string): readonly object[] {
  const tokens = value.split(',').map((token) => token.split('|'))
  if (!tokens.every(([system, code]) => system && code)) return []
  return tokens.map(([system, code]) => ({ system, code }))
}

function coded(system: string, code: string) {
  return { coding: [{ system, code }] }
}
