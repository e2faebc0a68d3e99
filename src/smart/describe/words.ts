// A text in every language that the pages speak.
import type { Language } from '../../fhir/outcome.ts'

export type Words = Readonly<Record<Language, string>>

/** Returns words in English and Japanese. */
export function words(en: string, ja: string): Words {
  return { en, ja }
}
