// Label rules: value sets of codes, each with the sensitivity code that it gives. https://hl7.org/fhir/R4/valueset.html#compositions
import type { Sensitivities } from '../../consent/labels.ts'
import { FhirError } from '../../fhir/outcome.ts'
import type { Resource } from '../../fhir/resource.ts'
import { toRegex } from '../../fhir/terminology/filter.ts'

export interface LabelRule {
  /** A FHIR `code`: it is written beside the labels that the rule has given. */
  readonly id: string
  /** Sensitivity code of v3-ActCode. */
  readonly label: string
  /** Whole systems, listed concepts, and filters `=`, `in` and `regex` on the code. */
  readonly valueSet: Resource
}

/** What sets a label where no rule of the list does: no rule may have such an id. */
export const OWN_RULES = {
  /** LI1: a sensitivity code restricts. */
  sensitivity: 'sensitivity',
  /** LI2: a resource it refers to has the label. */
  reference: 'reference',
  /** LI2: a contained resource or an entry has it. */
  part: 'part',
  /** LI3: the version before was above the lowest that the new one states. */
  previous: 'previous',
  /** Set by hand. */
  manual: 'manual',
} as const

/** Returns the rules whose value set has the code, in the order of the list. */
export type FindRules = (system: string, code: string) => readonly LabelRule[]

type Row = Readonly<Record<string, unknown>>
type Test = (code: string) => boolean

const NO_RULES: readonly LabelRule[] = []
/** Answers kept for a system: patients' codes come again and again. */
const MAX_KEPT = 4096

/**
 * Returns what finds rules by code. Throws FhirError `invalid` for a label that is no sensitivity code or a value set that
 * cannot be read without its code systems: a rule that is not understood must not be left out.
 */
export function compileRules(rules: readonly LabelRule[], sensitivities: Sensitivities): FindRules {
  const bySystem = new Map<string, { readonly rule: LabelRule; readonly has: Test }[]>()
  const ids = new Set<string>()
  for (const rule of rules) {
    check(rule, ids, sensitivities)
    ids.add(rule.id)
    for (const [system, has] of readValueSet(rule))
      bySystem.set(system, [...(bySystem.get(system) ?? []), { rule, has }])
  }
  const finders = new Map([...bySystem].map(([system, tests]) => [system, remember(tests)]))
  return (system, code) => finders.get(system)?.(code) ?? NO_RULES
}

function remember(
  tests: readonly { readonly rule: LabelRule; readonly has: Test }[],
): (code: string) => readonly LabelRule[] {
  const known = new Map<string, readonly LabelRule[]>()
  return (code) => {
    const kept = known.get(code)
    if (kept) return kept
    const found = tests.flatMap(({ rule, has }) => (has(code) ? rule : []))
    const answer = found.length === 0 ? NO_RULES : found
    if (known.size >= MAX_KEPT) known.clear()
    known.set(code, answer)
    return answer
  }
}

function check({ id, label }: LabelRule, ids: ReadonlySet<string>, sensitivities: Sensitivities): void {
  const isTaken = ids.has(id) || Object.hasOwn(OWN_RULES, id)
  if (isTaken || !/^[a-z][a-z0-9-]{0,63}$/.test(id)) throw wrong(id, 'its id is taken or no code')
  if (!sensitivities.has(label)) throw wrong(id, `${label} is no sensitivity code of v3-ActCode`)
}

function readValueSet({ id, valueSet }: LabelRule): ReadonlyMap<string, Test> {
  const compose = (valueSet['compose'] ?? {}) as Row
  const included = readParts(id, compose['include'])
  if (included.size === 0) throw wrong(id, 'its value set includes nothing')
  const excluded = readParts(id, compose['exclude'])
  return new Map(
    [...included].map(([system, has]): [string, Test] => {
      const hasNot = excluded.get(system)
      return [system, hasNot ? (code) => has(code) && !hasNot(code) : has]
    }),
  )
}

function readParts(id: string, parts: unknown): ReadonlyMap<string, Test> {
  const bySystem = new Map<string, Test>()
  for (const part of toRows(parts)) {
    const { system } = part
    if (typeof system !== 'string' || part['valueSet'] !== undefined)
      throw wrong(id, 'its value set has a part that is not of one system')
    const [before, has] = [bySystem.get(system), readPart(id, part)]
    bySystem.set(system, before ? (code) => before(code) || has(code) : has)
  }
  return bySystem
}

function readPart(id: string, part: Row): Test {
  const listed = new Set(toRows(part['concept']).map(({ code }) => code))
  if (listed.size > 0) return (code) => listed.has(code)
  const tests = toRows(part['filter']).map((filter) => readFilter(id, filter))
  return (code) => tests.every((test) => test(code))
}

function readFilter(id: string, { property, op, value }: Row): Test {
  if ((property === 'code' || property === 'concept') && typeof value === 'string') {
    if (op === 'regex') {
      const pattern = toRegex(value)
      return (code) => pattern.test(code)
    }
    if (op === '=') return (code) => code === value
    if (op === 'in') {
      const codes = new Set(value.split(',').map((each) => each.trim()))
      return (code) => codes.has(code)
    }
  }
  throw wrong(id, `its value set has the filter "${property} ${op}", which cannot be applied`)
}

function toRows(value: unknown): readonly Row[] {
  return Array.isArray(value) ? value : []
}

function wrong(id: string, why: string): FhirError {
  return new FhirError('invalid', `The label rule ${id} cannot be used: ${why}`)
}
