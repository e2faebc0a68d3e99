// The cache of compiled definitions on disk: what start-up reads instead of HL7's package. https://hl7.org/fhir/R4/downloads.html
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname } from 'node:path'
import { threadId } from 'node:worker_threads'
import { type CompiledPackage, type CoreData, compilePackage } from './definitions-compile.ts'
import type { ConformanceData } from './definitions-conformance.ts'
import type { StructuresData } from './definitions-structures.ts'
import type { TerminologyData } from './definitions-terminology.ts'

const FOLDER = new URL('../../.cache/', import.meta.url)
const PACKAGE = 'hl7.fhir.r4.examples'

/** The code whose change makes a cache stale. */
const SOURCES = [
  'definitions-cache.ts',
  'definitions-compile.ts',
  'definitions-conformance.ts',
  'definitions-expression.ts',
  'definitions-structures.ts',
  'definitions-terminology.ts',
  'profile/to-structure.ts',
  'value-set.ts',
]

const FILES = ['core.json', 'terminology.json', 'structures.json', 'conformance.json']

interface Manifest {
  readonly code: string
  /** Hash of the package's package.json; a cache is also good where the package is absent. */
  readonly source: string
}

let built: CompiledPackage | undefined
let fresh = false

/** Returns the core definitions from the cache, which is built first (one line on standard error) where missing or stale. */
export function loadCore(): CoreData {
  ensureCache()
  return built?.core ?? (JSON.parse(readFileSync(fileOf('core.json'), 'utf8')) as CoreData)
}

/** Returns the code systems and value sets from the cache; see `loadCore`. */
export function loadTerminologyData(): TerminologyData {
  ensureCache()
  return (
    built?.terminology ?? (JSON.parse(readFileSync(fileOf('terminology.json'), 'utf8')) as TerminologyData)
  )
}

/** Returns the structures of R4's types, profiles and extensions from the cache; see `loadCore`. */
export function loadStructuresData(): StructuresData {
  ensureCache()
  return built?.structures ?? (JSON.parse(readFileSync(fileOf('structures.json'), 'utf8')) as StructuresData)
}

/** Returns the code systems, value sets and concept maps with their texts from the cache; see `loadCore`. */
export function loadConformanceData(): ConformanceData {
  ensureCache()
  return (
    built?.conformance ?? (JSON.parse(readFileSync(fileOf('conformance.json'), 'utf8')) as ConformanceData)
  )
}

/** Returns a text that a cache of something compiled from these definitions is named by. */
export function definitionsKey(): string {
  ensureCache()
  const { code, source } = built ? currentManifest() : readManifest()!
  return `${code}${source}`
}

/** Compiles the package and writes the cache, whatever is there. Throws Error where the package is not installed. */
export function buildDefinitionsCache(): void {
  const folder = packageFolder()
  if (folder === undefined)
    throw new Error(
      `The FHIR definitions are missing: run npm ci (package ${PACKAGE}) or bring the .cache folder along`,
    )
  const compiled = compilePackage(folder)
  try {
    writeCached('core.json', JSON.stringify(compiled.core))
    writeCached('terminology.json', JSON.stringify(compiled.terminology))
    writeCached('structures.json', JSON.stringify(compiled.structures))
    writeCached('conformance.json', JSON.stringify(compiled.conformance))
    writeCached('manifest.json', JSON.stringify(currentManifest()))
  } catch {
    // A read-only checkout works too, only slower to start.
    built = compiled
  }
  fresh = true
}

/** Returns the text of a file of the cache, or undefined where there is none. `name` may hold folders. */
export function readCached(name: string): string | undefined {
  try {
    return readFileSync(fileOf(name), 'utf8')
  } catch {
    return undefined
  }
}

/** Writes a file of the cache at once: a reader in another process sees the old or the new one. Throws where it cannot. */
export function writeCached(name: string, text: string): void {
  const target = fileOf(name)
  mkdirSync(new URL('.', target), { recursive: true })
  const draft = fileOf(`${name}.${process.pid}-${threadId}`)
  writeFileSync(draft, text)
  renameSync(draft, target)
}

/** Removes a folder of the cache, if it is there. */
export function clearCached(name: string): void {
  rmSync(fileOf(name), { recursive: true, force: true })
}

function ensureCache(): void {
  if (fresh) return
  const manifest = readManifest()
  const { code, source } = currentManifest()
  fresh = isWhole() && manifest?.code === code && (source === '' || manifest.source === source)
  if (fresh) return
  process.stderr.write('Building the cache of FHIR definitions (once, a few seconds) …\n')
  buildDefinitionsCache()
}

function readManifest(): Manifest | undefined {
  try {
    return JSON.parse(readFileSync(fileOf('manifest.json'), 'utf8')) as Manifest
  } catch {
    return undefined
  }
}

function isWhole(): boolean {
  return FILES.every((name) => existsSync(fileOf(name)))
}

function currentManifest(): Manifest {
  const code = createHash('sha256')
  for (const name of SOURCES) code.update(readFileSync(new URL(name, import.meta.url)))
  const folder = packageFolder()
  const source = folder === undefined ? '' : hash(readFileSync(`${folder}/package.json`))
  return { code: code.digest('hex').slice(0, 16), source }
}

function hash(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex').slice(0, 16)
}

function packageFolder(): string | undefined {
  try {
    return dirname(createRequire(import.meta.url).resolve(`${PACKAGE}/package.json`))
  } catch {
    return undefined
  }
}

function fileOf(name: string): URL {
  return new URL(name, FOLDER)
}
