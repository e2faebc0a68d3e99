#!/usr/bin/env node
// The command line: finds the command, nothing else.
import { findCommand, listCommands } from './commands/load.ts'
import { loadConfig } from './config.ts'

async function main([name = 'help', ...args]: readonly string[]): Promise<number> {
  if (['help', '--help', '-h'].includes(name)) {
    process.stdout.write(await listCommands(args[0]))
    return 0
  }
  const command = await findCommand(name)
  if (!command) {
    process.stderr.write(`musubi: there is no command ${JSON.stringify(name)}\n\n${await listCommands()}`)
    return 2
  }
  if (args.includes('--help') || args.includes('-h')) {
    process.stdout.write(await listCommands(name))
    return 0
  }
  return command.run(args, loadConfig())
}

try {
  process.exitCode = await main(process.argv.slice(2))
} catch (error) {
  // A fault of the person's making is one line; a fault of ours keeps its stack.
  const expected = error instanceof RangeError || (error instanceof Error && error.name === 'FhirError')
  process.stderr.write(
    expected ? `musubi: ${error.message}\n` : `musubi: ${(error as Error)?.stack ?? error}\n`,
  )
  process.exitCode = expected ? 2 : 1
}
