// Names for the screens: read with the rights of who looks at them.
import { FhirError } from '../../fhir/outcome.ts'
import type { Resource } from '../../fhir/resource.ts'
import type { AppContext } from '../../interactions/context.ts'
import type { Params } from '../../interactions/params.ts'
import { parsePieces } from '../../interactions/result.ts'
import { performAs, policyOf } from '../acting.ts'
import type { SmartContext } from '../context.ts'
import type { Capacity } from './capacity.ts'
import type { PersonFound } from './patient-page.ts'

const PAGE = 10

export interface Found {
  readonly people: readonly PersonFound[]
  /** What leads to the next page. */
  readonly next?: string
}

interface HumanName {
  readonly use?: string
  readonly text?: string
  readonly family?: string
  readonly given?: readonly string[]
  readonly extension?: readonly { readonly url: string; readonly valueCode?: string }[]
}

/** Returns the person of that id as `capacity` sees them, or undefined where they do not. The reading is recorded. */
export async function findPerson(
  { app }: SmartContext,
  capacity: Capacity,
  id: string,
): Promise<PersonFound | undefined> {
  try {
    const result = await performAs(app, await policyOf(app, capacity), { kind: 'read', type: 'Patient', id })
    return result.kind === 'found' ? toPerson(parse(result.version.document)) : undefined
  } catch (error) {
    if (error instanceof FhirError && error.status < 500) return undefined
    throw error
  }
}

/** Returns the people that staff may see whose name begins with `query`, or who have that identifier or birth date: ten, and what leads to more. */
export async function searchPeople(
  { app }: SmartContext,
  capacity: Capacity,
  query: string,
  after?: string,
): Promise<Found> {
  const params: Params = after === undefined ? toParams(query) : [['_page', after]]
  const policy = await policyOf(app, capacity)
  try {
    const result = await performAs(app, policy, {
      kind: 'search',
      type: 'Patient',
      params,
      handling: 'strict',
    })
    return result.kind === 'pieces' ? toFound(parsePieces(result.pieces)) : { people: [] }
  } catch (error) {
    if (error instanceof FhirError && error.status < 500) return { people: [] }
    throw error
  }
}

function toParams(query: string): Params {
  return [toCriterion(query.normalize('NFKC').trim()), ['_count', String(PAGE)]]
}

// A number is that of a card, unless it is a day; whatever else is a name.
function toCriterion(query: string): Params[number] {
  const [, year, month = '', day = ''] = /^(\d{4})[-/.](\d\d?)[-/.](\d\d?)$/.exec(query) ?? []
  if (year !== undefined) return ['birthdate', `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`]
  const isNumber = /^[0-9A-Za-z-]*[0-9][0-9A-Za-z-]*$/.test(query)
  return [isNumber ? 'identifier' : 'name', query.replace(/[\\$,|]/g, '\\$&')]
}

interface Bundle {
  readonly entry?: readonly { readonly resource?: Resource }[]
  readonly link?: readonly { readonly relation: string; readonly url: string }[]
}

function toFound(bundle: Resource): Found {
  const { entry = [], link = [] } = bundle as unknown as Bundle
  const people = entry.flatMap(({ resource }) =>
    resource?.resourceType === 'Patient' ? [toPerson(resource)] : [],
  )
  const url = link.find(({ relation }) => relation === 'next')?.url
  const next = url === undefined ? null : new URL(url).searchParams.get('_page')
  return { people, ...(next !== null && { next }) }
}

function parse(document: Uint8Array): Resource {
  return JSON.parse(Buffer.from(document).toString())
}

function toPerson(resource: Resource): PersonFound {
  const names = (resource['name'] ?? []) as readonly HumanName[]
  const kana = names.find(isKana)
  const birthDate = resource['birthDate']
  const identifier = (resource['identifier'] as readonly { readonly value?: string }[] | undefined)?.[0]
    ?.value
  const name = names.find((each) => each !== kana) ?? kana
  return {
    id: String(resource.id),
    name: toText(name) || String(resource.id),
    ...(kana !== undefined && kana !== name && { kana: toText(kana) }),
    ...(typeof birthDate === 'string' && { birthDate }),
    ...(identifier !== undefined && { identifier }),
  }
}

// https://jpfhir.jp/fhir/core/1.2.0/StructureDefinition-jp-humanname.html
function isKana({ extension = [] }: HumanName): boolean {
  return extension.some(
    ({ url, valueCode }) => url.endsWith('/iso21090-EN-representation') && valueCode === 'SYL',
  )
}

function toText({ text, family, given = [] }: HumanName = {}): string {
  return text ?? [family, ...given].filter((part) => part !== undefined).join(' ')
}

/** Returns the name of what a directory reference leads to, or the reference. */
export async function nameOfEntry({ store }: Pick<AppContext, 'store'>, ref: string): Promise<string> {
  const name = (await store.consents.current(ref))?.['name']
  return typeof name === 'string' ? name : ref
}
