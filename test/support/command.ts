// A command of musubi in the process of the test: what it prints and how it ends. What it throws is thrown.
import type { Test } from 'tap'
import type { Config } from '../../src/config.ts'

export interface Ended {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

type Run = (args: readonly string[], config: Config) => Promise<number>

/** Returns what a command came to with these arguments. */
export async function runHere(t: Test, run: Run, args: readonly string[], config: Config): Promise<Ended> {
  const streams = [process.stdout, process.stderr].map((stream) => t.capture(stream, 'write', () => true))
  const code = await run(args, config).finally(() => {
    for (const each of streams) each.restore()
  })
  const [stdout = '', stderr = ''] = streams.map((calls) =>
    calls()
      .map(({ args: [text] }) => String(text))
      .join(''),
  )
  return { code, stdout, stderr }
}
