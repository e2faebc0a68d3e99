// musubi demo: the server filled with example residents, and requests to paste.
import { parseArgs } from 'node:util'
import { buildResident, generateResidents } from '../../scripts/demo/residents.ts'
import type { TokenGrant } from '../access/principal.ts'
import { createSystemPolicy } from '../access/system.ts'
import { createContext } from '../app.ts'
import type { Config } from '../config.ts'
import { prepareAll, storeAll } from '../interactions/ingest.ts'
import { mintToken } from '../smart/token.ts'
import { openStore } from '../store/open.ts'
import type { Store } from '../store/store.ts'
import { startProgress } from './import/progress.ts'
import { run as serve } from './serve.ts'

export const summary = 'Serves a store filled with example residents, and prints requests to try.'
export const usage = `[--residents N] [--seed N]

  --residents  how many residents (about 90 resources each); default: 100
  --seed       the same seed makes the same residents; default: 1

The demo keeps its data in the folder "demo" inside the store's own; names and histories are invented.`

const DAY_MS = 86_400_000

interface Name {
  readonly family: string
  readonly given: readonly string[]
}

interface Demo {
  readonly residents: number
  readonly seed: number
}

function parse(args: readonly string[]): Demo {
  const options = {
    residents: { type: 'string', default: '100' },
    seed: { type: 'string', default: '1' },
  } as const
  try {
    const { residents, seed } = parseArgs({ args: [...args], options }).values
    if (!/^\d{1,6}$/.test(residents) || residents === '0')
      throw new RangeError('--residents is a number from 1 to 999999')
    if (!/^\d{1,9}$/.test(seed)) throw new RangeError('--seed is a whole number')
    return { residents: Number(residents), seed: Number(seed) }
  } catch (error) {
    throw new RangeError((error as Error).message)
  }
}

/** Fills the store; residents that are there already are left as they are. Returns the ids of the first two. */
async function fill(config: Config, store: Store, { residents, seed }: Demo): Promise<void> {
  const known = await store.records.get('demo', String(seed))
  if (Number(known?.value ?? 0) >= residents) return
  const context = await createContext(config, store)
  const policy = await createSystemPolicy('demo data', context, config.organization)
  const progress = startProgress(process.stderr)
  let done = 0
  let stored = 0
  for (const resources of generateResidents(seed, residents)) {
    const candidates = resources.map((resource, key) => ({
      key,
      bytes: Buffer.from(JSON.stringify(resource)),
    }))
    const result = await storeAll(context, policy, candidates, await prepareAll(context, policy, candidates))
    if (result.rejected[0])
      throw new Error(`an example is not valid: ${JSON.stringify(result.rejected[0].issues)}`)
    stored += result.stored + result.unchanged
    progress.update(done++, residents, stored)
  }
  progress.end()
  await store.records.put({ collection: 'demo', key: String(seed), value: residents })
}

async function mint(store: Store, grant: Omit<TokenGrant, 'client' | 'expiresAt'>): Promise<string> {
  const { token, row } = mintToken({ ...grant, client: 'demo', expiresAt: Date.now() + DAY_MS })
  await store.records.add(row)
  return token
}

async function describe(config: Config, store: Store, { seed }: Demo): Promise<string> {
  const [first, second] = [0, 1].map((index) => buildResident(seed, index)[0]!)
  const [resident, other] = [first!.id!, second!.id!]
  const [, { family, given }] = first!['name'] as readonly [Name, Name]
  const { organization } = config
  const system = await mint(store, {
    subject: 'Client/demo',
    scope: 'system/*.cruds',
    purpose: 'TREAT',
    organization,
  })
  const person = await mint(store, {
    subject: `Patient/${resident}`,
    patient: resident,
    scope: 'patient/*.rs',
    purpose: 'PATRQT',
  })
  const get = (token: string, path: string) =>
    `  curl -s -H "Authorization: Bearer $${token}" '${config.baseUrl}/${path}'`
  return `
結び Musubi demo
  FHIR base     ${config.baseUrl}
  Capabilities  ${config.baseUrl}/metadata

Two tokens, each good for a day (a system's, and the first resident's own):
  SYSTEM=${system}
  PERSON=${person}

Residents by name, in kanji or kana (${family}${given[0]}):
${get('SYSTEM', `Patient?name=${encodeURIComponent(family + given[0])}&_pretty=true`)}
HbA1c of 5.6 % and more, newest first, with the patients:
${get('SYSTEM', 'Observation?code=http://loinc.org%7C4548-4&value-quantity=ge5.6&_sort=-date&_include=Observation:patient&_total=accurate&_pretty=true')}
Who has hypertension (I10):
${get('SYSTEM', 'Patient?_has:Condition:patient:code=I10&_total=accurate&_pretty=true')}
All that belongs to one resident:
${get('SYSTEM', `Patient/${resident}/$everything?_pretty=true`)}
The resident sees the own record, and another's not at all:
${get('PERSON', 'Observation?_sort=-date&_count=3&_pretty=true')}
${get('PERSON', `Patient/${other}`)}
`
}

/** Fills, prints, serves; returns 0 after an orderly end. */
export async function run(args: readonly string[], config: Config): Promise<number> {
  const demo = parse(args)
  const demoConfig: Config = { ...config, store: `${config.store}/demo` }
  const store = await openStore(demoConfig.store)
  try {
    await fill(demoConfig, store, demo)
    process.stdout.write(await describe(demoConfig, store, demo))
  } finally {
    await store.close()
  }
  return serve([], demoConfig)
}
