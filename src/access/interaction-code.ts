// Every interaction a policy is asked about, with the right it needs. https://hl7.org/fhir/R4/http.html
import type { Right } from './scopes.ts'

/**
 * The right each interaction needs on the type; `null`: asked of each entry, or open to everybody. SMART maps instance
 * history to read and the other histories to search. A conditional interaction needs `search-type` beside its own.
 */
export const INTERACTIONS = {
  read: 'r',
  vread: 'r',
  'history-instance': 'r',
  create: 'c',
  update: 'u',
  patch: 'u',
  delete: 'd',
  'search-type': 's',
  'history-type': 's',
  'search-system': 's',
  'history-system': 's',
  batch: null,
  transaction: null,
  capabilities: null,
} as const satisfies Record<string, Right | null>

export type InteractionCode = keyof typeof INTERACTIONS
