// Days and times as the pages write them, in the server's zone.
import type { Language } from '../../fhir/outcome.ts'

const LOCALES = { en: 'en-GB', ja: 'ja-JP' } as const

/** Returns the day of an instant (ms): `28 February 2027`, `2027年2月28日`. */
export function toDay(time: number, language: Language, timeZone: string): string {
  return new Intl.DateTimeFormat(LOCALES[language], { dateStyle: 'long', timeZone }).format(time)
}

/** Returns day and time of an instant (ms). */
export function toTime(time: number, language: Language, timeZone: string): string {
  return new Intl.DateTimeFormat(LOCALES[language], {
    dateStyle: 'medium',
    timeStyle: 'short',
    timeZone,
  }).format(time)
}
