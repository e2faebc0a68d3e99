// State about a person in the access log: who read or changed it. https://hl7.org/fhir/R4/auditevent.html
import { randomUUID } from 'node:crypto'
import { type AuditAction, buildAuditRow } from '../../access/audit.ts'
import type { Principal } from '../../access/principal.ts'
import type { JournalEntry } from '../../store/store.ts'
import type { SmartContext } from '../context.ts'
import { toPatient, type Wanted } from './may.ts'
import type { State } from './state.ts'

const ACTIONS = {
  create: 'C',
  read: 'R',
  update: 'U',
  delete: 'D',
  'search-type': 'E',
} as const satisfies Record<string, AuditAction>
type Subtype = keyof typeof ACTIONS

/** Returns the row of a change, to ride in its commit; none of state that is about no patient. */
export function toEntry(
  context: SmartContext,
  principal: Principal,
  subtype: Subtype,
  state: State,
): readonly JournalEntry[] {
  return build(context, principal, subtype, state, { states: [state], outcome: 0 })
}

/** Records a read, before it is answered. */
export async function noteRead(
  context: SmartContext,
  principal: Principal,
  subtype: Subtype,
  wanted: Wanted,
  states: readonly State[],
): Promise<void> {
  await append(context, build(context, principal, subtype, wanted, { states, outcome: 0 }))
}

/** Records that a token was not let through. */
export async function noteRefusal(
  context: SmartContext,
  principal: Principal,
  right: 'c' | 'u' | 's',
  wanted: Wanted,
): Promise<void> {
  const subtype = ({ c: 'create', u: 'update', s: 'search-type' } as const)[right]
  await append(context, build(context, principal, subtype, wanted, { states: [], outcome: 4 }))
}

async function append({ app }: SmartContext, entries: readonly JournalEntry[]): Promise<void> {
  if (entries.length > 0) await app.store.journal.append(entries)
}

function build(
  { app, urls }: SmartContext,
  principal: Principal,
  subtype: Subtype,
  { code, subject }: Wanted,
  { states, outcome }: { readonly states: readonly State[]; readonly outcome: 0 | 4 },
): readonly JournalEntry[] {
  const patient = toPatient(urls.base, subject)
  if (!app.settings.audit || patient === undefined) return []
  const basis = principal.scopes.map(({ text }) => text)
  const row = buildAuditRow(principal, basis, {
    at: Date.now(),
    action: ACTIONS[subtype],
    subtype,
    outcome,
    patients: [patient],
    // Not resources of the FHIR base: a reference would lead nowhere.
    disclosed: [],
    query: `app-state/Basic?code=${code}${states.map(({ id }) => `&_id=${id}`).join('')}`,
    requestId: randomUUID(),
  })
  return [{ kind: 'audit', row }]
}
