// What a grant would share, before it is given: $simulate-consent with the draft of the Consent. (consent.md 5, J11)
import type { Scope } from '../../access/scopes.ts'
import type { Resource } from '../../fhir/resource.ts'
import { countRecord } from '../../operations/access/census.ts'
import { operation } from '../../operations/simulate-consent.ts'
import { policyOf } from '../acting.ts'
import type { SmartContext } from '../context.ts'
import { type AppConsent, toConsent } from './app-consent.ts'
import type { Preview } from './consent-view.ts'

interface Part {
  readonly name: string
  readonly valueCode?: string
  readonly valueUnsignedInt?: number
  readonly part?: readonly Part[]
}

/**
 * Returns the counts of a grant. By types and codes they are those of `$simulate-consent`; of a type that scopes narrow by
 * anything else (a category), what these scopes find. Throws FhirError where the Consent would not be accepted.
 */
export async function previewConsent(context: SmartContext, consent: AppConsent): Promise<Preview> {
  const { capacity, client, purpose } = consent
  const policy = await policyOf(context.app, capacity)
  const body: Resource = {
    resourceType: 'Parameters',
    parameter: [
      { name: 'consent', resource: toConsent(consent, context.settings) },
      { name: 'recipient', valueString: `Device/${client.id}` },
      { name: 'purpose', valueString: purpose },
    ],
  }
  const input = {
    policy,
    level: 'instance',
    type: 'Patient',
    id: capacity.patient!,
    params: [],
    body,
    handling: 'strict',
  } as const
  const result = await operation.run(context.app, input)
  const parameters =
    result.kind === 'resource' ? (result.resource as { parameter?: readonly Part[] }).parameter : []
  const rows = (parameters ?? []).flatMap(({ name, part = [] }) => (name === 'after' ? [toRow(part)] : []))
  const byType = await narrowByScopes(context, consent, rows)
  return {
    total: byType.reduce((sum, { total }) => sum + total, 0),
    visible: byType.reduce((sum, { visible }) => sum + visible, 0),
    byType,
  }
}

type Row = Preview['byType'][number]

function toRow(parts: readonly Part[]): Row {
  const find = (name: string) => parts.find((part) => part.name === name)
  return {
    type: find('type')?.valueCode ?? '',
    visible: find('visible')?.valueUnsignedInt ?? 0,
    total: find('total')?.valueUnsignedInt ?? 0,
  }
}

async function narrowByScopes(
  { app }: SmartContext,
  { capacity, scopes }: AppConsent,
  rows: readonly Row[],
): Promise<readonly Row[]> {
  const isNarrowed = ({ type }: Row) => scopes.some((scope) => isNarrower(scope, type))
  if (!rows.some(isNarrowed)) return rows
  const policy = await policyOf(app, capacity, { scope: scopes.map(({ text }) => text).join(' ') })
  const census = await countRecord(app, policy, `Patient/${capacity.patient}`)
  return rows.map((row) =>
    isNarrowed(row) ? { ...row, visible: Math.min(row.visible, census.get(row.type) ?? 0) } : row,
  )
}

// The Consent says types and codes; whatever else a scope says is said by the scope alone.
function isNarrower({ type, params }: Scope, of: string): boolean {
  return type === of && params.some(([name, value]) => name !== 'code' || !value.includes('|'))
}
