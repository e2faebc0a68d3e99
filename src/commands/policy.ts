// musubi policy: what the operator decides beside the persons' consents: hard denies, statutory permits, the opt-out channel.
import { createContext } from '../app.ts'
import type { Config } from '../config.ts'
import { NOTICES, POLICIES } from '../consent/governance.ts'
import { type PolicyRow, parsePolicy } from '../consent/policy-rows.ts'
import { toSpan } from '../consent/span.ts'
import { FhirError } from '../fhir/outcome.ts'
import { noteConfiguration } from '../interactions/configuration.ts'
import { openStore } from '../store/open.ts'
import type { RecordChange, Store } from '../store/store.ts'
import { toTaskJournal } from './audit/record-task.ts'
import { readJson } from './input/read-json.ts'
import { readVerb } from './input/read-verb.ts'

export const summary =
  "Adds, lists and removes the operator's policies; notes a notice of the opt-out channel."
export const usage = `add FILE.json | list | remove ID | notice ID Patient/ID YYYY-MM-DD

FILE.json holds one policy:
  {"kind": "hard-deny", "id": "…", "patient": "Patient/…", "actor": "Organization/…", "purpose": "…"}  (one of the three at least)
  {"kind": "statutory-permit", "id": "…", "legalBasis": "…", "patient": "Patient/…", "actor": "Organization/…"}
  {"kind": "optout-secondary", "id": "…", "purpose": "HRESCH", "operator": "Organization/…", "provider": "Organization/…", "days": 30}
A change is in force from the next request, also of a server that runs. notice says on which day a person was told of an
optout-secondary policy; removing the policy removes its notices.`

/** Arguments that each verb takes. */
const VERBS: Readonly<Record<string, number>> = { add: 1, list: 0, remove: 1, notice: 3 }
const TAKEN = 'policy takes add FILE.json, list, remove ID, or notice ID Patient/ID YYYY-MM-DD'

/** Returns 0; throws RangeError for wrong arguments or a file that cannot be read, FhirError naming what is wrong with a policy or a notice. */
export async function run(args: readonly string[], config: Config): Promise<number> {
  const [verb, ...given] = readVerb(args, VERBS, TAKEN)
  const store = await openStore(config.store)
  try {
    switch (verb) {
      case 'add':
        await add(config, store, given[0]!)
        break
      case 'remove':
        await remove(config, store, given[0]!)
        break
      case 'notice':
        await notice(config, store, given as [string, string, string])
        break
      default:
        for (const { value } of await store.records.list(POLICIES))
          process.stdout.write(`${JSON.stringify(value)}\n`)
    }
    return 0
  } finally {
    await store.close()
  }
}

async function add(config: Config, store: Store, file: string): Promise<void> {
  const { governance } = await createContext(config, store)
  const policy = parsePolicy(readJson(file), (await governance()).vocabulary)
  if (await store.records.get(POLICIES, policy.id))
    throw new FhirError('conflict', `There is a policy ${policy.id} already: remove it first`)
  const row = { collection: POLICIES, key: policy.id, value: policy }
  await change(config, store, [{ kind: 'add', row }], { after: policy })
}

async function remove(config: Config, store: Store, id: string): Promise<void> {
  const before = await find(store, id)
  const notices = (await store.records.list(NOTICES)).filter(({ key }) => key.startsWith(`${id} `))
  const rows: RecordChange[] = notices.map(({ key }) => ({ kind: 'delete', collection: NOTICES, key }))
  rows.push({ kind: 'delete', collection: POLICIES, key: id })
  await change(config, store, rows, { before: { policy: before, notices } })
}

async function notice(
  config: Config,
  store: Store,
  [id, patient, day]: readonly [string, string, string],
): Promise<void> {
  if ((await find(store, id)).kind !== 'optout-secondary')
    throw new FhirError('invalid', `${id} needs no notice: it is no optout-secondary policy`)
  if (!/^Patient\/[A-Za-z0-9.-]{1,64}$/.test(patient))
    throw new FhirError('invalid', 'A notice is given to a person: Patient/ID')
  const span = /^\d{4}-\d\d-\d\d$/.test(day) ? toSpan(day, config.timeZone) : undefined
  if (!span || span.from > Date.now())
    throw new FhirError('invalid', 'The day of a notice is YYYY-MM-DD, and not in the future')
  const row = { collection: NOTICES, key: `${id} ${patient}`, owner: patient, value: day }
  const before = (await store.records.get(NOTICES, row.key))?.value
  await change(config, store, [{ kind: 'put', row }], { before, after: day })
}

async function find(store: Store, id: string): Promise<PolicyRow> {
  const row = await store.records.get(POLICIES, id)
  if (!row) throw new FhirError('not-found', `There is no policy ${id}; policy list shows what there is`)
  return row.value as PolicyRow
}

// The note and the row of the access log ride in the commit of the change.
async function change(
  config: Config,
  store: Store,
  records: readonly RecordChange[],
  what: { readonly before?: unknown; readonly after?: unknown },
): Promise<void> {
  const last = records.at(-1)!
  const { collection, key } = 'row' in last ? last.row : last
  const verb = what.after === undefined ? 'remove' : 'put'
  await store.commit([], {
    records: [...records, noteConfiguration({ collection, key, ...what })],
    journal: toTaskJournal(config, { task: 'config', query: `policy ${verb} ${collection} ${key}` }),
  })
}
