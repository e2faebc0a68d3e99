// A local account: who may log in, and whom in the store they are. Passwords and passkeys are in people/.
import type { Language } from '../fhir/outcome.ts'
import type { Store } from '../store/store.ts'

/** Collections of `Records`: accounts by id; ids by login name, as `toLoginKey` writes it. */
export const ACCOUNTS = 'account'
export const LOGINS = 'login'

/** How well it was established that the account is this person. https://pages.nist.gov/800-63-3/sp800-63a.html */
export interface Proofing {
  readonly level: 'IAL1' | 'IAL2' | 'IAL3'
  /** What was looked at: `operator`, `mynumber-card`, `in-person`, … */
  readonly method: string
  /** Instant (ms). */
  readonly at: number
}

export interface Binding {
  /** `Patient/1`, `Practitioner/7` or `RelatedPerson/3`. */
  readonly ref: string
  readonly proofing: Proofing
}

export interface Account {
  readonly id: string
  readonly login: string
  /** How the pages address the person. */
  readonly name: string
  readonly status: 'active' | 'disabled'
  /** At least one; with several the person chooses in which capacity to go on. */
  readonly bindings: readonly Binding[]
  /** Argon2id as a PHC string; absent where there is no password. */
  readonly password?: string
  /** May ask for break-glass, after proving once more who they are (B1). */
  readonly breakGlass?: boolean
  readonly language?: Language
  /** Instant (ms). */
  readonly createdAt: number
  /** How often it was changed. */
  readonly revision?: number
}

/** Returns the account, or undefined where there is none or it is disabled. */
export async function findAccount(
  { records }: Pick<Store, 'records'>,
  id: string,
): Promise<Account | undefined> {
  const account = (await records.get(ACCOUNTS, id))?.value as Account | undefined
  return account?.status === 'active' ? account : undefined
}

/** Returns a login name as it is compared: without case and width. */
export function toLoginKey(login: string): string {
  return login.normalize('NFKC').trim().toLowerCase()
}
