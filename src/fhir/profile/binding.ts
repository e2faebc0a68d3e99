// Whether a code is in the value set that its element is bound to. https://hl7.org/fhir/R4/terminologies.html#binding
import type { SystemCode } from '../terminology.ts'
import type { Fault } from '../validate/faults.ts'
import type { Author } from './author.ts'
import type { Binding } from './structure.ts'
import { type Check, isObject, report, type Visit } from './visit.ts'
import type { Compiled } from './world.ts'

/** A code of the value; a `code` has no system of its own. */
interface Found {
  readonly system: string | undefined
  readonly code: string
}

const RULES = {
  required: 'binding-required',
  extensible: 'binding-extensible',
  preferred: 'binding-preferred',
} as const

/**
 * Returns the check of a code, Coding, CodeableConcept, Quantity, string or uri; none for example bindings. One coding in
 * the value set is enough; text alone satisfies an extensible binding, not a required one (V26).
 */
export function toBindingCheck(compiled: Compiled, binding: Binding, author: Author): Check[] {
  const { strength, valueSet } = binding
  if (strength === 'example' || valueSet === undefined) return []
  return [
    (value, visit) => {
      if (value === undefined || (strength !== 'required' && visit.level === 'errors')) return
      const found = codesOf(value)
      if (found.length === 0 && strength !== 'required') return
      judge(compiled, visit, found, { rule: RULES[strength], valueSet, author })
    },
  ]
}

interface Bound {
  readonly rule: string
  readonly valueSet: string
  readonly author: Author
}

function judge(compiled: Compiled, visit: Visit, found: readonly Found[], bound: Bound): void {
  const members = compiled.membership(bound.valueSet, visit)
  const { valueSet, author, rule } = bound
  if (!members) {
    if (visit.level === 'all') report(visit, { rule: 'binding-unchecked', facts: { valueSet, ...author } })
    return
  }
  const verdicts = found.map(({ system, code }) => members.has(system, code))
  if (verdicts.includes(true)) return
  const systems =
    members.systems.length > 0 && members.systems.length <= 3 ? members.systems.join(', ') : undefined
  const facts = { valueSet, found: tell(found), ...(systems && { systems }), ...author }
  const fault: Fault = { path: [...visit.path], rule, facts }
  const later = found.filter((_, at) => verdicts[at] === undefined).filter(hasSystem)
  if (later.length > 0) visit.later.push({ kind: 'binding', valueSet, codes: later, fault })
  else visit.faults.push(fault)
}

function hasSystem(found: Found): found is SystemCode {
  return found.system !== undefined
}

function codesOf(value: unknown): Found[] {
  if (typeof value === 'string') return [{ system: undefined, code: value }]
  if (!isObject(value)) return []
  if (Array.isArray(value['coding'])) return value['coding'].flatMap(codesOf)
  const { system, code } = value
  if (typeof code !== 'string') return []
  return [{ system: typeof system === 'string' ? system : '', code }]
}

function tell(found: readonly Found[]): string {
  if (found.length === 0) return 'no code'
  const names = found
    .slice(0, 3)
    .map(({ system, code }) =>
      system ? `${JSON.stringify(clip(code))} of ${clip(system)}` : JSON.stringify(clip(code)),
    )
  return names.join(', ') + (found.length > 3 ? ', …' : '')
}

function clip(text: string): string {
  return text.length > 64 ? `${text.slice(0, 64)}…` : text
}
