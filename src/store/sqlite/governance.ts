// What the writer's consent engine goes by beside the records of persons: settings, policies, organisations.
import { toDayNumber } from '../../consent/day.ts'
import type { ProjectCodes } from '../../consent/purposes.ts'
import { toSpan } from '../../consent/span.ts'
import {
  type AdminPolicy,
  createOrganisations,
  type OptOutSecondary,
  SWITCHES,
  type Switches,
} from '../../consent/state.ts'
import { createVocabulary, type Vocabulary } from '../../consent/vocabulary.ts'
import { loadDefinitions } from '../../fhir/definitions.ts'
import type { Connection } from './connection.ts'
import type { Governance } from './grants.ts'
import type { PackedRecord } from './message.ts'
import { getRecord, listRecords } from './records.ts'

/** Collections of records that every grant is made from. */
export const SETTINGS = 'consent-settings'
export const POLICIES = 'consent-policy'
export const NOTICES = 'consent-notice'
const GOVERNING: ReadonlySet<string> = new Set([SETTINGS, POLICIES, NOTICES])

/** One setting row: what the server was started with. */
export interface ConsentSettings {
  readonly timeZone: string
  readonly switches: Partial<Switches>
  readonly projects: readonly ProjectCodes[]
}

const STANDARD: ConsentSettings = { timeZone: 'Asia/Tokyo', switches: {}, projects: [] }

/** True of a change of records after which grants are made anew. */
export function governs(change: PackedRecord): boolean {
  return GOVERNING.has(change.kind === 'delete' ? change.collection : change.row.collection)
}

/** Returns a function that reads the governance as the connection sees it now. */
export function createGovernance(connection: Connection): () => Governance {
  let known: { readonly text: string; readonly vocabulary: Vocabulary } | undefined

  function vocabularyOf(settings: ConsentSettings): Vocabulary {
    const text = JSON.stringify(settings)
    if (known?.text !== text)
      known = { text, vocabulary: createVocabulary(loadDefinitions(), settings, settings.projects) }
    return known.vocabulary
  }

  return () => {
    const settings =
      (getRecord(connection, SETTINGS, 'tenant')?.value as ConsentSettings | undefined) ?? STANDARD
    const vocabulary = vocabularyOf(settings)
    const policies = listRecords(connection, POLICIES).map(({ value }) => value as AdminPolicy)
    return {
      vocabulary,
      common: {
        switches: { ...SWITCHES, ...settings.switches },
        organisations: createOrganisations(readPartOf(connection)),
        admin: policies.map((policy) =>
          policy.kind === 'optout-secondary' ? withNotices(connection, policy, settings.timeZone) : policy,
        ),
      },
    }
  }
}

// A row for each notice: key `policy patient`, value the day it was given.
function withNotices(connection: Connection, policy: OptOutSecondary, timeZone: string): OptOutSecondary {
  const notices = new Map<string, number>()
  for (const { key, value, owner } of listRecords(connection, NOTICES)) {
    const span = key.startsWith(`${policy.id} `) ? toSpan(String(value), timeZone) : undefined
    if (span && owner !== undefined) notices.set(owner, toDayNumber(span.from, timeZone))
  }
  return { ...policy, notices }
}

function readPartOf(connection: Connection): ReadonlyMap<string, string> {
  const param = connection.paramId('Organization.partof')
  if (param === undefined) return new Map()
  const rows = connection.all(
    'SELECT r.ref, e.lo FROM entry e CROSS JOIN resource r ON r.rid = e.rid WHERE e.param = ?',
    [param],
  )
  return new Map(rows as [string, string][])
}
