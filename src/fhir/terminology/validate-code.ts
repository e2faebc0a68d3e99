// Whether a code is one of its system or value set, and its display one of its own. https://hl7.org/fhir/R4/valueset-operation-validate-code.html
import type { CodeSystemSource, Concept } from '../code-system.ts'
import { fold } from '../fold.ts'
import type { Coding } from '../resource.ts'
import { type Compose, isMember, type Part, toConcept } from './compose.ts'
import { isOffline, judgeOffline } from './offline.ts'

export interface CodeRequest {
  readonly coding: Coding
  readonly compose?: Compose
  readonly source?: CodeSystemSource
  /** False refuses concepts that only group others. */
  readonly abstract: boolean
}

export interface CodeVerdict {
  readonly result: boolean
  readonly message?: string
  readonly messageJa?: string
  readonly display?: string
  readonly system?: string
  readonly code?: string
}

/** Resolves to the verdict on one coding, by the value set where there is one, else by its code system. */
export async function validateCoding(request: CodeRequest): Promise<CodeVerdict> {
  const { coding, compose } = request
  const { system, code = '' } = coding
  const found = await findConcept(request)
  const shared = {
    code,
    ...((system ?? found?.system) !== undefined && { system: (system ?? found?.system)! }),
    ...(found?.concept?.display !== undefined && { display: found.concept.display }),
  }
  const known = compose ? await isMember(compose, system, code) : isKnown(request, found?.concept)
  const of = compose ? `value set ${compose.url ?? ''}`.trim() : `code system ${system}`
  const ofJa = compose ? `値セット ${compose.url ?? ''}` : `コードシステム ${system}`
  if (known === undefined)
    return {
      ...shared,
      result: false,
      message: `The code "${code}" cannot be checked: not all codes of the ${of} are known here`,
      messageJa: `コード "${code}" は確認できません。${ofJa} のコードがこのサーバーに揃っていません`,
    }
  if (!known)
    return {
      ...shared,
      result: false,
      message: `The code "${code}"${system ? ` of ${system}` : ''} is not in the ${of}`,
      messageJa: `コード "${code}" は ${ofJa} にありません`,
    }
  return judgeConcept(request, found?.concept, shared)
}

function isKnown(
  { coding: { system = '', code = '' }, source }: CodeRequest,
  concept: Concept | undefined,
): boolean | undefined {
  if (isOffline(system)) return judgeOffline(system, code)
  if (concept) return true
  return source && source.content !== 'fragment' && source.content !== 'supplement' ? false : undefined
}

interface Found {
  readonly system?: string
  readonly concept: Concept | undefined
}

async function findConcept({
  coding: { system, code = '' },
  compose,
  source,
}: CodeRequest): Promise<Found | undefined> {
  const parts = compose
    ? partsOf(compose).filter((part) => system === undefined || part.system === system)
    : []
  for (const part of parts) {
    const listed = part.listed?.find((each) => each.code === code)
    const concept = listed ? await toConcept(part, listed) : await part.source?.concept(code)
    if (concept) return { concept, ...(part.system !== undefined && { system: part.system }) }
  }
  const concept = await source?.concept(code)
  return concept && { concept, ...(system !== undefined && { system }) }
}

function partsOf({ include }: Compose): readonly Part[] {
  return include.flatMap((part) => [part, ...part.valueSets.flatMap(partsOf)])
}

function judgeConcept(
  request: CodeRequest,
  concept: Concept | undefined,
  shared: Omit<CodeVerdict, 'result'>,
): CodeVerdict {
  const { display, code = '' } = request.coding
  if (concept?.abstract && !request.abstract)
    return {
      ...shared,
      result: false,
      message: `The code "${code}" is abstract: it only groups others`,
      messageJa: `コード "${code}" は抽象概念（分類用）のため、値として使用できません`,
    }
  if (display !== undefined && concept && !isDisplayOf(concept, display))
    return {
      ...shared,
      result: false,
      message: `The display ${JSON.stringify(display)} is none of the code "${code}": it is ${JSON.stringify(concept.display ?? '')}`,
      messageJa: `表示名 ${JSON.stringify(display)} はコード "${code}" の表示名 ${JSON.stringify(concept.display ?? '')} と異なります`,
    }
  return { ...shared, result: true }
}

/** True where the text is the display or a designation in any language; case, width and spaces make no difference (V26). */
export function isDisplayOf({ display, designations }: Concept, given: string): boolean {
  const folded = fold(given)
  const texts = [...(display === undefined ? [] : [display]), ...designations.map(({ value }) => value)]
  return texts.length === 0 || texts.some((text) => fold(text) === folded)
}
