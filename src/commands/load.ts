// The commands are the files of this folder: a new one is a new file, and no list to edit.
import { readdir } from 'node:fs/promises'
import type { Config } from '../config.ts'

export interface Command {
  /** One sentence for the list of commands. */
  readonly summary: string
  /** What may follow the name, and what it means. */
  readonly usage: string
  /** Returns the exit code: 0 done, 1 failed, 2 wrongly called. A RangeError is shown as one line. */
  run(args: readonly string[], config: Config): Promise<number>
}

const FOLDER = import.meta.dirname

/** Returns the names of all commands, sorted. */
export async function commandNames(): Promise<readonly string[]> {
  const files = await readdir(FOLDER)
  return files
    .filter((file) => file.endsWith('.ts') && file !== 'load.ts')
    .map((file) => file.slice(0, -'.ts'.length))
    .sort()
}

/** Returns the command of that name, or undefined. */
export async function findCommand(name: string): Promise<Command | undefined> {
  if (!(await commandNames()).includes(name)) return undefined
  return (await import(`./${name}.ts`)) as Command
}

/** Returns the help text: the usage of one command, or one line for each. */
export async function listCommands(name?: string): Promise<string> {
  const one = name === undefined ? undefined : await findCommand(name)
  if (one) return `${one.summary}\n\nUsage: musubi ${name} ${one.usage}\n`
  const lines = await Promise.all(
    (await commandNames()).map(
      async (each) => `  ${each.padEnd(11)} ${(await findCommand(each))?.summary}\n`,
    ),
  )
  return `Usage: musubi COMMAND\n\n${lines.join('')}\nmusubi help COMMAND tells more. Settings are environment variables: see README.md.\n`
}
