// What somebody has decided before: the same question is not put twice. Kept by the question, so that it is found at once.
import { hash } from 'node:crypto'
import type { RecordChange, Store } from '../../store/store.ts'
import { type Authorization, findInForce } from '../authorization.ts'

/** The collection of `Records` that holds the id of the latest authorization by what was asked. */
const REMEMBERED = 'remembered'

/** A question as an authorization keeps it: who is asked, by which client, as whom, about whom, for what. */
export type Asked = Pick<Authorization, 'account' | 'client' | 'asked'> & {
  readonly grant: Pick<Authorization['grant'], 'purpose' | 'subject' | 'organization' | 'role' | 'patient'>
}

/** Returns the latest authorization that has answered the same question; undefined where there is none, or it is not in force. */
export async function findRemembered(
  store: Pick<Store, 'records' | 'consents'>,
  asked: Asked,
): Promise<Authorization | undefined> {
  const id = (await store.records.get(REMEMBERED, toKey(asked)))?.value
  return typeof id === 'string' ? findInForce(store, id) : undefined
}

/** Returns the change that remembers an authorization until `expiresAt` (ms), in the place of the one before it. */
export function toRemembered(authorization: Authorization, expiresAt: number): RecordChange {
  const { id, account } = authorization
  const row = { collection: REMEMBERED, key: toKey(authorization), value: id, owner: account, expiresAt }
  return { kind: 'put', quiet: true, row }
}

function toKey({ account, client, asked, grant }: Asked): string {
  const { purpose, subject, organization = null, role = null, patient = null } = grant
  return hash(
    'sha256',
    JSON.stringify([account, client, asked, purpose, subject, organization, role, patient]),
  )
}
