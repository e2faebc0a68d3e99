// Accounts on record: made, found by login name, changed, shut. Every change is one transaction with its row in the access log.
import { randomUUID } from 'node:crypto'
import type { JournalEntry, RecordChange, Store } from '../../store/store.ts'
import { ACCOUNTS, type Account, LOGINS, toLoginKey } from '../account.ts'
import { AUTHORIZATIONS, type Authorization, toAuthorizationRow } from '../authorization.ts'
import { SESSIONS } from '../session.ts'
import { hashPassword } from './password.ts'

/** Longer than a change takes from reading to writing. */
const TURN_MS = 60_000

/** What rides in the transaction of a change. */
export interface Riders {
  readonly records?: readonly RecordChange[]
  readonly journal?: readonly JournalEntry[]
}

type NewAccount = Omit<Account, 'id' | 'status' | 'createdAt'>

/** Returns an account that is not on record yet; `login` is kept without case and width. */
export function buildAccount(given: NewAccount): Account {
  const login = toLoginKey(given.login)
  return { ...given, login, id: randomUUID(), status: 'active', createdAt: Date.now() }
}

/** Puts a new account on record; throws FhirError `conflict` where the login name, or a record that rides, is taken. */
export async function addAccount(store: Store, account: Account, riders: Riders = {}): Promise<void> {
  await store.commit([], {
    ...riders,
    records: [
      { kind: 'add', row: { collection: LOGINS, key: account.login, value: account.id, owner: account.id } },
      { kind: 'add', row: toAccountRow(account) },
      ...(riders.records ?? []),
    ],
  })
}

/** Returns the account of that login name, disabled ones too. Reads as many rows where there is none. */
export async function findByLogin(
  { records }: Pick<Store, 'records'>,
  login: string,
): Promise<Account | undefined> {
  const id = (await records.get(LOGINS, toLoginKey(login)))?.value ?? ''
  return (await records.get(ACCOUNTS, String(id)))?.value as Account | undefined
}

/** Sets a password that has been checked, and ends every session of the account. Returns the account as it is now. */
export async function setPassword(
  store: Store,
  account: Account,
  password: string,
  riders: Riders = {},
): Promise<Account> {
  const changed = { ...account, password: await hashPassword(password) }
  const ended = await endSessions(store, account)
  await putAccount(store, changed, { ...riders, records: [...ended, ...(riders.records ?? [])] })
  return changed
}

/** Keeps the password at today's cost; sessions go on. */
export async function rehashPassword(store: Store, account: Account, password: string): Promise<void> {
  await putAccount(store, { ...account, password: await hashPassword(password) })
}

/** Shuts an account: its sessions end, and everything it has allowed apps. */
export async function disableAccount(store: Store, account: Account, riders: Riders = {}): Promise<void> {
  const records = [
    ...(await endSessions(store, account)),
    ...(await endAuthorizations(store, account)),
    ...(riders.records ?? []),
  ]
  await putAccount(store, { ...account, status: 'disabled' }, { ...riders, records })
}

/** Of two changes that were made from the same account, the later is refused (`conflict`): it would undo the other. */
async function putAccount(store: Store, account: Account, riders: Riders = {}): Promise<void> {
  const { id, revision = 0 } = account
  const turn = {
    collection: 'account-turn',
    key: `${id} ${revision}`,
    value: null,
    expiresAt: Date.now() + TURN_MS,
  }
  await store.commit([], {
    ...riders,
    records: [
      { kind: 'add', quiet: true, row: turn },
      { kind: 'put', row: toAccountRow({ ...account, revision: revision + 1 }) },
      ...(riders.records ?? []),
    ],
  })
}

function toAccountRow(account: Account) {
  return { collection: ACCOUNTS, key: account.id, value: account }
}

async function endSessions({ records }: Store, { id }: Account): Promise<readonly RecordChange[]> {
  const rows = await records.list(SESSIONS, id)
  return rows.map(({ key }) => ({ kind: 'delete', collection: SESSIONS, key }))
}

async function endAuthorizations({ records }: Store, { id }: Account): Promise<readonly RecordChange[]> {
  const rows = await records.list(AUTHORIZATIONS, id)
  return rows
    .map(({ value }) => value as Authorization)
    .filter(({ endedAt }) => endedAt === undefined)
    .map((each) => ({
      kind: 'put',
      row: toAuthorizationRow({ ...each, endedAt: Date.now(), endedBy: 'operator' }),
    }))
}
