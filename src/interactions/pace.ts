// Long loops give the event loop back: nothing else may wait longer than a few milliseconds.
import { setImmediate } from 'node:timers/promises'

const SLICE_MS = 5

/** Returns a function to await once per step; it gives way when the steps since the last time took 5 ms. */
export function createPacer(): () => Promise<void> | undefined {
  let since = performance.now()
  return () => {
    if (performance.now() - since < SLICE_MS) return undefined
    return setImmediate().then(() => {
      since = performance.now()
    })
  }
}
