// musubi keys: the keys that sign id_tokens, and the secret that all keys of the store are sealed with.
import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import type { Config } from '../config.ts'
import { FhirError } from '../fhir/outcome.ts'
import { noteConfiguration } from '../interactions/configuration.ts'
import { DATA_KEY, loadDataKey, rewrapDataKey, toFolder } from '../smart/keys/data-key.ts'
import {
  adoptSecretFile,
  dropNextSecret,
  prepareSecretFile,
  removeSecretFile,
} from '../smart/keys/secret-file.ts'
import {
  inUse,
  listSigningKeys,
  planSigningKey,
  SIGNING_KEYS,
  type SigningKey,
} from '../smart/keys/signing-keys.ts'
import { openStore } from '../store/open.ts'
import type { RecordChange, Store } from '../store/store.ts'
import { recordTask, toTaskJournal } from './audit/record-task.ts'

export const summary = 'Lists and rotates the keys that sign tokens, and the secret they are sealed with.'
export const usage = `list | rotate [--compromised] [--secret file|stdin]

rotate makes a new signing key, also while servers run: it is published at once and used after five minutes, when no app has an
old copy of the list; the one before it stays published for a day after that.
  --compromised  the new key is used at once, and the older ones are gone: what they signed is accepted no longer
  --secret       seals the store's keys with a new secret too. file: it is made, and kept in secret.key in the store's folder.
                 stdin: it is read from standard input (32 characters or more); set MUSUBI_SECRET to it before the next start.
                 The old one is that of MUSUBI_SECRET, or of secret.key. Servers that run need no restart.`

type Rotation = { readonly compromised: boolean; readonly secret?: 'file' | 'stdin' }

/** Returns 0; throws RangeError for wrong arguments or a secret that does not open the store's keys. */
export async function run(args: readonly string[], config: Config): Promise<number> {
  const rotation = parse(args)
  const store = await openStore(config.store)
  try {
    if (rotation) await rotate(config, store, rotation)
    else await list(config, store)
    return 0
  } finally {
    await store.close()
  }
}

function parse(args: readonly string[]): Rotation | undefined {
  const options = { compromised: { type: 'boolean', default: false }, secret: { type: 'string' } } as const
  try {
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true })
    const { compromised, secret } = values
    const [verb, ...rest] = positionals
    if (rest.length === 0 && verb === 'list' && !compromised && secret === undefined) return undefined
    if (rest.length === 0 && verb === 'rotate') {
      if (secret === undefined) return { compromised }
      if (secret === 'file' || secret === 'stdin') return { compromised, secret }
    }
  } catch (error) {
    throw new RangeError((error as Error).message)
  }
  throw new RangeError('keys takes list, or rotate [--compromised] [--secret file|stdin]')
}

async function list(config: Config, store: Store): Promise<void> {
  await recordTask(store, config, { task: 'config', query: 'keys list' })
  const rows = await listSigningKeys(store)
  const keys = rows.map(({ value }) => value as SigningKey)
  for (const { value, expiresAt } of rows) {
    const { kid, usedFrom } = value as SigningKey
    const state = kid === inUse(keys).kid ? 'in use' : usedFrom > Date.now() ? 'next' : 'retired'
    const until = expiresAt === undefined ? '' : `\tpublished until ${new Date(expiresAt).toISOString()}`
    process.stdout.write(`${kid}\t${state}\tfrom ${new Date(usedFrom).toISOString()}${until}\n`)
  }
}

async function rotate(config: Config, store: Store, { compromised, secret }: Rotation): Promise<void> {
  const dataKey = await loadDataKey(store, config)
  const { kid, records } = await planSigningKey(store, dataKey, compromised)
  const note = noteConfiguration({ collection: SIGNING_KEYS, key: kid, after: { kid, compromised } })
  const query = `keys rotate${compromised ? ' --compromised' : ''}${secret ? ` --secret ${secret}` : ''}`
  const write = (more: readonly RecordChange[]) =>
    store.commit([], {
      records: [...records, note, ...more],
      journal: toTaskJournal(config, { task: 'config', query }),
    })
  if (secret === undefined) await write([])
  else {
    const noted = noteConfiguration({ ...DATA_KEY, after: { secret } })
    await replaceSecret(config, secret, (text) => write([rewrapDataKey(dataKey, text), noted]))
  }
  process.stdout.write(`${kid}\n`)
}

// At every moment one of the secrets that are kept opens what the store holds.
async function replaceSecret(
  config: Config,
  kind: 'file' | 'stdin',
  write: (secret: string) => Promise<unknown>,
): Promise<void> {
  const folder = toFolder(config)
  if (kind === 'stdin') {
    await write(readSecret())
    removeSecretFile(folder)
    process.stderr.write('Set MUSUBI_SECRET to the new secret before a server is started\n')
    return
  }
  const secret = prepareSecretFile(folder)
  try {
    await write(secret)
  } catch (error) {
    // Where nothing was written the old secret stays; of any other failure that is not known.
    if (error instanceof FhirError && error.code === 'conflict') dropNextSecret(folder)
    throw error
  }
  adoptSecretFile(folder)
  if (config.secret) process.stderr.write('Unset MUSUBI_SECRET before a server is started\n')
}

function readSecret(): string {
  const secret = readFileSync(0, 'utf8').replace(/\r?\n$/, '')
  if (secret.length >= 32) return secret
  throw new RangeError('The new secret must have at least 32 characters, such as of: openssl rand -base64 32')
}
