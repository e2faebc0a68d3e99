// What the demo prints: tokens for a day, and requests to paste.
import { buildResident } from '../../../scripts/demo/residents.ts'
import type { Config } from '../../config.ts'
import { mintToken } from '../../smart/token.ts'
import type { Store } from '../../store/store.ts'
import { CHAPTERS, type DemoGrant, type DemoRequest, STORY_GRANTS } from './requests.ts'

const DAY_MS = 86_400_000

interface Name {
  readonly family: string
  readonly given: readonly string[]
}

/** The first residents of a seed. */
interface Residents {
  /** Ids. */
  readonly first: string
  readonly second: string
  /** The first one's, in kana. */
  readonly name: string
}

/** Makes the tokens and returns the text that is printed: `NAME=token` lines, then curl commands that use them. */
export async function describe(config: Config, store: Store, seed: number): Promise<string> {
  const residents = readResidents(seed)
  const tokens: string[] = []
  for (const [name, grant] of Object.entries({ ...STORY_GRANTS, ...toGrants(config, residents) }))
    tokens.push(`  ${name}=${await mint(store, grant)}`)
  const chapters = { ...CHAPTERS, 'Many residents': toRequests(residents) }
  return `
結び Musubi demo
  FHIR base     ${config.baseUrl}
  Capabilities  ${config.baseUrl}/metadata

Tokens, each good for a day; paste them first:
${tokens.join('\n')}

The story: 結城花子 (Hanako Yuki) is treated at hospital A (むすび中央病院) and hospital B (かもがわ総合病院), gets her
medication at a pharmacy, and wears a device that takes her pulse. Her husband acts for her, she acts for her child, and
she takes part in a study. Of her conditions, observations and dispensed medication there are nine.
${Object.entries(chapters)
  .map(([title, requests]) => `\n${title}\n\n${requests.map((each) => toText(config, each)).join('\n')}\n`)
  .join('')}
`
}

function readResidents(seed: number): Residents {
  const [first, second] = [0, 1].map((index) => buildResident(seed, index)[0]!)
  const [, { family, given }] = first!['name'] as readonly [Name, Name]
  return { first: first!.id!, second: second!.id!, name: family + given[0] }
}

function toGrants({ organization }: Config, { first }: Residents): Readonly<Record<string, DemoGrant>> {
  return {
    SYSTEM: { subject: 'Client/demo', scope: 'system/*.cruds', purpose: 'TREAT', organization },
    PERSON: { subject: `Patient/${first}`, patient: first, scope: 'patient/*.rs', purpose: 'PATRQT' },
  }
}

function toRequests({ first, second, name }: Residents): readonly DemoRequest[] {
  const accurate = '_total=accurate&_pretty=true'
  return [
    {
      words: `Residents by name, in kanji or kana (${name})`,
      as: 'SYSTEM',
      path: `Patient?name=${encodeURIComponent(name)}&_pretty=true`,
    },
    {
      words: 'HbA1c of 5.6 % and more, newest first, with the patients',
      as: 'SYSTEM',
      path: `Observation?code=http://loinc.org%7C4548-4&value-quantity=ge5.6&_sort=-date&_include=Observation:patient&${accurate}`,
    },
    {
      words: 'Who has hypertension (I10)',
      as: 'SYSTEM',
      path: `Patient?_has:Condition:patient:code=I10&${accurate}`,
    },
    {
      words: 'All that belongs to one resident',
      as: 'SYSTEM',
      path: `Patient/${first}/$everything?_pretty=true`,
    },
    {
      words: 'The resident sees the own record',
      as: 'PERSON',
      path: 'Observation?_sort=-date&_count=3&_pretty=true',
    },
    { words: "and another's not at all (404)", as: 'PERSON', path: `Patient/${second}` },
  ]
}

function toText({ baseUrl }: Config, { words, as, path, body }: DemoRequest): string {
  const posted = body === undefined ? '' : ` -H 'Content-Type: application/fhir+json' -d '${body}'`
  const url = path.startsWith('?') ? `${baseUrl}${path}` : `${baseUrl}/${path}`
  return `${words}:\n  curl -s -H "Authorization: Bearer $${as}"${posted} '${url}'`
}

async function mint(store: Store, grant: DemoGrant): Promise<string> {
  const { token, row } = mintToken({ ...grant, client: 'demo', expiresAt: Date.now() + DAY_MS })
  await store.records.add(row)
  return token
}
