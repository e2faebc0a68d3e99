// References between the entries of a transaction, and conditional references. https://hl7.org/fhir/R4/http.html#trules
import type { Plan, SearchPlan } from '../access/plan.ts'
import { FhirError } from '../fhir/outcome.ts'
import { forEachReference, parseReference, type RewriteUri } from '../fhir/reference.ts'
import type { Reader } from '../store/store.ts'
import { atEntry } from './bundle-entry.ts'
import type { Identities, Identity, WriteEntry } from './identity.ts'
import type { createPacer } from './pace.ts'

/** A conditional reference and what it came to. */
export interface Resolved {
  readonly plan: Plan<SearchPlan>
  readonly ref: string
}

export interface Links {
  /** Returns how links in the resource of this entry are rewritten. */
  rewriteFor(entry: WriteEntry): RewriteUri
  readonly conditional: readonly Resolved[]
}

/**
 * Returns the links of a transaction: each entry's fullUrl stands for its resource, in relative form too, and each
 * `Type?criteria` for the one resource it matches. Throws FhirError, with the entry's place, where that is none or several.
 */
export async function resolveLinks(
  identities: Identities,
  all: readonly Identity[],
  pace: ReturnType<typeof createPacer>,
): Promise<Links> {
  const urls = toUrls(all)
  const conditional = new Map<string, Resolved>()
  for (const { entry } of all) {
    await pace()
    for (const text of findConditional(toBody(entry)))
      if (!conditional.has(text)) conditional.set(text, await resolveOne(identities, entry, text))
  }
  return {
    conditional: [...conditional.values()],
    rewriteFor({ fullUrl }) {
      const base = fullUrl === undefined ? undefined : toBase(fullUrl)
      return (uri) =>
        urls.get(uri) ?? conditional.get(uri)?.ref ?? (base === undefined ? undefined : urls.get(base + uri))
    },
  }
}

/** Throws FhirError `conflict` where a conditional reference no longer comes to the same inside the transaction. */
export async function recheckLinks(reader: Reader, resolved: readonly Resolved[]): Promise<void> {
  for (const { plan, ref } of resolved) {
    const { matches } = await reader.search(plan)
    if (matches.length !== 1 || `${matches[0]!.type}/${matches[0]!.id}` !== ref)
      throw new FhirError('conflict', 'What a conditional reference matches has changed in the meantime')
  }
}

function toUrls(all: readonly Identity[]): ReadonlyMap<string, string> {
  const urls = new Map<string, string>()
  for (const { entry, type, id } of all) {
    if (entry.fullUrl === undefined || id === undefined) continue
    if (urls.has(entry.fullUrl))
      throw atEntry(entry.index, new FhirError('invalid', 'another entry has the same fullUrl'))
    urls.set(entry.fullUrl, `${type}/${id}`)
  }
  return urls
}

// The resource that an entry brings, or its patch, which may hold elements too.
function toBody({ asked }: WriteEntry): object | undefined {
  if (asked.kind === 'patch') return isObject(asked.patch.body) ? asked.patch.body : undefined
  return asked.kind === 'create' || asked.kind === 'update' ? asked.resource : undefined
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !(value instanceof Uint8Array)
}

function findConditional(body: object | undefined): readonly string[] {
  const found: string[] = []
  if (body)
    forEachReference(body, ({ reference }) => {
      if (reference.includes('?') && parseReference(reference).kind === 'conditional') found.push(reference)
    })
  return found
}

async function resolveOne(identities: Identities, entry: WriteEntry, text: string): Promise<Resolved> {
  const literal = parseReference(text)
  try {
    if (literal.kind === 'conditional') return await identities.resolve(literal.type, literal.query)
    throw new FhirError('invalid', 'The reference is no conditional one')
  } catch (error) {
    throw error instanceof FhirError ? atEntry(entry.index, error) : error
  }
}

// `http://host/base/` of a RESTful fullUrl, against which relative references of its resource are resolved.
function toBase(fullUrl: string): string | undefined {
  return /^(https?:\/\/.+\/)[A-Z][A-Za-z]+\/[A-Za-z0-9\-.]{1,64}$/.exec(fullUrl)?.[1]
}
