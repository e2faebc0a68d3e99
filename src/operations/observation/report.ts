// The Observation that reports the statistics of one code. https://hl7.org/fhir/R4/observation-operation-stats.html
import type { Resource } from '../../fhir/resource.ts'
import { UCUM } from '../../search/keys.ts'
import type { CodeableConcept, Samples } from './measure.ts'
import { computeStatistics, type Statistic } from './statistics.ts'

export const STATISTICS_SYSTEM = 'http://terminology.hl7.org/CodeSystem/observation-statistics'
const ABSENT = 'http://terminology.hl7.org/CodeSystem/data-absent-reason'

export interface ReportHead {
  /** `Type/id`. */
  readonly subject: string
  readonly code: CodeableConcept
  /** Of the request, or from the first to the last sample. */
  readonly period: { readonly start?: string; readonly end?: string }
}

/** Returns a final Observation with one component for each number of the statistics asked for. */
export function toReport(head: ReportHead, statistics: readonly string[], samples: Samples): Resource {
  const numbers = computeStatistics(statistics, samples)
  const component = numbers.map((statistic) => toComponent(statistic, samples.unit))
  const period = head.period.start || head.period.end ? head.period : undefined
  return {
    resourceType: 'Observation',
    status: 'final',
    code: head.code,
    subject: { reference: head.subject },
    ...(period && { effectivePeriod: period }),
    ...(component.length > 0
      ? { component }
      : { dataAbsentReason: { coding: [{ system: ABSENT, code: 'unknown' }] } }),
  }
}

function toComponent({ code, value, unit, label }: Statistic, of: Samples['unit']) {
  return {
    code: { coding: [{ system: STATISTICS_SYSTEM, code }], ...(label && { text: label }) },
    valueQuantity: { value: Number(value.toPrecision(12)), ...toUnit(unit, of), system: UCUM },
  }
}

function toUnit(unit: Statistic['unit'], of: Samples['unit']): { unit: string; code: string } {
  const code = of?.code ?? '1'
  switch (unit) {
    case 'samples':
      return { unit: of?.unit ?? code, code }
    case 'squared':
      return { unit: `(${code})2`, code: `(${code})2` }
    case 'per-day':
      return { unit: `(${code})/d`, code: `(${code})/d` }
    case 'count':
    case 'none':
      return { unit: '1', code: '1' }
  }
}
