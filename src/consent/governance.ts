// What governs every decision beside the records of persons: settings and the operator's policies, kept as records.
import type { Definitions } from '../fhir/definitions.ts'
import { toDayNumber } from './day.ts'
import type { ProjectCodes } from './purposes.ts'
import { toSpan } from './span.ts'
import { type AdminPolicy, SWITCHES, type Switches } from './state.ts'
import { createVocabulary, type Vocabulary } from './vocabulary.ts'

/** Collections of records. A notice: key `policy Patient/id`, owner the person, value the day it was given. */
export const SETTINGS = 'consent-settings'
export const POLICIES = 'consent-policy'
export const NOTICES = 'consent-notice'

/** The key of the one row of SETTINGS: what the server was started with. */
export const TENANT = 'tenant'

export interface ConsentSettings {
  readonly timeZone: string
  readonly switches: Partial<Switches>
  readonly projects: readonly ProjectCodes[]
}

const STANDARD: ConsentSettings = { timeZone: 'Asia/Tokyo', switches: {}, projects: [] }

export interface Governance {
  readonly vocabulary: Vocabulary
  readonly switches: Switches
  readonly admin: readonly AdminPolicy[]
}

/** Rows as they are kept. */
export interface GovernanceRows {
  readonly settings: unknown
  readonly policies: readonly unknown[]
  readonly notices: readonly { readonly key: string; readonly owner?: string; readonly value: unknown }[]
}

/** Returns a function that makes the governance of rows; the vocabulary is made anew only where the settings differ. */
export function createGovernance(definitions: Definitions): (rows: GovernanceRows) => Governance {
  let known: { readonly text: string; readonly vocabulary: Vocabulary } | undefined
  return ({ settings, policies, notices }) => {
    const { timeZone, switches, projects } = (settings as ConsentSettings | undefined) ?? STANDARD
    const text = JSON.stringify([timeZone, projects])
    if (known?.text !== text)
      known = { text, vocabulary: createVocabulary(definitions, { timeZone }, projects) }
    return {
      vocabulary: known.vocabulary,
      switches: { ...SWITCHES, ...switches },
      admin: (policies as readonly AdminPolicy[]).map((policy) =>
        policy.kind === 'optout-secondary'
          ? { ...policy, notices: noticesOf(policy.id, notices, timeZone) }
          : policy,
      ),
    }
  }
}

function noticesOf(
  policy: string,
  rows: GovernanceRows['notices'],
  timeZone: string,
): ReadonlyMap<string, number> {
  const notices = new Map<string, number>()
  for (const { key, owner, value } of rows) {
    const span = key.startsWith(`${policy} `) ? toSpan(String(value), timeZone) : undefined
    if (span && owner !== undefined) notices.set(owner, toDayNumber(span.from, timeZone))
  }
  return notices
}
