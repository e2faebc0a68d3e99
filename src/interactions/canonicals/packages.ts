// Packages kept in the store: all there at once, or not at all. https://confluence.hl7.org/display/FHIR/NPM+Package+Specification
import type { CanonicalRow, Canonicals } from '../../fhir/canonicals.ts'
import type { Definitions } from '../../fhir/definitions.ts'
import { FhirError } from '../../fhir/outcome.ts'
import type { Package, PackageFile } from '../../fhir/package/read.ts'
import { fitsRange } from '../../fhir/package/version.ts'
import { buildStructure } from '../../fhir/profile/load-structure.ts'
import type { Resource } from '../../fhir/resource.ts'
import { cutVersion } from '../../fhir/value-set.ts'
import type { RecordChange, Store } from '../../store/store.ts'

/** One row of each package, with what it holds; it is written last and deleted first. */
export const PACKAGES = 'package'
/** The text of each definition. */
export const RESOURCES = 'package-resource'

export interface PackageRecord {
  readonly name: string
  readonly version: string
  /** Instant in ms at which it was added. */
  readonly at: number
  readonly index: readonly (Omit<CanonicalRow, 'source'> & { readonly key: string })[]
}

/** Packages that are part of what R4 ships. */
const SHIPPED = new Set(['hl7.fhir.r4.core', 'hl7.fhir.r4.expansions'])
/** Packages of which R4 ships what most profiles ask for. */
const NEARLY = new Set([
  'hl7.terminology.r4',
  'hl7.terminology',
  'hl7.fhir.uv.extensions.r4',
  'hl7.fhir.uv.extensions',
])

export interface PackageContext {
  readonly store: Store
  readonly definitions: Definitions
  readonly canonicals: Canonicals
}

export interface Added {
  readonly definitions: number
  /** What is not there and is not needed to go on. */
  readonly warnings: readonly string[]
}

/** Returns the packages in the order in which each has what it depends on before it; throws FhirError `invalid` for a circle. */
export function orderPackages(packages: readonly Package[]): readonly Package[] {
  const left = new Set(packages)
  const ordered: Package[] = []
  while (left.size > 0) {
    const names = new Set([...left].map(({ manifest }) => manifest.name))
    const next = [...left].find(({ manifest }) =>
      Object.keys(manifest.dependencies).every((name) => name === manifest.name || !names.has(name)),
    )
    if (!next)
      throw new FhirError(
        'invalid',
        `These packages depend on each other in a circle: ${[...names].join(', ')}`,
      )
    left.delete(next)
    ordered.push(next)
  }
  return ordered
}

/**
 * Adds a package, in place of one of the same name and version, and resolves to what was added. Rejects with FhirError `invalid`,
 * naming what is missing or wrong, and then nothing has been added.
 */
export async function addPackage(context: PackageContext, pack: Package): Promise<Added> {
  const { name, version, dependencies } = pack.manifest
  const warnings = await checkDependencies(context, dependencies)
  const at = Date.now()
  const index: PackageRecord['index'][number][] = []
  const texts: RecordChange[] = []
  for (const file of pack.definitions()) {
    const key = `${name}#${version}@${at}/${index.length}`
    if (
      index.some(
        (row) =>
          row.type === file.type && row.url === file.resource.url && row.version === file.resource['version'],
      )
    )
      warnings.push(`${file.name} has the url of another definition of the package: ${file.resource.url}`)
    index.push(toRow(file, key))
    texts.push({ kind: 'put', row: { collection: RESOURCES, key, value: file.text } })
  }
  if (index.length === 0) throw new FhirError('invalid', `The package ${name}#${version} has no definitions`)
  warnings.push(...(await checkDefinitions(context, pack)))
  const before = await findPackage(context.store, name, version)
  for (let from = 0; from < texts.length; from += BATCH)
    await context.store.commit([], { records: texts.slice(from, from + BATCH) })
  const value: PackageRecord = { name, version, at, index }
  await context.store.records.put({ collection: PACKAGES, key: `${name}#${version}`, value })
  if (before) await deleteTexts(context.store, before)
  return { definitions: index.length, warnings }
}

const BATCH = 50

function toRow({ type, resource }: PackageFile, key: string): PackageRecord['index'][number] {
  const { version } = resource
  return { type, url: resource.url, key, ...(typeof version === 'string' && { version }) }
}

async function checkDependencies(
  { store }: PackageContext,
  dependencies: Readonly<Record<string, string>>,
): Promise<string[]> {
  const known = await listPackages(store)
  const warnings: string[] = []
  for (const [name, range] of Object.entries(dependencies)) {
    if (SHIPPED.has(name) || known.some((each) => each.name === name && fitsRange(each.version, range)))
      continue
    if (!NEARLY.has(name))
      throw new FhirError(
        'invalid',
        `The package depends on ${name}#${range}, which is not here: add it first, or in the same command`,
      )
    warnings.push(`${name}#${range} is not here; of it only what R4 ships is known`)
  }
  return warnings
}

// Every structure must have what it is based on; a value set that is missing only leaves a binding unchecked.
async function checkDefinitions(
  { definitions, canonicals }: PackageContext,
  pack: Package,
): Promise<readonly string[]> {
  const own = new Map<string, Resource>(
    [...pack.definitions()].map(({ type, resource }) => [`${type} ${resource.url}`, resource]),
  )
  const lookUp = (type: string, canonical: string) => own.get(`${type} ${cutVersion(canonical)}`)
  const sources = {
    definitions,
    canonicals: {
      ...canonicals,
      find: async (type: CanonicalRow['type'], canonical: string) =>
        lookUp(type, canonical) ?? canonicals.find(type, canonical),
      has: (type: CanonicalRow['type'], canonical: string) =>
        lookUp(type, canonical) !== undefined || canonicals.has(type, canonical),
    },
  }
  const missing = new Set<string>()
  for (const { name, type, resource } of pack.definitions()) {
    if (type !== 'StructureDefinition' || resource['kind'] === 'logical') continue
    const base = resource['baseDefinition']
    if (
      typeof base === 'string' &&
      !definitions.structure(base) &&
      !sources.canonicals.has('StructureDefinition', base)
    )
      throw new FhirError('invalid', `${name} is based on ${base}, which is not known here`)
    try {
      const { elements } = await buildStructure(sources, resource)
      for (const { binding } of elements)
        if (binding?.valueSet && binding.strength !== 'example' && !isKnownSet(sources, binding.valueSet))
          missing.add(binding.valueSet)
    } catch (error) {
      throw error instanceof FhirError ? new FhirError('invalid', `${name}: ${error.message}`) : error
    }
  }
  return [...missing].map(
    (url) => `The value set ${url} is not known here: codes bound to it are not checked`,
  )
}

function isKnownSet(
  { definitions, canonicals }: Pick<PackageContext, 'definitions' | 'canonicals'>,
  canonical: string,
): boolean {
  return (
    canonicals.has('ValueSet', canonical) ||
    Object.hasOwn(definitions.conformance().valueSets, canonical.split('|')[0]!)
  )
}

/** Resolves to the packages in the store, by name and version. */
export async function listPackages(store: Store): Promise<readonly PackageRecord[]> {
  return (await store.records.list(PACKAGES)).map(({ value }) => value as PackageRecord)
}

async function findPackage(store: Store, name: string, version: string): Promise<PackageRecord | undefined> {
  return (await store.records.get(PACKAGES, `${name}#${version}`))?.value as PackageRecord | undefined
}

/** Removes a package; resolves to false where there is none of that name and version. */
export async function removePackage(store: Store, name: string, version: string): Promise<boolean> {
  const found = await findPackage(store, name, version)
  if (!found) return false
  await store.records.delete(PACKAGES, `${name}#${version}`)
  await deleteTexts(store, found)
  return true
}

async function deleteTexts(store: Store, { index }: PackageRecord): Promise<void> {
  const records = index.map(({ key }): RecordChange => ({ kind: 'delete', collection: RESOURCES, key }))
  for (let from = 0; from < records.length; from += BATCH)
    await store.commit([], { records: records.slice(from, from + BATCH) })
}
