// A verb and what it takes, of a command that has several.
import { parseArgs } from 'node:util'

/** Returns the verb and its arguments; throws RangeError with `taken` where there are not as many as `verbs` says. */
export function readVerb(
  args: readonly string[],
  verbs: Readonly<Record<string, number>>,
  taken: string,
): readonly string[] {
  try {
    const { positionals } = parseArgs({ args: [...args], options: {}, allowPositionals: true })
    if (verbs[positionals[0] ?? ''] === positionals.length - 1) return positionals
  } catch (error) {
    throw new RangeError((error as Error).message)
  }
  throw new RangeError(taken)
}
