// musubi issuer: whom the operator trusts beside this server: OpenID providers, other authorization servers, signers of software statements.
import { createContext } from '../app.ts'
import type { Config } from '../config.ts'
import { FhirError } from '../fhir/outcome.ts'
import { noteConfiguration } from '../interactions/configuration.ts'
import { type Issuer, toIssuerKey } from '../smart/issuers/issuer.ts'
import { ISSUERS } from '../smart/issuers/login-issuer.ts'
import { readIssuer } from '../smart/issuers/read-issuer.ts'
import { openKeys } from '../smart/keys/open-keys.ts'
import { openStore } from '../store/open.ts'
import type { RecordChange, RecordRow, Store } from '../store/store.ts'
import { toTaskJournal } from './audit/record-task.ts'
import { readJson } from './input/read-json.ts'
import { readVerb } from './input/read-verb.ts'

export const summary = 'Adds, lists and removes issuers that are trusted beside this server.'
export const usage = `add FILE.json | list | remove ISSUER

FILE.json holds one issuer:
  {"use": "login", "issuer": "https://…", "client_id": "…", "client_secret": "…", "name": "…", "name#ja": "…",
   "acr_values": ["…"], "proofing": "IAL2"}
     an OpenID provider at which people of ours log in; proofing says how well it knows them: IAL1, IAL2, IAL3
  {"use": "bearer", "issuer": "https://…", "jwks_uri": "https://…", "organization": "Organization/…",
   "purposes": ["TREAT"], "scope": "user/*.rs", "subject_claim": "fhirUser", "algs": ["RS256"]}
     an authorization server whose tokens are accepted here, within that scope and those purposes
  {"use": "software-statement", "issuer": "https://…", "jwks_uri": "https://…"}
     a signer whose software statements count when an app registers
Instead of jwks_uri, jwks may hold the keys. A secret is kept sealed and never shown. A change is in force from the next
request, also of a server that runs; remove ends every use of the issuer.`

/** Arguments that each verb takes. */
const VERBS: Readonly<Record<string, number>> = { add: 1, list: 0, remove: 1 }
const TAKEN = 'issuer takes add FILE.json, list, or remove ISSUER'

/** Returns 0; throws RangeError for wrong arguments or a file that cannot be read, FhirError naming what is wrong with an issuer. */
export async function run(args: readonly string[], config: Config): Promise<number> {
  const [verb, given] = readVerb(args, VERBS, TAKEN)
  const store = await openStore(config.store)
  try {
    if (verb === 'add') await add(config, store, given!)
    else if (verb === 'remove') await remove(config, store, given!)
    else for (const { value } of await store.records.list(ISSUERS)) print(value as Issuer)
    return 0
  } finally {
    await store.close()
  }
}

async function add(config: Config, store: Store, file: string): Promise<void> {
  const { governance, definitions } = await createContext(config, store)
  const { purposes } = (await governance()).vocabulary
  const keys = await openKeys(store, config)
  const issuer = readIssuer(readJson(file), {
    isPurpose: (code) => purposes.has(code),
    isResourceType: definitions.isResourceType,
    privateHosts: config.privateHosts,
    seal: (secret) => keys.seal('issuer', secret),
  })
  const row = { collection: ISSUERS, key: toIssuerKey(issuer), value: issuer }
  if (await store.records.get(ISSUERS, row.key))
    throw new FhirError('conflict', `${issuer.issuer} is trusted for ${issuer.use} already: remove it first`)
  await change(config, store, [{ kind: 'add', row }], [{ key: row.key, after: hide(issuer) }])
}

async function remove(config: Config, store: Store, issuer: string): Promise<void> {
  const isMeant = ({ value }: RecordRow) => (value as Issuer).issuer === issuer
  const rows = (await store.records.list(ISSUERS)).filter(isMeant)
  if (rows.length === 0)
    throw new FhirError('not-found', `${issuer} is not trusted; issuer list shows who is`)
  await change(
    config,
    store,
    rows.map(({ key }) => ({ kind: 'delete', collection: ISSUERS, key }) as const),
    rows.map(({ key, value }) => ({ key, before: hide(value as Issuer) })),
  )
}

// The notes and the row of the access log ride in the commit of the change.
async function change(
  config: Config,
  store: Store,
  records: readonly RecordChange[],
  notes: readonly { readonly key: string; readonly before?: unknown; readonly after?: unknown }[],
): Promise<void> {
  const verb = records[0]?.kind === 'delete' ? 'remove' : 'add'
  const query = `issuer ${verb} ${notes.map(({ key }) => key).join(' ')}`
  await store.commit([], {
    records: [...records, ...notes.map((note) => noteConfiguration({ collection: ISSUERS, ...note }))],
    journal: toTaskJournal(config, { task: 'config', query }),
  })
}

function print(issuer: Issuer): void {
  process.stdout.write(`${JSON.stringify(hide(issuer))}\n`)
}

function hide(issuer: Issuer): object {
  return 'client_secret' in issuer ? { ...issuer, client_secret: '(sealed)' } : issuer
}
