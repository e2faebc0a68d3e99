// What $stats is asked for. https://hl7.org/fhir/R4/observation-operation-stats.html
import { FhirError } from '../../fhir/outcome.ts'
import { parseReference } from '../../fhir/reference.ts'
import type { AppContext } from '../../interactions/context.ts'
import type { OperationInput } from '../../interactions/operation.ts'
import {
  type Inputs,
  type ParameterRule,
  readInputs,
  readPositive,
  readText,
  readTexts,
} from '../input/parameters.ts'
import type { AskedCode } from './measure.ts'
import { STATISTICS } from './statistics.ts'

const ONE: ParameterRule = { max: 1, value: 'text' }
const MANY: ParameterRule = { max: '*', value: 'text' }
const RULES = {
  subject: ONE,
  code: MANY,
  system: ONE,
  coding: { max: '*', value: 'element' },
  duration: ONE,
  period: { max: 1, value: 'element' },
  statistic: MANY,
  include: ONE,
  limit: ONE,
} as const

export interface Asked {
  /** `Type/id`. */
  readonly subject: string
  readonly codes: readonly AskedCode[]
  readonly period: { readonly start?: string; readonly end?: string }
  readonly statistics: readonly string[]
  /** How many source Observations to return. */
  readonly sources: number
}

/** Returns what the parameters ask for; throws FhirError `invalid` or `not-supported`, naming the parameter at fault. */
export function toAsked(context: AppContext, input: OperationInput): Asked {
  const inputs = readInputs(context, input, RULES)
  const include = readText(inputs, 'include') ?? 'false'
  if (include !== 'true' && include !== 'false')
    throw new FhirError('invalid', 'include must be true or false')
  return {
    subject: toSubject(context, readText(inputs, 'subject')),
    codes: toCodes(inputs),
    period: toAskedPeriod(inputs),
    statistics: toStatistics(readTexts(inputs, 'statistic')),
    sources: include === 'true' ? (readPositive(inputs, 'limit') ?? context.settings.maxCount) : 0,
  }
}

function toSubject({ settings }: AppContext, text: string | undefined): string {
  if (text === undefined) throw new FhirError('invalid', 'The parameter subject is missing')
  const reference = parseReference(text, settings.baseUrl)
  if (reference.kind === 'own') return `${reference.type}/${reference.id}`
  throw new FhirError(
    'invalid',
    'subject must be a reference to a resource of this server, such as Patient/123',
  )
}

function toCodes(inputs: Inputs): readonly AskedCode[] {
  const system = readText(inputs, 'system')
  const codes = inputs('code').map((code): AskedCode => ({ code: String(code), ...(system && { system }) }))
  const codings = inputs('coding').map((coding): AskedCode => {
    const { system: of, code } = coding as { readonly system?: string; readonly code?: string }
    if (typeof code !== 'string') throw new FhirError('invalid', 'coding must have a code')
    return { code, ...(of && { system: of }) }
  })
  if (codes.length + codings.length === 0)
    throw new FhirError('invalid', 'Which measurements? The parameter code or coding is missing')
  return [...codes, ...codings]
}

// R4's own description of the parameter abbreviates these two.
const SHORT: Readonly<Record<string, string>> = { max: 'maximum', min: 'minimum' }

function toStatistics(names: readonly string[]): readonly string[] {
  if (names.length === 0) throw new FhirError('invalid', 'The parameter statistic is missing')
  const codes = names.map((name) => (Object.hasOwn(SHORT, name) ? SHORT[name]! : name))
  if (codes.every((code) => STATISTICS.has(code))) return [...new Set(codes)]
  throw new FhirError('invalid', `statistic must be one of ${[...STATISTICS.keys()].join(', ')}`)
}

const MS_PER_HOUR = 3_600_000

function toAskedPeriod(inputs: Inputs): Asked['period'] {
  const duration = readText(inputs, 'duration')
  if (duration === undefined) return (inputs('period')[0] ?? {}) as Asked['period']
  const hours = /^\d{1,9}(\.\d+)?$/.test(duration) ? Number(duration) : 0
  if (hours === 0) throw new FhirError('invalid', 'duration must be a number of hours above 0')
  const now = Date.now()
  const start = Math.max(now - hours * MS_PER_HOUR, 0)
  return { start: new Date(start).toISOString(), end: new Date(now).toISOString() }
}
