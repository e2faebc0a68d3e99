// A walk over positions in steps that are short, whatever is found in them, so that others get their turn. https://nodejs.org/api/timers.html#timerspromisessetimmediatevalue-options
import { setImmediate as pause } from 'node:timers/promises'

export interface WalkOptions {
  /** The last position. */
  readonly last: number
  /** Positions of one step at most; it becomes less where a step takes long. */
  readonly width: number
  readonly budgetMs: number
  /** Where a step ends that begins behind `after` and is so wide; undefined where nothing is left. `after + width` unless given. */
  readonly end?: (after: number, width: number) => number | undefined
}

/** How long the event loop may wait for one step. */
const STEP_MS = 4
const FIRST_WIDTH = 1_024
const LEAST_WIDTH = 64

/**
 * Calls `step` for one range of positions after another, `after` excluded, until it returns false or all are walked. Resolves to false
 * where the time was up before that.
 */
export async function walk(
  { last, width: most, budgetMs, end }: WalkOptions,
  step: (after: number, to: number) => boolean,
): Promise<boolean> {
  const started = performance.now()
  let turn = started
  let width = Math.min(FIRST_WIDTH, most)
  for (let after = -1; after < last; ) {
    const before = performance.now()
    const to = end ? end(after, width) : Math.min(after + width, last)
    if (to === undefined) return true
    if (!step(after, to)) return true
    const now = performance.now()
    after = to
    if (now - before > STEP_MS) width = Math.max(LEAST_WIDTH, width >> 1)
    else if (now - before < STEP_MS / 4) width = Math.min(most, width * 2)
    if (now - started > budgetMs && after < last) return false
    if (now - turn > STEP_MS) {
      await pause()
      turn = performance.now()
    }
  }
  return true
}
