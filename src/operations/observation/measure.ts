// What one Observation measures: its own value and those of its components. https://hl7.org/fhir/R4/observation.html#gr-comp
import { isNumber, toNumber } from '../../fhir/primitives.ts'
import type { Coding, Resource } from '../../fhir/resource.ts'
import { toCanonicalUnit, toCanonicalValue } from '../../fhir/ucum.ts'
import { UCUM } from '../../search/keys.ts'
import type { SampleSet } from './statistics.ts'

export interface CodeableConcept {
  readonly coding?: readonly Coding[]
  readonly text?: string
}

/** A usable value: a number with a UCUM unit and no comparator. */
export interface UcumValue {
  readonly value: number
  readonly code: string
  readonly unit?: string
}

/** One measurement under its code; without `value` it is counted only. `at`: when, in ms; NaN where it is not said. */
export interface Measure extends Resource {
  readonly code?: CodeableConcept
  readonly at: number
  readonly value?: UcumValue
}

/** A code asked for; without a system the code of any system. */
export interface AskedCode {
  readonly system?: string
  readonly code: string
}

/** True where one of the codings is `asked`. */
export function hasCode(concept: CodeableConcept | undefined, asked: AskedCode): boolean {
  return (
    concept?.coding?.some(
      ({ system, code }) => code === asked.code && (asked.system === undefined || system === asked.system),
    ) ?? false
  )
}

/**
 * Returns the measurements of an Observation. `isWhole`: all of it counts (its own code was asked for, or it is a member of a
 * panel that was), else only the components whose code `isAsked`. A panel is no measurement itself.
 */
export function toMeasures(
  observation: Resource,
  at: number,
  isAsked: (concept: CodeableConcept | undefined) => boolean,
  isWhole: boolean,
): readonly Measure[] {
  const components = (observation['component'] ?? []) as readonly Readonly<Record<string, unknown>>[]
  const code = observation['code'] as CodeableConcept | undefined
  const whole = isWhole || isAsked(code)
  const isPanel = components.length > 0 || Array.isArray(observation['hasMember'])
  const measures = components
    .map((component) => toMeasure(component, component['code'] as CodeableConcept | undefined, at))
    .filter((measure) => whole || isAsked(measure.code))
  const own = toMeasure(observation, code, at)
  return whole && (own.value || !isPanel) ? [own, ...measures] : measures
}

function toMeasure(
  from: Readonly<Record<string, unknown>>,
  code: CodeableConcept | undefined,
  at: number,
): Measure {
  const value = toUcumValue(from['valueQuantity'])
  return { resourceType: 'Observation', code, at, ...(value && { value }) }
}

function toUcumValue(quantity: unknown): UcumValue | undefined {
  const { value, system, code, unit, comparator } = (quantity ?? {}) as Readonly<Record<string, unknown>>
  if (!isNumber(value) || system !== UCUM || typeof code !== 'string' || comparator !== undefined)
    return undefined
  return { value: toNumber(value), code, ...(typeof unit === 'string' && { unit }) }
}

/** All samples of one code, in the unit of the first that has one. */
export interface Samples extends SampleSet {
  readonly unit?: Omit<UcumValue, 'value'>
}

/**
 * Returns the samples of one group, oldest first (as a regression reads them); values in other units of the same kind are
 * converted, those of another kind are counted in `total` alone.
 */
export function toSamples(group: readonly Measure[]): Samples {
  const unit = group.find(({ value }) => value)?.value
  const samples = group.flatMap(({ value, at }) => {
    const converted = value && unit && convert(value, unit.code)
    return converted === undefined ? [] : [{ value: converted, at }]
  })
  const sorted = samples.toSorted((a, b) => (a.at || 0) - (b.at || 0))
  return { samples: sorted, total: group.length, ...(unit && { unit }) }
}

function convert({ value, code }: UcumValue, to: string): number | undefined {
  if (code === to) return value
  const [from, target] = [toCanonicalUnit(code), toCanonicalUnit(to)]
  if (!from || !target || from.code !== target.code) return undefined
  const converted = (toCanonicalValue(from, value) - target.offset) / target.factor
  return Number(converted.toPrecision(12))
}
