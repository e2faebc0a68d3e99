// Which account a subject of an OpenID provider is: linked by the operator, or by the person while logged in.
import type { RecordChange, Store } from '../../store/store.ts'
import { type Account, findAccount } from '../account.ts'
import { type KnownIssuer, listLoginIssuers } from '../issuers/login-issuer.ts'

/** The collection of `Records` that holds links by issuer and subject; the account owns them. */
export const LINKS = 'federated'

export interface Link {
  readonly account: string
  readonly issuer: string
  readonly subject: string
  /** Instant (ms). */
  readonly at: number
}

/** Returns the key of a link: no issuer or subject holds the character between them. */
export function toLinkKey(issuer: string, subject: string): string {
  return `${issuer}\u0001${subject}`
}

/** Returns the change that links a subject to an account; `conflict` where it is linked already. */
export function buildLink(account: string, issuer: string, subject: string): RecordChange {
  const value: Link = { account, issuer, subject, at: Date.now() }
  return {
    kind: 'add',
    row: { collection: LINKS, key: toLinkKey(issuer, subject), value, owner: account },
  }
}

/** Returns the account that a subject is linked to, where it is active. */
export async function findLinked(
  store: Pick<Store, 'records'>,
  issuer: string,
  subject: string,
): Promise<Account | undefined> {
  const link = (await store.records.get(LINKS, toLinkKey(issuer, subject)))?.value as Link | undefined
  return link && findAccount(store, link.account)
}

/** Returns the links of an account. */
export async function listLinks(
  { records }: Pick<Store, 'records'>,
  account: string,
): Promise<readonly Link[]> {
  return (await records.list(LINKS, account)).map(({ value }) => value as Link)
}

/** Returns the providers at which an account may log in. */
export async function linkedIssuers(
  store: Pick<Store, 'records'>,
  account: string,
): Promise<readonly KnownIssuer[]> {
  const links = await listLinks(store, account)
  return (await listLoginIssuers(store)).filter(({ issuer }) => links.some((link) => link.issuer === issuer))
}
