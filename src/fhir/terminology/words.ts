// Texts of a concept as a filter by words compares them: case, width, kana and accents make no difference. https://hl7.org/fhir/R4/valueset-operation-expand.html
import type { Concept } from '../code-system.ts'
import { fold } from '../fold.ts'

/** Words of a filter, at most. */
const MAX_WORDS = 16

/** Returns the words of a filter, folded. */
export function toWords(filter: string | undefined): readonly string[] {
  return (filter ?? '')
    .split(/[\s\u3000]+/)
    .map(fold)
    .filter((word) => word !== '')
    .slice(0, MAX_WORDS)
}

/** Returns the folded code, display and designations. */
export function foldedTexts({ code, display, designations }: Concept): readonly string[] {
  return [code, ...(display === undefined ? [] : [display]), ...designations.map(({ value }) => value)].map(
    fold,
  )
}

/** True where every word is in one of the texts; each may be in another. Japanese does not part its words, so a word is any part of a text. */
export function holdsWords(texts: readonly string[], words: readonly string[]): boolean {
  return words.every((word) => texts.some((text) => text.includes(word)))
}
