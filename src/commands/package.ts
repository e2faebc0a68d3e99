// musubi package: FHIR packages that profiles, value sets and code systems come in. https://confluence.hl7.org/display/FHIR/NPM+Package+Specification
import { basename, resolve } from 'node:path'
import { createContext } from '../app.ts'
import type { Config } from '../config.ts'
import { FhirError } from '../fhir/outcome.ts'
import { readPackage } from '../fhir/package/read.ts'
import {
  addPackage,
  listPackages,
  orderPackages,
  removePackage,
} from '../interactions/canonicals/packages.ts'
import { openStore } from '../store/open.ts'
import type { Store } from '../store/store.ts'
import { recordTask } from './audit/record-task.ts'

export const summary = 'Adds, lists and removes FHIR packages (profiles, value sets, code systems).'
export const usage = `add FILE.tgz|FOLDER… | list | remove NAME#VERSION

A package is a .tgz as FHIR's registries give them, or a folder of definitions. Packages given together are added in the order of
what they depend on. A running server knows them within a quarter of a second. Nothing is fetched from the network.`

/** Returns 0 where everything was done, 1 where a package was refused or is not there. */
export async function run(args: readonly string[], config: Config): Promise<number> {
  const [verb, ...rest] = args
  const isRight =
    (verb === 'add' && rest.length > 0) ||
    (verb === 'list' && rest.length === 0) ||
    (verb === 'remove' && rest.length === 1)
  if (!isRight) throw new RangeError('package takes add FILE…, list, or remove NAME#VERSION')
  const store = await openStore(config.store)
  try {
    if (verb !== 'list')
      await recordTask(store, config, {
        task: 'config',
        query: ['package', verb, ...rest.map((path) => basename(path))].join(' '),
      })
    if (verb === 'add') return await add(store, config, rest)
    return verb === 'list' ? await list(store) : await remove(store, rest[0]!)
  } catch (error) {
    if (!(error instanceof FhirError)) throw error
    process.stderr.write(`${error.message}\n`)
    return 1
  } finally {
    await store.close()
  }
}

async function add(store: Store, config: Config, paths: readonly string[]): Promise<number> {
  const context = await createContext(config, store)
  for (const pack of orderPackages(paths.map((path) => readPackage(resolve(path))))) {
    const { name, version } = pack.manifest
    process.stderr.write(`${name}#${version} …\n`)
    const { definitions, warnings } = await addPackage(context, pack)
    await context.refreshCanonicals()
    for (const warning of warnings) process.stderr.write(`  ${warning}\n`)
    process.stdout.write(`${name}#${version}: ${definitions} definitions\n`)
  }
  return 0
}

async function list(store: Store): Promise<number> {
  for (const { name, version, index } of await listPackages(store))
    process.stdout.write(`${name}#${version}\t${index.length} definitions\n`)
  return 0
}

async function remove(store: Store, id: string): Promise<number> {
  const [name = '', version = ''] = id.split('#')
  if (await removePackage(store, name, version)) return 0
  throw new FhirError('not-found', `There is no package ${id}; package list shows what there is`)
}
