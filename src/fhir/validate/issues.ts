// Faults in words: IssueType, FHIRPath and a sentence that names the rule. https://hl7.org/fhir/R4/operationoutcome.html
import type { Definitions } from '../definitions.ts'
import type { Issue } from '../outcome.ts'
import { type Fault, MAX_FAULTS, type RuleTable, type Severity } from './faults.ts'
import { locate } from './place.ts'
import { STRUCTURE_RULES } from './structure-rules.ts'

/** Issues of one outcome; one more counts the rest. */
const MAX_ISSUES = 100

/** Puts the faults found in a resource into words: errors first, 100 at most and then one that counts the rest. */
export type WriteIssues = (resource: unknown, faults: readonly Fault[]) => Issue[]

/** Returns the writer of issues for the rules of structure and those of `tables`. A rule of none of them is a mistake of ours. */
export function createIssueWriter(definitions: Definitions, tables: readonly RuleTable[] = []): WriteIssues {
  const rules: RuleTable = Object.assign({}, STRUCTURE_RULES, ...tables)
  return (resource, faults) => {
    const sorted = sortBySeverity(rules, faults)
    const seen = new Set<string>()
    const issues: Issue[] = []
    let at = 0
    for (; at < sorted.length && issues.length < MAX_ISSUES; at++) {
      const issue = toIssue(definitions, resource, sorted[at]!, rules)
      if (!seen.has(issue.diagnostics)) issues.push(issue)
      seen.add(issue.diagnostics)
    }
    return at === sorted.length
      ? issues
      : [...issues, countRest(sorted.length - at, severityOf(rules, sorted[at]!))]
  }
}

const ORDER: readonly Severity[] = ['error', 'warning', 'information']

function severityOf(rules: RuleTable, { rule, severity }: Fault): Severity {
  return severity ?? rules[rule]!.severity
}

function sortBySeverity(rules: RuleTable, faults: readonly Fault[]): readonly Fault[] {
  return ORDER.flatMap((severity) => faults.filter((fault) => severityOf(rules, fault) === severity))
}

// A collection that was cut short does not know how many there are.
function countRest(rest: number, severity: Severity): Issue {
  const more = rest >= MAX_FAULTS - MAX_ISSUES ? 'At least ' : ''
  return {
    severity,
    code: 'structure',
    diagnostics: `${more}${rest} more faults are not listed`,
    rule: 'more',
    ja: `ほかに ${rest} 件${more && '以上'}の指摘があります`,
  }
}

function toIssue(definitions: Definitions, resource: unknown, sent: Fault, rules: RuleTable): Issue {
  const { expression, value, node } = locate(definitions, resource, sent.path)
  const fault = withHelp(definitions, sent, node, value)
  const row = rules[fault.rule]!
  return {
    severity: severityOf(rules, fault),
    code: row.code,
    diagnostics: `${expression} ${row.en(fault, value)}`,
    expression: [expression],
    // An element that R4 lacks is told of its parent, and stands where it stands.
    path: fault.rule === 'unknown' ? [...fault.path, String(fault.about)] : fault.path,
    rule: fault.rule,
    ja: `${expression} ${row.ja(fault, value)}`,
  }
}

// What helps to put it right: the element or code that was meant, and the codes where they are few.
function withHelp(definitions: Definitions, fault: Fault, node: string, value: unknown): Fault {
  if (fault.rule === 'unknown') {
    const meant = findMeant(definitions, node, String(fault.about))
    return meant === undefined ? fault : { ...fault, facts: { meant } }
  }
  if (fault.rule !== 'code' && fault.rule !== 'binding') return fault
  const sets = definitions.requiredCodes(String(fault.about))
  const codes = [...(sets?.values() ?? [])].flatMap((some) => [...some])
  const meant = typeof value === 'string' ? codes.find((code) => isSameFolded(code, value)) : undefined
  const isFew = codes.length > 0 && codes.length <= MAX_CODES
  return {
    ...fault,
    facts: { ...(isFew && { codes: codes.join(' | ') }), ...(meant !== undefined && { meant }) },
  }
}

/** More would hide the rest of the sentence. */
const MAX_CODES = 16

function isSameFolded(code: string, value: string): boolean {
  return code.toLowerCase() === value.trim().toLowerCase()
}

// The element that was probably meant: the same but for case, one letter away, or with two letters turned.
function findMeant(definitions: Definitions, node: string, name: string): string | undefined {
  const depth = node.split('.').length
  const names = definitions
    .elements(node.split('.', 1)[0]!)
    .flatMap(({ path }) =>
      path.startsWith(`${node}.`) && path.split('.').length === depth + 1
        ? [path.slice(node.length + 1)]
        : [],
    )
  const wanted = name.toLowerCase()
  return (
    names.find((each) => each.toLowerCase() === wanted) ??
    names.find((each) => isOneOff(each.toLowerCase(), wanted))
  )
}

// One letter more, less or other.
function isOneOff(a: string, b: string): boolean {
  if (Math.abs(a.length - b.length) > 1 || b.length < 4) return false
  let start = 0
  while (start < a.length && a[start] === b[start]) start++
  const [restA, restB] = [a.slice(start), b.slice(start)]
  const isTurned = restA[0] === restB[1] && restA[1] === restB[0] && restA.slice(2) === restB.slice(2)
  return isTurned || restA.slice(1) === restB.slice(1) || restA === restB.slice(1) || restA.slice(1) === restB
}

/** Returns those of `faults` that are errors. */
export function onlyErrors(tables: readonly RuleTable[], faults: readonly Fault[]): readonly Fault[] {
  const rules: RuleTable = Object.assign({}, STRUCTURE_RULES, ...tables)
  return faults.filter((fault) => severityOf(rules, fault) === 'error')
}
