// What governs access, read from records once for every change of them.
import {
  type ConsentSettings,
  createGovernance,
  type Governance,
  NOTICES,
  POLICIES,
  SETTINGS,
  TENANT,
} from '../consent/governance.ts'
import type { Definitions } from '../fhir/definitions.ts'
import type { Store } from '../store/store.ts'
import { noteConfiguration } from './configuration.ts'

/** Puts the settings on record that grants are made by, where others stand there; every grant is then made anew. */
export async function recordSettings(
  { records, commit }: Pick<Store, 'records' | 'commit'>,
  settings: ConsentSettings,
): Promise<void> {
  const before = (await records.get(SETTINGS, TENANT))?.value
  if (before && JSON.stringify(before) === JSON.stringify(settings)) return
  const row = { collection: SETTINGS, key: TENANT, value: settings }
  const note = noteConfiguration({ collection: SETTINGS, key: TENANT, before, after: settings })
  await commit([], { records: [{ kind: 'put', row }, note] })
}

/** Returns a function that gives the governance of now. */
export function openGovernance(
  { records, epoch }: Pick<Store, 'records' | 'epoch'>,
  definitions: Definitions,
): () => Promise<Governance> {
  const toGovernance = createGovernance(definitions)
  let known: { readonly at: number; readonly governance: Promise<Governance> } | undefined

  async function read(): Promise<Governance> {
    const [settings, policies, notices] = await Promise.all([
      records.get(SETTINGS, TENANT),
      records.list(POLICIES),
      records.list(NOTICES),
    ])
    return toGovernance({ settings: settings?.value, policies: policies.map(({ value }) => value), notices })
  }

  return () => {
    const at = epoch()
    if (known?.at !== at) known = { at, governance: read() }
    return known.governance
  }
}
