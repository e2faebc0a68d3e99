// Cutting a search parameter's FHIRPath to the branches of one resource type. https://hl7.org/fhir/R4/searchparameter.html

/**
 * Returns the branches of `expression` that begin at `type`, joined by ` | `; a branch of Resource or DomainResource is
 * one of every type, and is written with `type`, as is one that names no type. Empty where there is none.
 */
export function cutExpression(expression: string, type: string): string {
  return splitUnion(expression)
    .flatMap((branch) => toBranch(branch, type) ?? [])
    .join(' | ')
}

const ROOT = /^(\(*)([A-Za-z]+)(?=[.\s)]|$)/

function toBranch(branch: string, type: string): string | undefined {
  const [whole = '', open = '', root = ''] = ROOT.exec(branch) ?? []
  if (root === type) return branch
  // R4 writes InsurancePlan's `name` as `name | alias`, without the type.
  if (/^[a-z]/.test(root)) return `${open}${type}.${branch.slice(open.length)}`
  if (root !== 'Resource' && root !== 'DomainResource') return undefined
  return `${open}${type}${branch.slice(whole.length)}`
}

/** Returns the operands of the unions at the top level, trimmed; text in quotes and parentheses is left whole. */
export function splitUnion(expression: string): string[] {
  const branches: string[] = []
  let [start, depth, quoted] = [0, 0, false]
  for (let at = 0; at < expression.length; at++) {
    const character = expression[at]
    if (character === "'") quoted = !quoted
    if (quoted) continue
    if (character === '(') depth++
    if (character === ')') depth--
    if (character !== '|' || depth > 0) continue
    branches.push(expression.slice(start, at).trim())
    start = at + 1
  }
  branches.push(expression.slice(start).trim())
  return branches
}
