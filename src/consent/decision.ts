// What deciding comes to, and what it draws on.
import type { CompileContext } from './compile-facets.ts'
import type { MatchContext } from './match-request.ts'
import type { State } from './state.ts'
import type { Vocabulary } from './vocabulary.ts'

/** A rule of a consent that decided. */
export interface Ground {
  /** `Consent/id`. */
  readonly consent: string
  readonly versionId?: string
  /** Paths of the rules within it; none where the consent as a whole decided (N3). */
  readonly paths: readonly string[]
}

export interface Decision {
  readonly permit: boolean
  /** A short code; never shown to the requester. */
  readonly reason: string
  /** The consents that decided; none where it was something else. */
  readonly grounds: readonly Ground[]
}

export interface DecideContext {
  readonly state: State
  readonly vocabulary: Vocabulary
}

/** Returns what matching a rule needs of the context. */
export function toMatchContext({ state, vocabulary }: DecideContext): MatchContext & CompileContext {
  return { purposes: vocabulary.purposes, organisations: state.organisations, vocabulary }
}

/** Returns a permit. */
export function permit(reason: string, grounds: readonly Ground[] = []): Decision {
  return { permit: true, reason, grounds }
}

/** Returns a deny. */
export function deny(reason: string, grounds: readonly Ground[] = []): Decision {
  return { permit: false, reason, grounds }
}
