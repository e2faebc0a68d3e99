// A FHIR package, a .tgz as npm makes them or a folder: its manifest, and its definitions one at a time. https://confluence.hl7.org/display/FHIR/NPM+Package+Specification
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import type { CanonicalType } from '../canonicals.ts'
import { parseJson } from '../json.ts'
import { FhirError } from '../outcome.ts'
import type { Resource } from '../resource.ts'
import { readTar } from './tar.ts'

export interface PackageManifest {
  readonly name: string
  readonly version: string
  readonly dependencies: Readonly<Record<string, string>>
}

export interface PackageFile {
  readonly name: string
  readonly text: string
  readonly resource: Resource & { readonly url: string }
  readonly type: CanonicalType
}

export interface Package {
  readonly manifest: PackageManifest
  /** The definitions, each parsed when it is met. */
  definitions(): Iterable<PackageFile>
}

const TYPES: ReadonlySet<string> = new Set<CanonicalType>([
  'StructureDefinition',
  'ValueSet',
  'CodeSystem',
  'ConceptMap',
  'SearchParameter',
  'OperationDefinition',
])

const MAX_FILE = 64 * 1024 * 1024
const MAX_ARCHIVE = 1024 * 1024 * 1024

interface RawFile {
  readonly name: string
  readonly bytes: () => Uint8Array
}

/** Returns the package in a `.tgz` file or a folder. Throws FhirError `invalid` for what is none, or is of another FHIR release. */
export function readPackage(path: string): Package {
  const stats = statSync(path, { throwIfNoEntry: false })
  if (!stats) throw new FhirError('invalid', `There is no file or folder ${basename(path)}`)
  const isFolder = stats.isDirectory()
  const files = isFolder ? listFolder(path) : listArchive(path)
  const own = files.find(({ name }) => name === 'package.json')
  const manifest = own ? readManifest(own.bytes()) : folderManifest(path, isFolder)
  return { manifest, definitions: () => readDefinitions(files) }
}

function listArchive(path: string): readonly RawFile[] {
  let archive: Uint8Array
  try {
    archive = gunzipSync(readFileSync(path), { maxOutputLength: MAX_ARCHIVE })
  } catch {
    throw new FhirError('invalid', `${basename(path)} cannot be unpacked: it is no gzip file, or too large`)
  }
  const entries = [...readTar(archive)]
  // npm puts everything under `package/`; some packages have other folders beside it.
  return entries
    .filter(({ name }) => name.startsWith('package/'))
    .map(({ name, bytes }) => ({ name: name.slice('package/'.length), bytes: () => bytes }))
}

function listFolder(path: string): readonly RawFile[] {
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => {
      const file = join(entry.parentPath, entry.name)
      return {
        name: file
          .slice(path.length)
          .replace(/^[/\\]/, '')
          .replaceAll('\\', '/'),
        bytes: () => readFileSync(file),
      }
    })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
}

function folderManifest(path: string, isFolder: boolean): PackageManifest {
  if (!isFolder)
    throw new FhirError('invalid', `${basename(path)} has no package/package.json: it is no FHIR package`)
  return { name: basename(path), version: '0.0.0', dependencies: {} }
}

function readManifest(bytes: Uint8Array): PackageManifest {
  const source = parseJson(bytes) as Readonly<Record<string, unknown>>
  const { name, version, dependencies = {}, fhirVersions, 'fhir-version-list': list } = source
  if (typeof name !== 'string' || typeof version !== 'string')
    throw new FhirError('invalid', 'The package.json has no name or no version')
  const releases = [fhirVersions, list].flatMap((each) => (Array.isArray(each) ? each : []))
  const other = releases.find((each) => !/^4\.0(\.|$)/.test(String(each)))
  if (other !== undefined && !releases.some((each) => /^4\.0(\.|$)/.test(String(each))))
    throw new FhirError(
      'invalid',
      `The package ${name}#${version} is for FHIR ${String(other)}; this server is of R4 (4.0.1)`,
    )
  return { name, version, dependencies: dependencies as Readonly<Record<string, string>> }
}

function* readDefinitions(files: readonly RawFile[]): Generator<PackageFile> {
  for (const { name, bytes } of files) {
    if (!isDefinition(name)) continue
    const content = bytes()
    if (content.length > MAX_FILE) throw new FhirError('invalid', `${name} is larger than 64 MiB`)
    const file = toFile(name, content)
    if (file) yield file
  }
}

function isDefinition(name: string): boolean {
  if (!name.endsWith('.json') || name === 'package.json' || name.startsWith('.')) return false
  return !name
    .split('/')
    .slice(0, -1)
    .some(
      (folder) =>
        folder === 'other' || /^examples?$/.test(folder) || folder === 'openapi' || folder === 'xml',
    )
}

function toFile(name: string, content: Uint8Array): PackageFile | undefined {
  let resource: Resource
  try {
    resource = parseJson(content) as Resource
  } catch (error) {
    throw new FhirError('invalid', `${name}: ${(error as Error).message}`)
  }
  const { resourceType, url } = resource ?? {}
  if (typeof url !== 'string' || !TYPES.has(resourceType)) return undefined
  const text = new TextDecoder().decode(content)
  return { name, text, resource: resource as PackageFile['resource'], type: resourceType as CanonicalType }
}
