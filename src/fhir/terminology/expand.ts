// The codes of a value set, page by page. https://hl7.org/fhir/R4/valueset-operation-expand.html
import type { Concept } from '../code-system.ts'
import { FhirError } from '../outcome.ts'
import { type Compose, isMember, type Part, toConcept, toSelection, whyNotListed } from './compose.ts'
import { foldedTexts, holdsWords } from './words.ts'

export interface ExpandOptions {
  readonly words: readonly string[]
  readonly activeOnly: boolean
  readonly offset: number
  /** All of them where not given. */
  readonly count?: number
}

/** A concept with the system it is of. */
export interface Member {
  readonly system: string
  readonly version?: string
  readonly concept: Concept
}

export interface ExpandedPage {
  readonly members: readonly Member[]
  /** Undefined where it would take looking at all of a large system. */
  readonly total?: number
}

/** Codes that are listed without being asked for by pages; beyond them a page is read from the system itself. */
export const MAX_CODES = 10_000
/** Read from a system at once. */
const CHUNK = 1_000

/**
 * Resolves to a page of the value set's codes, in the order of its parts and their systems, each code once. Rejects with FhirError
 * `too-costly` for more than 10,000 without a count, `not-supported` where its codes are not known here.
 */
export async function expandCompose(compose: Compose, options: ExpandOptions): Promise<ExpandedPage> {
  const missing = listParts(compose)
    .map(whyNotListed)
    .find((why) => why !== undefined)
  if (missing !== undefined)
    throw new FhirError('not-supported', `The value set ${compose.url ?? ''} cannot be expanded: ${missing}`)
  const size = await countParts(compose, options)
  // Of a value set that is one system a page is one read, however small it is.
  if (options.count !== undefined && plainPart(compose))
    return readPage(compose, { ...options, count: options.count }, size)
  if (size <= MAX_CODES) return slice(await collectAll(compose, options), options)
  if (options.count === undefined)
    throw new FhirError(
      'too-costly',
      `The value set ${compose.url ?? ''} has more than ${MAX_CODES} codes: ask for pages with count`,
    )
  return readPage(compose, { ...options, count: options.count }, size)
}

function listParts({ include }: Compose): readonly Part[] {
  return include.flatMap((part) => [
    ...(part.system === undefined ? [] : [part]),
    ...part.valueSets.flatMap(listParts),
  ])
}

async function countParts(compose: Compose, options: ExpandOptions): Promise<number> {
  let sum = 0
  for (const part of compose.include) sum += await countPart(part, options)
  return sum
}

async function countPart(part: Part, options: ExpandOptions): Promise<number> {
  if (part.listed) return part.listed.length
  if (part.source)
    return (
      (await part.source.total(toSelection(part, options.words, options.activeOnly))) ??
      Number.POSITIVE_INFINITY
    )
  const sizes = await Promise.all(part.valueSets.map((each) => countParts(each, options)))
  return sizes.length === 0 ? 0 : Math.min(...sizes)
}

function slice(members: readonly Member[], { offset, count }: ExpandOptions): ExpandedPage {
  return {
    members:
      count === undefined && offset === 0
        ? members
        : members.slice(offset, count === undefined ? undefined : offset + count),
    total: members.length,
  }
}

async function collectAll(compose: Compose, options: ExpandOptions): Promise<readonly Member[]> {
  const found = new Map<string, Member>()
  for await (const member of walk(compose, options)) {
    const key = `${member.system}\u0001${member.concept.code}`
    if (!found.has(key)) found.set(key, member)
  }
  return [...found.values()]
}

// Every member of every part that passes, in order; the same code may come twice.
async function* walk(compose: Compose, options: ExpandOptions): AsyncGenerator<Member> {
  for (const part of compose.include)
    for await (const member of walkPart(part, options))
      if (await isWanted(compose, part, member)) yield member
}

async function isWanted(
  { exclude }: Compose,
  { system, valueSets }: Part,
  { system: own, concept }: Member,
): Promise<boolean> {
  const code = concept.code
  // Without a system the first value set was walked itself.
  for (const nested of system === undefined ? valueSets.slice(1) : valueSets)
    if ((await isMember(nested, own, code)) !== true) return false
  if (exclude.length === 0) return true
  return (await isMember({ include: exclude, exclude: [], inactive: true }, own, code)) !== true
}

async function* walkPart(part: Part, options: ExpandOptions): AsyncGenerator<Member> {
  const { system, source, listed, version } = part
  if (system === undefined) {
    const [first] = part.valueSets
    if (first) yield* walk(first, options)
    return
  }
  const mark = version ?? source?.version
  const toMember = (concept: Concept): Member => ({
    system,
    concept,
    ...(mark !== undefined && { version: mark }),
  })
  if (listed) {
    for (const each of listed) {
      const concept = await toConcept(part, each)
      if (passes(concept, options)) yield toMember(concept)
    }
    return
  }
  const selection = toSelection(part, options.words, options.activeOnly)
  for (let offset = 0; source; offset += CHUNK) {
    const chunk = await source.select(selection, offset, CHUNK)
    for (const concept of chunk) yield toMember(concept)
    if (chunk.length < CHUNK) return
  }
}

function passes(concept: Concept, { words, activeOnly }: ExpandOptions): boolean {
  if (activeOnly && concept.inactive) return false
  return words.length === 0 || holdsWords(foldedTexts(concept), words)
}

interface PlainPart extends Part {
  readonly system: string
  readonly source: NonNullable<Part['source']>
}

// The one part of a value set that is a system, or filters of it, and nothing else.
function plainPart({ include, exclude }: Compose): PlainPart | undefined {
  const [part] = include
  const isPlain = include.length === 1 && exclude.length === 0 && part?.valueSets.length === 0 && !part.listed
  return isPlain && part.source && part.system !== undefined ? (part as PlainPart) : undefined
}

// Of others a page is walked to.
async function readPage(
  compose: Compose,
  options: ExpandOptions & { readonly count: number },
  size: number,
): Promise<ExpandedPage> {
  const part = plainPart(compose)
  if (part) {
    const { system, source } = part
    const concepts = await source.select(
      toSelection(part, options.words, options.activeOnly),
      options.offset,
      options.count,
    )
    const mark = part.version ?? source.version
    return {
      // So many and one more is where counting stopped.
      ...(size === MAX_CODES + 1 || size === Number.POSITIVE_INFINITY ? {} : { total: size }),
      members: concepts.map((concept) => ({ system, concept, ...(mark !== undefined && { version: mark }) })),
    }
  }
  const members: Member[] = []
  let at = 0
  for await (const member of walk(compose, options)) {
    if (at >= options.offset && members.length < options.count) members.push(member)
    if (++at >= options.offset + options.count) break
  }
  return { members }
}
