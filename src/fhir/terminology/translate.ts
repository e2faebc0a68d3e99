// A code by way of a ConceptMap. https://hl7.org/fhir/R4/conceptmap-operation-translate.html
import type { Coding, Resource } from '../resource.ts'

type Row = Readonly<Record<string, unknown>>

export interface TranslateRequest {
  readonly coding: Coding
  readonly targetSystem?: string
  readonly reverse: boolean
}

export interface Translation {
  readonly equivalence: string
  readonly concept: Coding
  /** Canonical of the map. */
  readonly source?: string
}

/** How an equivalence reads from the other side. https://hl7.org/fhir/R4/valueset-concept-map-equivalence.html */
const TURNED: Readonly<Record<string, string>> = {
  wider: 'narrower',
  narrower: 'wider',
  subsumes: 'specializes',
  specializes: 'subsumes',
}

const NO_MATCH = new Set(['unmatched', 'disjoint'])

/** Returns what a map makes of a code, in its order, those that say there is no match included. */
export function translate(map: Resource, request: TranslateRequest): readonly Translation[] {
  const source = typeof map['url'] === 'string' ? map['url'] : undefined
  return rows(map['group'])
    .flatMap((group) => (request.reverse ? backwards(group, request) : forwards(group, request)))
    .map((each) => ({
      ...each,
      ...(source !== undefined && { source }),
    }))
}

/** True where the translations hold at least one match. */
export function hasMatch(translations: readonly Translation[]): boolean {
  return translations.some(({ equivalence }) => !NO_MATCH.has(equivalence))
}

function forwards(group: Row, { coding, targetSystem }: TranslateRequest): readonly Translation[] {
  if (coding.system !== undefined && group['source'] !== undefined && group['source'] !== coding.system)
    return []
  if (targetSystem !== undefined && group['target'] !== targetSystem) return []
  const elements = rows(group['element']).filter(({ code }) => code === coding.code)
  const found = elements.flatMap((element) =>
    rows(element['target']).map((target) => toTranslation(target, group['target'])),
  )
  return found.length > 0 || elements.length > 0 ? found : unmapped(group, coding)
}

function backwards(group: Row, { coding, targetSystem }: TranslateRequest): readonly Translation[] {
  if (coding.system !== undefined && group['target'] !== undefined && group['target'] !== coding.system)
    return []
  if (targetSystem !== undefined && group['source'] !== targetSystem) return []
  return rows(group['element']).flatMap((element) =>
    rows(element['target'])
      .filter(({ code }) => code === coding.code)
      .map((target) => {
        const { equivalence } = toTranslation(target, undefined)
        return { ...toTranslation(element, group['source']), equivalence: TURNED[equivalence] ?? equivalence }
      }),
  )
}

function toTranslation(row: Row, system: unknown): Translation {
  return {
    equivalence: String(row['equivalence'] ?? 'equivalent'),
    concept: {
      ...(typeof system === 'string' && { system }),
      ...(typeof row['code'] === 'string' && { code: row['code'] }),
      ...(typeof row['display'] === 'string' && { display: row['display'] }),
    },
  }
}

// What a map says of codes that it does not list.
function unmapped({ unmapped: rule, target }: Row, { code }: Coding): readonly Translation[] {
  const { mode, code: fixed, display } = (rule ?? {}) as Row
  const system = typeof target === 'string' ? { system: target } : {}
  if (mode === 'provided' && code !== undefined)
    return [{ equivalence: 'equal', concept: { ...system, code } }]
  if (mode === 'fixed' && typeof fixed === 'string')
    return [
      {
        equivalence: 'inexact',
        concept: { ...system, code: fixed, ...(typeof display === 'string' && { display }) },
      },
    ]
  return []
}

function rows(value: unknown): readonly Row[] {
  return Array.isArray(value) ? value.filter((each) => typeof each === 'object' && each !== null) : []
}
