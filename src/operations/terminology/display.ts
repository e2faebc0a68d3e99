// The text of a concept in the language that was asked for. https://hl7.org/fhir/R4/valueset-operation-expand.html
import type { Concept, Designation } from '../../fhir/code-system.ts'

/** Returns the designation in `language` (a variant of it where there is no exact one), else the display. */
export function displayIn(
  { display, designations }: Concept,
  language: string | undefined,
): string | undefined {
  if (language === undefined) return display
  const wanted = language.toLowerCase()
  const own = designations.find((each) => each.language?.toLowerCase() === wanted)
  const base = wanted.split('-')[0]
  const near = own ?? designations.find((each) => each.language?.toLowerCase().split('-')[0] === base)
  return near?.value ?? display
}

/** Returns the designations that `wanted` names (languages, or `system|code` of a use), all where it names none. */
export function chooseDesignations(
  { designations }: Concept,
  wanted: readonly string[],
): readonly Designation[] {
  if (wanted.length === 0) return designations
  return designations.filter(({ language, use }) => {
    const names = [language, `urn:ietf:bcp:47|${language}`, `${use?.system ?? ''}|${use?.code ?? ''}`]
    return names.some((name) => name !== undefined && wanted.includes(name))
  })
}
