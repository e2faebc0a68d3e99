// The access history of a person: rows of the access log that concern them, as they may see them. https://hl7.org/fhir/R4/auditevent.html
import type { Policy } from '../../access/policy.ts'
import type { Language } from '../../fhir/outcome.ts'
import { showRow } from '../../interactions/audit/entitled.ts'
import { openLink, sealLink } from '../../interactions/link.ts'
import { toOwnPrincipal } from '../acting.ts'
import { nameOf } from '../client.ts'
import type { SmartContext } from '../context.ts'
import { readNames } from './names.ts'
import { readEvent, type ToldEvent } from './read-event.ts'

export interface HistoryPage {
  readonly events: readonly ToldEvent[]
  /** Names by `Client/id`, `Organization/3`, `Practitioner/7`. */
  readonly names: ReadonlyMap<string, string>
  /** What leads to older ones; it tells nothing of how much others do. */
  readonly next?: string
}

const ROWS_PER_PAGE = 30
const PATH = '/auth/history'

/** Returns one page of the history of `patient` (`Patient/1`), newest first. Throws FhirError `bad-link` or `expired`. */
export async function readHistory(
  context: SmartContext,
  patient: string,
  language: Language,
  link?: string,
): Promise<HistoryPage> {
  const { app } = context
  const id = patient.slice('Patient/'.length)
  const principal = toOwnPrincipal(app, { subject: patient, patient: id })
  const policy = await app.policyFor(principal)
  const after = link === undefined ? undefined : await openLink<number>(app, principal, PATH, link)
  const page = await app.store.journal.list({
    patient,
    limit: ROWS_PER_PAGE,
    ...(after !== undefined && { after }),
  })
  const events = page.rows.flatMap(({ row }) => {
    const shown = showRow(app, policy, 's', row)
    return shown ? [readEvent(shown.event)] : []
  })
  return {
    events,
    names: await readAllNames(context, policy, events, language),
    ...(page.next !== undefined && { next: await sealLink(app, principal, PATH, page.next) }),
  }
}

async function readAllNames(
  context: SmartContext,
  policy: Policy,
  events: readonly ToldEvent[],
  language: Language,
): Promise<ReadonlyMap<string, string>> {
  const refs = events.flatMap(({ user, organization }) =>
    [user, organization].filter((ref) => ref !== undefined),
  )
  const names = new Map(await readNames(context.app, policy, refs))
  for (const { client } of events) {
    const key = `Client/${client}`
    const known = client !== undefined && !names.has(key) && (await context.clients.find(client))
    if (known) names.set(key, nameOf(known, language))
  }
  return names
}
