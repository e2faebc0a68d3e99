// musubi import: Bundles and NDJSON, plain or gzip, through the same write door as REST; resumable.
import { basename, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { createSystemPolicy } from '../access/system.ts'
import { createContext } from '../app.ts'
import type { Config } from '../config.ts'
import { openStore } from '../store/open.ts'
import { recordTask } from './audit/record-task.ts'
import { importDocument } from './import/bundle.ts'
import { type ImportRun, importNdjson, readBookmark, type Tally, writeBookmark } from './import/ndjson.ts'
import { renderDuration, startProgress } from './import/progress.ts'
import { openRejectFile } from './import/reject.ts'
import { isNdjson, openSource, type Source } from './import/source.ts'

export const summary = 'Stores resources from files: Bundles and NDJSON, plain or gzip.'
export const usage = `FILE… [--restart] [--rejects FILE] [--organization REF]

Each resource is checked as a REST write would be and stored at its id (a new id where it has none); transaction and
batch Bundles run as such. Entries that are refused go to the reject file (import-rejects.ndjson) with the reason, and
the rest goes on. An import that was stopped goes on where it was when it is called again; --restart begins anew.

  --organization  whose data it is, Organization/ID; default: MUSUBI_ORGANIZATION`

function parse(args: readonly string[]) {
  const options = {
    restart: { type: 'boolean', default: false },
    rejects: { type: 'string' },
    organization: { type: 'string' },
  } as const
  try {
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true })
    if (positionals.length === 0) throw new RangeError('import takes at least one FILE')
    const { organization } = values
    if (organization !== undefined && !/^Organization\/[A-Za-z0-9.-]{1,64}$/.test(organization))
      throw new RangeError('--organization must be a reference such as Organization/3')
    return { ...values, sources: positionals.map((file) => openSource(resolve(file))) }
  } catch (error) {
    throw new RangeError((error as Error).message)
  }
}

async function importSource(run: ImportRun, source: Source, restart: boolean, tally: Tally): Promise<void> {
  const bookmark = restart ? { line: 0, done: false } : await readBookmark(run.context, source)
  if (bookmark.done) {
    process.stderr.write(`${basename(source.file)} is imported already (--restart imports it again)\n`)
    return
  }
  if (bookmark.line > 0)
    process.stderr.write(`${basename(source.file)}: going on after line ${bookmark.line}\n`)
  if (await isNdjson(source)) await importNdjson(run, source, bookmark.line, tally)
  else await importDocument(run, source, tally)
  if (run.stopping()) return
  await run.context.store.commit([], { records: [writeBookmark(source, { line: 0, done: true })] })
}

function summarise(tally: Tally, seconds: number, rejects: { file: string }): string {
  const count = (n: number) => n.toLocaleString('en')
  const rate = count(Math.round((tally.stored + tally.unchanged) / Math.max(seconds, 0.001)))
  const lines = [
    `${count(tally.stored)} stored, ${count(tally.unchanged)} unchanged, ${count(tally.rejected)} rejected`,
    ` in ${renderDuration(seconds)} (${rate}/s)`,
  ]
  return `${lines.join('')}${tally.rejected > 0 ? `\nWhy: see ${rejects.file}` : ''}\n`
}

/** Returns 0 where everything was stored, 1 where some was refused or a signal stopped the import. */
export async function run(args: readonly string[], config: Config): Promise<number> {
  const { sources, restart, rejects: rejectFile, organization = config.organization } = parse(args)
  const store = await openStore(config.store)
  let stopped = false
  const stop = () => {
    stopped = true
  }
  process.once('SIGINT', stop).once('SIGTERM', stop)
  const tally: Tally = { stored: 0, unchanged: 0, rejected: 0 }
  const started = performance.now()
  const rejects = openRejectFile(resolve(rejectFile ?? 'import-rejects.ndjson'))
  const progress = startProgress(process.stderr)
  try {
    const files = sources.map(({ file }) => basename(file)).join(' ')
    await recordTask(store, config, { task: 'import', query: `import ${files}` })
    const context = await createContext(config, store)
    const policy = await createSystemPolicy('import', context, organization)
    const job: ImportRun = { context, policy, progress, rejects, stopping: () => stopped }
    for (const source of sources) if (!stopped) await importSource(job, source, restart, tally)
  } finally {
    progress.end()
    await rejects.end()
    await store.close()
  }
  process.stdout.write(summarise(tally, (performance.now() - started) / 1000, rejects))
  if (stopped) process.stderr.write('Stopped; call import again to go on.\n')
  return stopped || tally.rejected > 0 ? 1 : 0
}
