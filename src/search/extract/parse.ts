// The shapes in which R4 writes the expressions of its search parameters, as data. https://hl7.org/fhir/R4/fhirpath.html
import { splitUnion } from '../../fhir/definitions-expression.ts'

export type Step =
  | { readonly kind: 'child'; readonly name: string }
  | { readonly kind: 'at'; readonly index: number }
  /** `as` and `ofType`; `(path as Type)` means `ofType`, also where the path repeats. */
  | { readonly kind: 'ofType'; readonly type: string }
  | { readonly kind: 'extension'; readonly url: string }
  /** `where(name = 'value')` */
  | { readonly kind: 'whereEquals'; readonly name: string; readonly value: string }
  /** `where(resolve() is Type)`: looks at the type that the reference names and fetches nothing. */
  | { readonly kind: 'whereResolves'; readonly type: string }

/** One operand of a union. */
export interface Branch {
  /** A resource type, `%resource`, or nothing where the path begins at the element it is given. */
  readonly root: string
  readonly steps: readonly Step[]
  /** `exists`: true or false instead of what the path selects. `holds`: `path.exists() and path != false`. */
  readonly test?: 'exists' | 'holds'
}

const TOKEN = /\s*([A-Za-z_]\w*|%resource|'[^']*'|\d+|!=|[().[\]=])\s*/y

/** Returns the branches of `expression`, or undefined where one has a shape that is not known here. */
export function parseExpression(expression: string): readonly Branch[] | undefined {
  const branches: Branch[] = []
  for (const text of splitUnion(expression)) {
    const tokens = tokenise(text)
    const branch = tokens && (parseHolds(tokens) ?? parseBranch(tokens))
    if (!branch) return undefined
    branches.push(branch)
  }
  return branches
}

/** Returns the branch as text, the same for all spellings that mean the same. */
export function toText({ root, steps, test }: Branch): string {
  return [root, ...steps.map(stepText), ...(test ? [`${test}()`] : [])]
    .filter((part) => part !== '')
    .join('.')
}

function stepText(step: Step): string {
  switch (step.kind) {
    case 'child':
      return step.name
    case 'at':
      return `at(${step.index})`
    case 'ofType':
      return `ofType(${step.type})`
    case 'extension':
      return `extension('${step.url}')`
    case 'whereEquals':
      return `where(${step.name}='${step.value}')`
    case 'whereResolves':
      return `where(resolve() is ${step.type})`
  }
}

function tokenise(text: string): string[] | undefined {
  const tokens: string[] = []
  TOKEN.lastIndex = 0
  for (let at = 0; at < text.length; at = TOKEN.lastIndex) {
    const match = TOKEN.exec(text)
    if (!match) return undefined
    tokens.push(match[1]!)
  }
  return tokens
}

// path.exists() and path != false
function parseHolds(tokens: readonly string[]): Branch | undefined {
  const at = tokens.indexOf('and')
  if (at < 0 || tokens.slice(-2).join(' ') !== '!= false') return undefined
  const exists = parseBranch(tokens.slice(0, at))
  const same = parseBranch(tokens.slice(at + 1, -2))
  if (exists?.test !== 'exists' || !same || toText(exists) !== `${toText(same)}.exists()`) return undefined
  return { ...same, test: 'holds' }
}

function parseBranch(tokens: readonly string[]): Branch | undefined {
  if (tokens[0] !== '(') return parsePath(tokens)
  const close = tokens.indexOf(')', tokens.lastIndexOf('as') + 1)
  const as = close - 2
  if (tokens[as] !== 'as') return undefined
  const inner = parsePath(tokens.slice(1, as))
  const outer = parseSteps(tokens.slice(close + 1), inner?.steps.concat(toOfType(tokens[close - 1]!)))
  return inner && outer && !inner.test ? { ...outer, root: inner.root } : undefined
}

function parsePath(tokens: readonly string[]): Branch | undefined {
  const [first = ''] = tokens
  if (/^(?:%|[A-Z])/.test(first)) {
    const rest = parseSteps(tokens.slice(1), [])
    return rest && { ...rest, root: first }
  }
  return parseSteps(['.', ...tokens], [])
}

const toOfType = (type: string): Step => ({ kind: 'ofType', type: type === 'DateTime' ? 'dateTime' : type })

function parseSteps(tokens: readonly string[], before: readonly Step[] | undefined): Branch | undefined {
  if (!before) return undefined
  const steps = [...before]
  for (let at = 0; at < tokens.length; ) {
    if (tokens.slice(at).join('') === '.exists()') return { root: '', steps, test: 'exists' }
    const taken = parseStep(tokens, at)
    if (!taken) return undefined
    steps.push(taken[0])
    at = taken[1]
  }
  return { root: '', steps }
}

// The step that begins at `at`, and where the next one does.
function parseStep(tokens: readonly string[], at: number): readonly [Step, number] | undefined {
  const [mark, name = '', open] = tokens.slice(at, at + 3)
  if (mark === '[' && open === ']' && /^\d+$/.test(name)) return [{ kind: 'at', index: Number(name) }, at + 3]
  if (mark !== '.' || !/^[A-Za-z]/.test(name)) return undefined
  if (open !== '(') return [{ kind: 'child', name }, at + 2]
  const end = endOfCall(tokens, at + 3)
  const step = end && toCall(name, tokens.slice(at + 3, end - 1))
  return step && end ? [step, end] : undefined
}

function endOfCall(tokens: readonly string[], from: number): number | undefined {
  let depth = 1
  for (let at = from; at < tokens.length; at++) {
    if (tokens[at] === '(') depth++
    if (tokens[at] === ')' && --depth === 0) return at + 1
  }
  return undefined
}

function toCall(name: string, argument: readonly string[]): Step | undefined {
  const [first = '', second, third = ''] = argument
  if (name === 'where' && argument.length === 3 && second === '=' && third.startsWith("'"))
    return { kind: 'whereEquals', name: first, value: third.slice(1, -1) }
  if (name === 'where' && argument.slice(0, 4).join(' ') === 'resolve ( ) is' && argument.length === 5)
    return { kind: 'whereResolves', type: argument[4]! }
  if (argument.length !== 1) return undefined
  if ((name === 'as' || name === 'ofType') && /^[A-Za-z]/.test(first)) return toOfType(first)
  if (name === 'extension' && first.startsWith("'")) return { kind: 'extension', url: first.slice(1, -1) }
  return undefined
}
