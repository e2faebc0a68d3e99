// What a recipient may see, as parameters of an answer. https://hl7.org/fhir/R4/parameters.html
import { ALWAYS, type Span } from '../../consent/span.ts'
import type { Census } from './census.ts'
import type { Grounds } from './grounds.ts'
import type { Relation } from './recipients.ts'

/** A parameter, or a part of one. */
export type Parameter = Readonly<Record<string, unknown>> & { readonly name: string }

export interface Row {
  readonly recipient: string
  readonly relations: ReadonlySet<Relation>
  readonly purpose: string
  readonly grounds: Grounds
  /** How many of each type; types of the census only. */
  readonly visible: Census
}

/** Returns one recipient and purpose with their grounds, and the extent for each type of the census. */
export function toRowParameter(
  { recipient, relations, purpose, grounds, visible }: Row,
  census: Census,
): Parameter {
  const { permits, refusals, defaults, period } = grounds
  return {
    name: 'access',
    part: [
      { name: 'recipient', valueReference: { reference: recipient } },
      ...[...relations].map((relation) => ({ name: 'relation', valueCode: relation })),
      { name: 'purpose', valueCode: purpose },
      { name: 'extent', valueCode: toExtent(sum(visible), sum(census)) },
      ...(period ? [{ name: 'period', valuePeriod: toPeriod(period) }] : []),
      ...permits.map((reference) => ({ name: 'source', valueReference: { reference } })),
      ...refusals.map((reference) => ({ name: 'refusal', valueReference: { reference } })),
      ...defaults.map((code) => ({ name: 'default', valueCode: code })),
      ...toClassParameters('class', visible, census),
    ],
  }
}

/** Returns one parameter for each type of the census: how many of how many are visible. */
export function toClassParameters(name: string, visible: Census, census: Census): readonly Parameter[] {
  return [...census].map(([type, total]) => {
    const count = visible.get(type) ?? 0
    return {
      name,
      part: [
        { name: 'type', valueCode: type },
        { name: 'extent', valueCode: toExtent(count, total) },
        { name: 'visible', valueUnsignedInt: count },
        { name: 'total', valueUnsignedInt: total },
      ],
    }
  })
}

function toExtent(visible: number, total: number): 'all' | 'part' | 'none' {
  if (visible === 0) return 'none'
  return visible === total ? 'all' : 'part'
}

/** Returns the sum over all types. */
export function sum(census: Census): number {
  return [...census.values()].reduce((all, count) => all + count, 0)
}

function toPeriod({ from, to }: Span): { readonly start?: string; readonly end?: string } {
  return {
    ...(from > ALWAYS.from && { start: new Date(from).toISOString() }),
    ...(to < ALWAYS.to && { end: new Date(to).toISOString() }),
  }
}
