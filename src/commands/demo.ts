// musubi demo: the server filled with example residents, and requests to paste.
import { parseArgs } from 'node:util'
import { generateResidents } from '../../scripts/demo/residents.ts'
import { createSystemPolicy } from '../access/system.ts'
import { createContext } from '../app.ts'
import type { Config } from '../config.ts'
import type { AppContext } from '../interactions/context.ts'
import { prepareAll, storeAll } from '../interactions/ingest.ts'
import { openStore } from '../store/open.ts'
import type { Store } from '../store/store.ts'
import { describe } from './demo/describe.ts'
import { openLogins } from './demo/people.ts'
import { storeStory } from './demo/story.ts'
import { startProgress } from './import/progress.ts'
import { run as serve } from './serve.ts'

export const summary =
  'Serves a store filled with example residents and their consents, and prints requests to try.'
export const usage = `[--residents N] [--seed N]

  --residents  how many residents (about 90 resources each); default: 100
  --seed       the same seed makes the same residents; default: 1

The demo keeps its data in the folder "demo" inside the store's own; names and histories are invented. At each start the
consents of its story stand again as they were, and the people who can log in get a new password.`

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

// Residents that are there already are left as they are; the story begins anew. Returns what is printed.
async function fill(config: Config, store: Store, demo: Demo): Promise<string> {
  const context = await createContext(config, store)
  await fillResidents(config, context, demo)
  await storeStory(context)
  return (await describe(config, store, demo.seed)) + (await openLogins(config, context))
}

async function fillResidents(config: Config, context: AppContext, { residents, seed }: Demo): Promise<void> {
  const { store } = context
  const known = await store.records.get('demo', String(seed))
  if (Number(known?.value ?? 0) >= residents) return
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

/** Fills, prints, serves; returns 0 after an orderly end. */
export async function run(args: readonly string[], config: Config): Promise<number> {
  const demo = parse(args)
  const demoConfig: Config = { ...config, store: `${config.store}/demo` }
  const store = await openStore(demoConfig.store)
  try {
    process.stdout.write(await fill(demoConfig, store, demo))
  } finally {
    await store.close()
  }
  return serve([], demoConfig)
}
