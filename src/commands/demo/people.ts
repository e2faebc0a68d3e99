// People of the story who can log in, and the sample app they can let in: what the demo prints of both.
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { CAST } from '../../../scripts/demo/story.ts'
import type { Config } from '../../config.ts'
import type { AppContext } from '../../interactions/context.ts'
import type { Account } from '../../smart/account.ts'
import { registerClient } from '../../smart/clients/register-client.ts'
import { addAccount, buildAccount, findByLogin, setPassword } from '../../smart/people/accounts.ts'
import { hashPassword } from '../../smart/people/password.ts'
import { toSmartUrls } from '../../smart/urls.ts'
import { readJson } from '../input/read-json.ts'

const APP = join(import.meta.dirname, '../../../conformance/apps/growth/client.json')

type Person = Pick<Account, 'login' | 'name' | 'breakGlass'> & { readonly refs: readonly string[] }

const PEOPLE: readonly Person[] = [
  { login: 'hanako', name: '結城 花子', refs: [CAST.resident, CAST.mother] },
  { login: 'kenichi', name: '結城 健一', refs: [CAST.husband] },
  {
    login: 'doctor',
    name: '中村 太郎',
    refs: [`Practitioner/${CAST.hospitalA.slice('Organization/'.length)}-doctor-1`],
    breakGlass: true,
  },
]

/** Gives each of them one new password and registers the app once; returns the text that says how to log in. */
export async function openLogins(config: Config, app: AppContext): Promise<string> {
  const password = randomBytes(8).toString('hex')
  const { manage, developers } = toSmartUrls(config.baseUrl)
  for (const person of PEOPLE) await openLogin(app, person, password)
  return `
Log in, and let an app in

Start the sample app in another terminal, beside the demo:
  npx node conformance/apps/serve.ts --client ${await findApp(config, app)} --iss ${config.baseUrl}
and open http://localhost:4000/growth/launch.html. Who may log in, each with the password ${password} (new at each start):
  hanako   as herself, or for her child
  kenichi  her husband, for her
  doctor   of hospital A; may break the glass
What apps they let in and who has looked: ${manage}. For makers of apps: ${developers}
`
}

// Bindings and name stay those of the first start.
async function openLogin(
  { store }: AppContext,
  { refs, ...person }: Person,
  password: string,
): Promise<void> {
  const known = await findByLogin(store, person.login)
  if (known) return void (await setPassword(store, known, password))
  const proofing = { level: 'IAL1', method: 'demo', at: Date.now() } as const
  const bindings = refs.map((ref) => ({ ref, proofing }))
  await addAccount(store, buildAccount({ ...person, bindings, password: await hashPassword(password) }))
}

// Its id stays, so that an app that was started with it goes on.
async function findApp(config: Config, app: AppContext): Promise<string> {
  const known = await app.store.records.get('demo', 'app')
  if (known) return String(known.value)
  const { client } = await registerClient({ app, settings: config }, readJson(APP), 'operator')
  await app.store.records.put({ collection: 'demo', key: 'app', value: client.id })
  return client.id
}
