// musubi user: the people who log in, whom they stand for, and their passwords. https://pages.nist.gov/800-63-4/sp800-63a.html

import type { Config } from '../config.ts'
import { FhirError } from '../fhir/outcome.ts'
import { ACCOUNTS, type Account } from '../smart/account.ts'
import {
  addAccount,
  buildAccount,
  disableAccount,
  findByLogin,
  type Riders,
  setPassword,
} from '../smart/people/accounts.ts'
import { buildLink } from '../smart/people/federated-account.ts'
import { hashPassword } from '../smart/people/password.ts'
import { findPasswordProblem, PASSWORD_PROBLEMS } from '../smart/people/password-rules.ts'
import { openStore } from '../store/open.ts'
import type { Store } from '../store/store.ts'
import { toTaskJournal } from './audit/record-task.ts'
import { parseUserFlags, toBindings } from './user/read-account.ts'
import { readSecret } from './user/read-secret.ts'

export const summary = 'Adds, lists and disables the people who log in, and sets their passwords.'
export const usage = `add FLAGS | list | disable LOGIN | password LOGIN

add takes the password from the first line of standard input (not shown while typed):
  --login NAME           what is typed to log in; upper and lower case are the same
  --name TEXT            how pages address the person; default: the login name
  --patient ID           whom the person is in the store; at least one, and several where there are several capacities
  --practitioner ID
  --related-person ID    a proxy, for the Patient that the RelatedPerson names
  --proofing LEVEL       IAL1, IAL2 or IAL3: how well it was made sure that it is this person; default: IAL1, or that of the provider
  --method TEXT          what was looked at, such as mynumber-card; default: operator
  --break-glass          may break the glass, after proving once more who they are
  --language ja|en
  --openid ISSUER SUBJECT  logs in at an OpenID provider (musubi issuer); then no password is read

disable ends the person's sessions and everything they have allowed apps. password ends their sessions. A change is in
force from the next request, also of a server that runs.`

type Verb = (store: Store, config: Config, args: readonly string[]) => Promise<void>

const VERBS: Readonly<Record<string, Verb>> = { add, list, disable, password }

/** Returns 0; throws RangeError for wrong arguments, FhirError naming what is wrong with a person. */
export async function run([name = '', ...args]: readonly string[], config: Config): Promise<number> {
  const verb = Object.hasOwn(VERBS, name) ? VERBS[name] : undefined
  if (!verb) throw new RangeError('user takes add, list, disable LOGIN or password LOGIN')
  const store = await openStore(config.store)
  try {
    await verb(store, config, args)
    return 0
  } finally {
    await store.close()
  }
}

async function add(store: Store, config: Config, args: readonly string[]): Promise<void> {
  const flags = parseUserFlags(args)
  const { login, name = login, link, language } = flags
  const bindings = await toBindings(flags, store)
  if (await findByLogin(store, login))
    throw new FhirError('conflict', 'This login name is taken; user list shows all')
  const password = link ? undefined : await hashPassword(await readPassword(login))
  const account = buildAccount({
    login,
    name,
    bindings,
    ...(password !== undefined && { password }),
    ...(flags['break-glass'] && { breakGlass: true }),
    ...(language !== undefined && { language }),
  })
  await addAccount(store, account, {
    ...(link && { records: [buildLink(account.id, link.issuer, link.subject)] }),
    ...toNote(config, 'add', account),
  })
  process.stdout.write(`${account.id}\n`)
}

async function list(store: Store, _config: Config, args: readonly string[]): Promise<void> {
  if (args.length > 0) throw new RangeError('user list takes nothing else')
  for (const { value } of await store.records.list(ACCOUNTS)) {
    const { password, revision: _, ...told } = value as Account
    process.stdout.write(`${JSON.stringify({ ...told, hasPassword: password !== undefined })}\n`)
  }
}

async function disable(store: Store, config: Config, args: readonly string[]): Promise<void> {
  const account = await find(store, args)
  await disableAccount(store, account, toNote(config, 'disable', account))
}

async function password(store: Store, config: Config, args: readonly string[]): Promise<void> {
  const account = await find(store, args)
  await setPassword(store, account, await readPassword(account.login), toNote(config, 'password', account))
}

async function find(store: Store, args: readonly string[]): Promise<Account> {
  const [login] = args
  if (login === undefined || args.length !== 1) throw new RangeError('one LOGIN is needed')
  const account = await findByLogin(store, login)
  if (!account) throw new FhirError('not-found', 'There is nobody with this login name; user list shows all')
  return account
}

async function readPassword(login: string): Promise<string> {
  const given = await readSecret('Password: ')
  const problem = findPasswordProblem(given, login)
  if (problem !== undefined) throw new RangeError(PASSWORD_PROBLEMS[problem].en)
  return given
}

// The row of the access log rides in the commit of the change.
function toNote(config: Config, verb: string, { id, bindings }: Account): Riders {
  const patients = bindings.map(({ ref }) => ref).filter((ref) => ref.startsWith('Patient/'))
  return { journal: toTaskJournal(config, { task: 'config', query: `user ${verb} ${id}`, patients }) }
}
