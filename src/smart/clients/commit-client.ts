// A change of a client, with its Device, the note of it and its row in the access log: all of it or nothing.
import { noteConfiguration } from '../../interactions/configuration.ts'
import { changesOf } from '../../interactions/write.ts'
import type { JournalEntry, RecordChange } from '../../store/store.ts'
import { CLIENTS, type Client } from '../client.ts'
import type { SmartContext } from '../context.ts'
import { planDevice } from './client-device.ts'

/** Collection of records: one for each state of a client that was changed, so that only one change is made of it. */
const CHANGES = 'client-change'
const CHANGE_TTL_MS = 60 * 60 * 1000

interface ClientChange {
  readonly before?: Client
  readonly after: Client
  readonly journal: readonly JournalEntry[]
}

/**
 * Stores a client, durably; tokens of one that is disabled stop at the next request. Throws a FhirError that `isStale` where it
 * or its Device was changed by somebody else meanwhile.
 */
export async function commitClient({ app }: Pick<SmartContext, 'app'>, change: ClientChange): Promise<void> {
  const step = hasDevice(change) ? await planDevice(app, change.after) : undefined
  const changes = step === undefined || step.kind === 'done' ? [] : changesOf(step)
  await app.store.commit(changes, { records: toRecords(change), journal: change.journal })
  await app.onStored(changes)
}

// One that was never active was named by nobody.
function hasDevice({ before, after }: ClientChange): boolean {
  return after.status === 'active' || before?.status === 'active'
}

function toRecords({ before, after }: ClientChange): readonly RecordChange[] {
  const { id } = after
  const key = `${id} ${before?.revision ?? 0}`
  const row = { collection: CHANGES, key, value: '', expiresAt: Date.now() + CHANGE_TTL_MS }
  return [
    { kind: 'add', quiet: true, row },
    {
      kind: 'put',
      row: { collection: CLIENTS, key: id, value: { ...after, revision: (before?.revision ?? 0) + 1 } },
    },
    noteConfiguration({
      collection: CLIENTS,
      key: id,
      before: before && toNote(before),
      after: toNote(after),
    }),
  ]
}

function toNote({ secretHash: _, ...client }: Client): Omit<Client, 'secretHash'> {
  return client
}
