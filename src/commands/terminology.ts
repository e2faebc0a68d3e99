// musubi terminology: code systems that are the user's own files, kept in the store. https://hl7.org/fhir/R4/codesystem.html
import { basename, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import type { Config } from '../config.ts'
import { FhirError } from '../fhir/outcome.ts'
import { openStore } from '../store/open.ts'
import type { Store } from '../store/store.ts'
import { recordTask } from './audit/record-task.ts'
import { startProgress } from './import/progress.ts'
import { FORMATS, type Options, readConcepts } from './terminology/read.ts'

export const summary = 'Imports, lists and removes code systems (LOINC, ICD-10, drug masters …).'
export const usage = `import FILE [options] | list | remove URL[|VERSION]

FILE is a FHIR CodeSystem (.json) or a table (.csv, .tsv), plain or gzip. The old content stands until all of the new one is in.
  --format NAME       ${Object.keys(FORMATS).join(', ')}: the columns and the url of a well-known file
  --url URL --version V --name N
  --code COLUMN --display COLUMN --parent COLUMN --definition COLUMN --inactive COLUMN=VALUE
  --property NAME=COLUMN … --designation LANGUAGE=COLUMN …
  --encoding utf-8|shift_jis   --case-insensitive
Columns are named as in the header, or by their number from 1 where there is none (--no-header).`

const OPTIONS = {
  format: { type: 'string' },
  url: { type: 'string' },
  version: { type: 'string' },
  name: { type: 'string' },
  code: { type: 'string' },
  display: { type: 'string' },
  parent: { type: 'string' },
  definition: { type: 'string' },
  inactive: { type: 'string' },
  property: { type: 'string', multiple: true },
  designation: { type: 'string', multiple: true },
  encoding: { type: 'string' },
  'case-insensitive': { type: 'boolean' },
  'no-header': { type: 'boolean' },
} as const

/** Returns 0 where everything was done, 1 where a file was refused or a code system is not there. */
export async function run(args: readonly string[], config: Config): Promise<number> {
  const { verb, target, options } = parse(args)
  const store = await openStore(config.store)
  try {
    if (verb !== 'list') {
      const what = verb === 'import' ? basename(target!) : target!
      await recordTask(store, config, { task: 'config', query: `terminology ${verb} ${what}` })
    }
    if (verb === 'import') return await importFile(store, resolve(target!), options)
    return verb === 'list' ? await list(store) : await remove(store, target!)
  } catch (error) {
    if (!(error instanceof FhirError)) throw error
    process.stderr.write(`${error.message}\n`)
    return 1
  } finally {
    await store.close()
  }
}

function parse(args: readonly string[]): { verb: string; target?: string; options: Options } {
  try {
    const { values, positionals } = parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true })
    const [verb, target, ...rest] = positionals
    const isRight = rest.length === 0 && (verb === 'list' ? target === undefined : target !== undefined)
    if (!isRight || !['import', 'list', 'remove'].includes(verb ?? ''))
      throw new RangeError('terminology takes import FILE, list, or remove URL')
    return { verb: verb!, options: values, ...(target !== undefined && { target }) }
  } catch (error) {
    throw new RangeError((error as Error).message)
  }
}

async function importFile(store: Store, file: string, options: Options): Promise<number> {
  const started = performance.now()
  const progress = startProgress(process.stderr)
  try {
    const { head, concepts, size, position, line } = await readConcepts(file, options)
    const count = await store.codeSystems
      .load(head, concepts, (done) => progress.update(position(), size, done))
      .catch((error: unknown) => {
        // What the store refuses in a row it was given has no line in it yet.
        const at = line()
        if (at === undefined || !(error instanceof FhirError)) throw error
        throw new FhirError(error.code, `Line ${at}: ${error.message}`)
      })
    const seconds = (performance.now() - started) / 1000
    process.stdout.write(
      `${head.url}${head.version === undefined ? '' : `|${head.version}`}: ${count.toLocaleString('en')} concepts in ${seconds.toFixed(1)} s\n`,
    )
    return 0
  } finally {
    progress.end()
  }
}

async function list(store: Store): Promise<number> {
  for (const { url, version, count } of await store.codeSystems.list())
    process.stdout.write(
      `${url}${version === undefined ? '' : `|${version}`}\t${count.toLocaleString('en')} concepts\n`,
    )
  return 0
}

async function remove(store: Store, canonical: string): Promise<number> {
  const [url = '', version] = canonical.split('|')
  if (await store.codeSystems.remove(url, version)) return 0
  throw new FhirError(
    'not-found',
    `There is no code system ${canonical} in the store; terminology list shows what there is`,
  )
}
