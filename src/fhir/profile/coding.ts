// Whether a code is one of its system, and its display one of the code. https://hl7.org/fhir/R4/datatypes.html#Coding
import { judgeOffline } from '../terminology/offline.ts'
import { isDisplayOf } from '../terminology/validate-code.ts'
import type { Terminology } from '../terminology.ts'
import type { Fault, Severity } from '../validate/faults.ts'
import { type Check, isObject, type Later, report, type Visit } from './visit.ts'

/**
 * Returns the rule for every Coding. What it finds are warnings, so it looks at nothing where only errors count, unless an
 * unknown system is one.
 */
export function toCodingCheck(unknownSystem: Severity): Check {
  return (value, visit) => {
    if (visit.level === 'all' || unknownSystem === 'error') checkCoding(value, visit)
  }
}

function checkCoding(value: unknown, visit: Visit): void {
  if (!isObject(value)) return
  const { system, code } = value
  if (typeof system !== 'string' || typeof code !== 'string') return
  const verdict = judgeOffline(system, code)
  if (verdict === false) report(visit, { rule: 'unknown-code', facts: { code, system } })
  if (verdict !== undefined) return
  const { display } = value
  const coding = { system, code, ...(typeof display === 'string' && { display }) }
  visit.later.push({ kind: 'coding', path: [...visit.path], coding })
}

/** Resolves to what becomes of that which walks left open; `unknownSystem` is the severity of a code system nobody here has. */
export async function judgeLater(
  terminology: Terminology,
  later: readonly Later[],
  unknownSystem: Severity = 'warning',
): Promise<readonly Fault[]> {
  const faults: Fault[] = []
  const absent = new Set<string>()
  for (const each of later) {
    if (each.kind === 'binding') faults.push(...(await judgeBinding(terminology, each)))
    else faults.push(...(await judgeCoding(terminology, each, { absent, unknownSystem })))
  }
  return faults
}

async function judgeBinding(
  terminology: Terminology,
  { valueSet, codes, fault }: Extract<Later, { kind: 'binding' }>,
): Promise<readonly Fault[]> {
  let unsure = false
  for (const { system, code } of codes) {
    const verdict = await terminology.isIn(valueSet, system, code)
    if (verdict === true) return []
    if (verdict === undefined) unsure = true
  }
  return [unsure ? { ...fault, rule: 'binding-unchecked' } : fault]
}

interface Unknown {
  /** Systems that were told already: once for a resource is enough. */
  readonly absent: Set<string>
  readonly unknownSystem: Severity
}

async function judgeCoding(
  terminology: Terminology,
  { path, coding: { system, code, display } }: Extract<Later, { kind: 'coding' }>,
  { absent, unknownSystem }: Unknown,
): Promise<readonly Fault[]> {
  const source = await terminology.codeSystem(system)
  const concept = await source?.concept(code)
  if (concept) {
    if (display === undefined || isDisplayOf(concept, display)) return []
    return [
      {
        path,
        rule: 'display',
        facts: { found: JSON.stringify(display), display: JSON.stringify(concept.display ?? '') },
      },
    ]
  }
  if (source?.content === 'complete') return [{ path, rule: 'unknown-code', facts: { code, system } }]
  if (absent.has(system)) return []
  absent.add(system)
  return [{ path, rule: 'unknown-system', facts: { system }, severity: unknownSystem }]
}
