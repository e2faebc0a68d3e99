// In which language a person is told what is wrong. https://www.rfc-editor.org/rfc/rfc9110#field.accept-language
import type { Language } from '../fhir/outcome.ts'

/** Returns the language that `Accept-Language` prefers of those spoken here; English where it names neither. */
export function parseLanguage(header: string | undefined): Language {
  if (header === undefined) return 'en'
  const ranked = header
    .toLowerCase()
    .split(',')
    .map((part) => {
      const [range = '', ...parameters] = part.trim().split(';')
      const quality = parameters
        .map((each) => /^\s*q=([0-9.]+)\s*$/.exec(each)?.[1])
        .find((each) => each !== undefined)
      return { language: range.trim().split('-')[0], quality: quality === undefined ? 1 : Number(quality) }
    })
    .filter(({ quality }) => quality > 0)
    .sort((a, b) => b.quality - a.quality)
  const found = ranked.find(({ language }) => language === 'ja' || language === 'en')
  return found?.language === 'ja' ? 'ja' : 'en'
}
