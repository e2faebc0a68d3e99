// What the operator of these worlds has laid down: a recipient locked out, a disclosure by law, the opt-out channel (C3b, C3c, U5).
import type { Governance } from '../../../src/consent/governance.ts'
import { createGovernance, NOTICES, POLICIES, SETTINGS, TENANT } from '../../../src/consent/governance.ts'
import { loadDefinitions } from '../../../src/fhir/definitions.ts'
import type { RecordRow, Store } from '../../../src/store/store.ts'
import { PROJECT, PROJECT_SYSTEM } from './consents.ts'

const SETTING = {
  timeZone: 'Asia/Tokyo',
  switches: {},
  projects: [{ system: PROJECT_SYSTEM, codes: [PROJECT] }],
}

const POLICY_ROWS: readonly RecordRow[] = [
  { kind: 'hard-deny', id: 'locked-out', patient: 'Patient/p2', actor: 'Organization/pharm' },
  { kind: 'statutory-permit', id: 'by-law', legalBasis: 'law', patient: 'Patient/p1' },
  {
    kind: 'optout-secondary',
    id: 'certified',
    purpose: 'HRESCH',
    operator: 'Organization/bio',
    provider: 'Organization/hospA',
    days: 30,
  },
].map((value) => ({ collection: POLICIES, key: value.id, value }))

const NOTICE_ROWS: readonly RecordRow[] = [
  { collection: NOTICES, key: 'certified Patient/p0', owner: 'Patient/p0', value: '2024-01-01' },
]

/** What governs these worlds, as the server reads it of its records. */
export const GOVERNANCE: Governance = createGovernance(loadDefinitions())({
  settings: SETTING,
  policies: POLICY_ROWS.map(({ value }) => value),
  notices: NOTICE_ROWS.map(({ key, owner, value }) => ({
    key,
    value,
    ...(owner !== undefined && { owner }),
  })),
})

/** Puts it on record. */
export async function recordGovernance({ records }: Store): Promise<void> {
  await records.put({ collection: SETTINGS, key: TENANT, value: SETTING })
  for (const row of [...POLICY_ROWS, ...NOTICE_ROWS]) await records.put(row)
}
