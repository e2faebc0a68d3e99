// One request into a consented world, and the codes, ids and names that requests are made of.
import fc from 'fast-check'
import { CODES, DAYS, NAMES, PATIENTS } from './world.ts'

/** One request below the base. */
export interface Request {
  readonly method: string
  readonly path: string
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

export const code = fc.constantFrom(...CODES)
export const patient = fc.constantFrom(...PATIENTS)
export const name = fc.constantFrom(...NAMES)
export const value = fc.nat(9)
export const day = fc.integer(DAYS)

export const encounterId = fc.nat(3).map((n) => `e${n}`)
export const observationId = fc.nat(13).map((n) => `o${n}`)
export const conditionId = fc.nat(5).map((n) => `c${n}`)
