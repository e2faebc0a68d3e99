// Whether a person is old enough to let an app in alone (consent.md P8).
import { ageOf } from '../../consent/standing.ts'
import type { SmartContext } from '../context.ts'
import type { Capacity } from './capacity.ts'

/** True of a person in their own capacity who is known to be below the age of consent; others give theirs otherwise. */
export async function isBelowConsentAge(
  { app, settings }: SmartContext,
  { subject }: Capacity,
  now = Date.now(),
): Promise<boolean> {
  if (!subject.startsWith('Patient/')) return false
  const birthDate = (await app.store.consents.current(subject))?.['birthDate']
  if (typeof birthDate !== 'string') return false
  const { years } = ageOf(birthDate, now, settings.timeZone)
  return years !== undefined && years < settings.consentAge
}
