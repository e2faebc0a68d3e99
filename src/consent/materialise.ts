// What one person lets one grantee have, for all time: intervals, each with its residual (2.14, 4.2). Expiry needs no job.
import { type Expr, NONE } from '../search/query.ts'
import type { AccessRequest } from './access-request.ts'
import { compileConsent } from './compile-consent.ts'
import { compileDefault, compilePatient } from './compile-patient.ts'
import { dayStart } from './day.ts'
import { type DecideContext, toMatchContext } from './decision.ts'
import type { Grantee } from './grantee.ts'
import { ALWAYS } from './span.ts'
import { birthEdges, rulesOf, type Standing, toPatientState } from './standing.ts'
import type { PatientState, State } from './state.ts'
import type { Vocabulary } from './vocabulary.ts'

/** Instants from `from` to `to` (ms), both within. */
export interface GrantInterval {
  readonly from: number
  readonly to: number
  readonly residual: Expr
  /** Versions of the consents that permit something: `Consent/id/_history/version`. */
  readonly basis: readonly string[]
}

/** All of a state but the persons. */
export type CommonState = Omit<State, 'of'>

/**
 * Returns the intervals in which a person with these records lets `grantee` have anything else than one without records
 * does; together with the default they say what `compilePatient` says at every instant.
 */
export function materialise(
  patient: string,
  standings: readonly Standing[],
  grantee: Grantee,
  common: CommonState,
  vocabulary: Vocabulary,
): readonly GrantInterval[] {
  const state = toPatientState(standings, vocabulary)
  const context: DecideContext = { vocabulary, state: { ...common, of: () => state } }
  const edges = edgesOf(patient, standings, common, vocabulary)
  const intervals: Texted[] = []
  for (const [i, from] of edges.entries()) {
    const to = (edges[i + 1] ?? ALWAYS.to + 1) - 1
    const request: AccessRequest = { ...grantee, time: from }
    const residual = compilePatient(patient, request, context)
    const text = JSON.stringify(residual)
    if (text === JSON.stringify(compileSilent(request, context))) continue
    merge(intervals, { from, to, residual, basis: basisOf(state, request, context), text })
  }
  return intervals.map(({ text: _, ...interval }) => interval)
}

interface Texted extends GrantInterval {
  /** The residual as JSON: what it is compared by. */
  readonly text: string
}

const NOBODY: PatientState = { consents: [], delegations: [], treating: [], guardians: [], ageAt: () => ({}) }

/** Returns what a person without any record lets the requester have: the default of their own data (D1). */
export function compileSilent(request: AccessRequest, context: DecideContext): Expr {
  return compileDefault('', NOBODY, request, context)
}

function merge(intervals: Texted[], next: Texted): void {
  const last = intervals.at(-1)
  const same =
    last !== undefined &&
    last.to + 1 === next.from &&
    last.text === next.text &&
    JSON.stringify(last.basis) === JSON.stringify(next.basis)
  if (same) intervals[intervals.length - 1] = { ...last, to: next.to }
  else intervals.push(next)
}

// Where anything may change: the ends of periods, the coming of age, the day a notice is old enough.
function edgesOf(
  patient: string,
  standings: readonly Standing[],
  { admin }: CommonState,
  { timeZone }: Vocabulary,
): readonly number[] {
  const edges = new Set([ALWAYS.from])
  const add = ({ from, to }: { readonly from: number; readonly to: number }) => {
    if (from > ALWAYS.from) edges.add(Math.ceil(from))
    if (to < ALWAYS.to) edges.add(Math.floor(to) + 1)
  }
  for (const each of standings) {
    if (each.kind === 'agreement') for (const { period } of rulesOf(each)) add(period)
    else if (each.kind === 'treating') add(each.treating.period)
    else if (each.kind === 'birth') for (const edge of birthEdges(each.birthDate, timeZone)) edges.add(edge)
  }
  for (const policy of admin) {
    if (policy.kind !== 'optout-secondary') continue
    const notice = policy.notices.get(patient)
    if (notice !== undefined) edges.add(dayStart(notice + policy.days, timeZone))
  }
  return [...edges].toSorted((a, b) => a - b)
}

function basisOf(state: PatientState, request: AccessRequest, context: DecideContext): readonly string[] {
  return state.consents.flatMap((consent) => {
    if (consent.kind === 'unreadable') return []
    const { permits } = compileConsent(consent, request, toMatchContext(context))
    return permits === NONE ? [] : [`${consent.ref}/_history/${consent.versionId}`]
  })
}
