// musubi audit: whether the access log and the records of provision are whole. https://hl7.org/fhir/R4/security.html#audit
import { parseArgs } from 'node:util'
import type { Config } from '../config.ts'
import { openStore } from '../store/open.ts'
import type { Heads, Verdict } from '../store/store.ts'
import { startProgress } from './import/progress.ts'

export const summary = 'Checks that no row of the access log was changed, removed or put in.'
export const usage = `verify [--heads HEADS]

Walks the chains of accesses and of provisions to others, also while a server runs. Ends with 1 at the first row that does not follow
from the one before it. The heads it prints, kept elsewhere and given again later, tell also of chains that were made anew as a whole.`

/** Returns 0 where both chains are whole, 1 where one is broken or does not lead through the heads that were given. */
export async function run(args: readonly string[], config: Config): Promise<number> {
  const heads = parse(args)
  const store = await openStore(config.store)
  const progress = startProgress(process.stderr)
  try {
    const verdict = await store.journal.verify((done, total) => progress.update(done, total, done), heads)
    progress.end()
    return tell(verdict)
  } finally {
    await store.close()
  }
}

const HEADS = /^(\d+:[0-9a-f]{64}),(\d+:[0-9a-f]{64})$/

function parse(args: readonly string[]): Heads | undefined {
  const [verb, ...rest] = args
  if (verb !== 'verify') throw new RangeError('audit takes verify')
  const heads = readFlag(rest)
  if (heads === undefined) return undefined
  const [, audit, provision] = HEADS.exec(heads) ?? []
  if (!audit || !provision) throw new RangeError('--heads must be as verify has printed them')
  return { audit, provision }
}

function readFlag(args: readonly string[]): string | undefined {
  try {
    return parseArgs({ args: [...args], options: { heads: { type: 'string' } } }).values.heads
  } catch (error) {
    throw new RangeError(`audit: ${(error as Error).message}`)
  }
}

const NAMES = { audit: 'access log', provision: 'records of provision' } as const

function tell({ rows, broken, heads }: Verdict): number {
  if (broken) {
    process.stderr.write(`The ${NAMES[broken.chain]} is broken at row ${broken.seq}\n`)
    return 1
  }
  process.stdout.write(`${rows.toLocaleString('en')} rows, all as they were written\n`)
  process.stdout.write(`Heads: ${heads.audit},${heads.provision}\n`)
  return 0
}
