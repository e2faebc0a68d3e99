// musubi token: who asks decides what is not said; every fault has its own message.
import t from 'tap'
import type { TokenGrant } from '../../src/access/principal.ts'
import { run } from '../../src/commands/token.ts'
import { loadConfig } from '../../src/config.ts'
import { TOKENS } from '../../src/smart/token.ts'
import { openStore } from '../../src/store/open.ts'
import { openClient } from '../support/rest.ts'
import { openServer } from '../support/server.ts'

const server = await openServer(t)
const config = loadConfig({ MUSUBI_STORE: server.config.store, MUSUBI_ORGANIZATION: 'Organization/own' })
const call = await openClient(server)
await call('PUT', 'PractitionerRole/ward', {
  resourceType: 'PractitionerRole',
  id: 'ward',
  practitioner: { reference: 'Practitioner/dr' },
  organization: { reference: 'Organization/ward' },
})

// The token goes to standard output; what it stands for is on record.
async function mint(t: Tap, args: string): Promise<TokenGrant> {
  const out = t.capture(process.stdout, 'write', () => true)
  const before = await keys()
  await run(words(args), config).finally(() => out.restore())
  t.match(String(out()[0]?.args[0]), /^[A-Za-z0-9_-]{43}\n$/)
  const store = await openStore(config.store)
  const row = (await store.records.list(TOKENS)).find(({ key }) => !before.has(key))
  await store.close()
  return row!.value as TokenGrant
}

type Tap = Parameters<typeof openServer>[0]

const words = (args: string) => (args === '' ? [] : args.split(' ').map((word) => word.replaceAll('_', ' ')))

async function keys(): Promise<ReadonlySet<string>> {
  return new Set((await server.store.records.list(TOKENS)).map(({ key }) => key))
}

const own = 'Organization/own'
const KINDS: Readonly<Record<string, Partial<TokenGrant>>> = {
  '': {
    subject: 'Client/cli',
    client: 'cli',
    scope: 'system/*.cruds',
    purpose: 'TREAT',
    organization: own,
  },
  '--subject Client/lab --organization Organization/lab': {
    subject: 'Client/lab',
    client: 'lab',
    organization: 'Organization/lab',
  },
  '--patient 7': { subject: 'Patient/7', patient: '7', scope: 'patient/*.cruds', purpose: 'PATRQT' },
  '--subject Patient/7': { subject: 'Patient/7', patient: '7', scope: 'patient/*.cruds' },
  '--subject Patient/7 --act RelatedPerson/m': {
    subject: 'Patient/7',
    act: 'RelatedPerson/m',
    patient: '7',
    purpose: 'FAMRQT',
  },
  '--subject RelatedPerson/m --patient 7': {
    subject: 'RelatedPerson/m',
    patient: '7',
    scope: 'patient/*.cruds',
    purpose: 'FAMRQT',
  },
  '--subject Practitioner/new': {
    subject: 'Practitioner/new',
    scope: 'user/*.cruds',
    purpose: 'TREAT',
    organization: own,
  },
  '--subject Practitioner/dr --role PractitionerRole/ward': {
    role: 'PractitionerRole/ward',
    organization: 'Organization/ward',
  },
  '--subject Practitioner/new --elevation 意識不明 --patient 7': {
    purpose: 'BTG',
    elevation: { reason: '意識不明', patient: 'Patient/7' },
  },
  '--legal-basis law-12 --purpose PUBHLTH': { legalBasis: 'law-12', purpose: 'PUBHLTH' },
}

t.test('what is not said follows from who asks', async (t) => {
  for (const [args, expected] of Object.entries(KINDS)) {
    const grant = await mint(t, args)
    t.match(grant, expected, args)
    if (/^(Patient|RelatedPerson)/.test(grant.subject)) t.notOk('organization' in grant, args)
  }
  const [first, second] = [await mint(t, ELEVATED), await mint(t, ELEVATED)]
  t.not(first.elevation?.id, second.elevation?.id, 'each elevated token is a session of its own')
})

const ELEVATED = '--subject Practitioner/new --elevation x --patient 7'

const REFUSALS: Readonly<Record<string, RegExp>> = {
  '--expires soon': /--expires must be a whole number/,
  '--scop x': /Unknown option '--scop'/,
  '--purpose NONSENSE': /purpose NONSENSE is neither/,
  '--subject RelatedPerson/m': /needs a patient/,
  '--subject Practitioner/dr': /no role in force of Practitioner\/dr with Organization\/own/,
  '--subject Practitioner/dr --role PractitionerRole/gone': /no role in force/,
  '--elevation x --patient 7': /for a practitioner, who is there/,
  '--subject Practitioner/new --elevation x': /for one patient/,
  [`${ELEVATED} --expires 3700`]: /at most 60 minutes/,
  [`${ELEVATED} --purpose TREAT`]: /BTG is the purpose of an elevated token/,
}

t.test('what cannot be granted is refused, and no token is made', async (t) => {
  const before = await keys()
  for (const [args, message] of Object.entries(REFUSALS))
    await t.rejects(run(words(args), config), { message }, args)
  t.strictSame(await keys(), before)
})
