// How each search parameter is served: by rows of its own, or by those of others. https://hl7.org/fhir/R4/searchparameter-registry.html
import type { Definitions, SearchParameter } from '../fhir/definitions.ts'
import { type Branch, parseExpression, toText } from './extract/parse.ts'

export type Served =
  /** Rows under its own code. */
  | { readonly kind: 'own' }
  /** No rows: what its rows would be is exactly what these have. */
  | { readonly kind: 'union'; readonly of: readonly string[] }
  /** No rows: those of reference `param` that point at a resource of `type`. */
  | { readonly kind: 'narrowed'; readonly param: string; readonly type: string }
  /** A composite of the whole resource: the conjunction of these parameters of it, in order. Rows only where `paired.ts` says. */
  | { readonly kind: 'root'; readonly components: readonly string[] }
  /** A composite of a repeating element: joined rows under its own code. `components` in order, each on that element. */
  | { readonly kind: 'joined'; readonly components: readonly ComponentParameter[] }
  /** Nothing is indexed: it has no expression (`_text`, `_query`), or a form that cannot be joined. */
  | { readonly kind: 'none' }

export interface ComponentParameter {
  readonly parameter: SearchParameter
  /** FHIRPath on the composite's element. */
  readonly expression: string
}

// A posted parameter always has rows of its own, and never serves another: R4's own must not change with what is posted.
const STANDARD = 'http://hl7.org/fhir/SearchParameter/'

const tables = new WeakMap<ReadonlyMap<string, SearchParameter>, ReadonlyMap<string, Served>>()

/** Returns how parameter `code` of resource type `type` is served, or undefined where the type has no such parameter. */
export function servedBy(definitions: Definitions, type: string, code: string): Served | undefined {
  const parameters = definitions.searchParameters(type)
  const known = tables.get(parameters)
  if (known) return known.get(code)
  const table = toTable(type, parameters)
  tables.set(parameters, table)
  return table.get(code)
}

interface Candidate {
  readonly parameter: SearchParameter
  readonly branches: readonly Branch[]
  /** One text per branch, the same where two parameters select the same. */
  readonly texts: readonly string[]
}

function toTable(
  type: string,
  parameters: ReadonlyMap<string, SearchParameter>,
): ReadonlyMap<string, Served> {
  const table = new Map<string, Served>()
  const candidates: Candidate[] = []
  for (const parameter of parameters.values()) {
    const branches = parameter.expression === '' ? [] : parseExpression(parameter.expression)
    const isOwn = !branches || !parameter.url.startsWith(STANDARD)
    table.set(parameter.code, { kind: branches?.length === 0 ? 'none' : 'own' })
    if (!isOwn && branches.length > 0)
      candidates.push({ parameter, branches, texts: branches.map((branch) => textOf(parameter, branch)) })
  }
  for (const candidate of candidates)
    table.set(
      candidate.parameter.code,
      toNarrowed(candidate, candidates) ??
        toUnion(candidate, candidates) ??
        toComposite(type, candidate, parameters),
    )
  return table
}

function textOf({ component }: SearchParameter, branch: Branch): string {
  const parts = component.map(({ expression }) => parseExpression(expression)?.map(toText).join(' | '))
  return [toText(branch), ...parts].join(' $ ')
}

function toNarrowed({ parameter, branches }: Candidate, all: readonly Candidate[]): Served | undefined {
  const [branch, second] = branches
  const last = branch?.steps.at(-1)
  if (!branch || second || last?.kind !== 'whereResolves' || parameter.type !== 'reference') return undefined
  const base = toText({ ...branch, steps: branch.steps.slice(0, -1) })
  const wide = all.find(({ texts }) => texts.length === 1 && texts[0] === base)
  return wide?.parameter.type === 'reference'
    ? { kind: 'narrowed', param: wide.parameter.code, type: last.type }
    : undefined
}

// Parts are smaller than the whole, or the same and named first, so that no two serve each other.
function toUnion(whole: Candidate, all: readonly Candidate[]): Served | undefined {
  const parts = all.filter((part) => isPart(part, whole))
  const same = parts.find(({ texts }) => texts.length === whole.texts.length)
  const of = same ? [same] : parts
  const covered = new Set(of.flatMap(({ texts }) => texts))
  if (!whole.texts.every((text) => covered.has(text))) return undefined
  return { kind: 'union', of: fewest(of).map(({ parameter }) => parameter.code) }
}

function isPart(part: Candidate, whole: Candidate): boolean {
  if (part === whole || part.parameter.type !== whole.parameter.type) return false
  // Bundle's `composition` and `message` read the same entry and differ in what it may be.
  if (toTargets(part) !== toTargets(whole)) return false
  if (!part.texts.every((text) => whole.texts.includes(text))) return false
  return part.texts.length < whole.texts.length || part.parameter.code < whole.parameter.code
}

const toTargets = ({ parameter }: Candidate) => parameter.target.toSorted().join()

// Largest first; what adds nothing is left out, and with it what is itself served by others.
function fewest(parts: readonly Candidate[]): readonly Candidate[] {
  const covered = new Set<string>()
  return parts
    .toSorted((a, b) => b.texts.length - a.texts.length || (a.parameter.code < b.parameter.code ? -1 : 1))
    .filter(({ texts }) => {
      const adds = texts.some((text) => !covered.has(text))
      for (const text of texts) covered.add(text)
      return adds
    })
}

function toComposite(
  type: string,
  { parameter, branches }: Candidate,
  parameters: ReadonlyMap<string, SearchParameter>,
): Served {
  if (parameter.type === 'special') return parameter.code === 'near' ? { kind: 'own' } : { kind: 'none' }
  if (parameter.type !== 'composite') return { kind: 'own' }
  const components: ComponentParameter[] = []
  for (const { definition, expression } of parameter.component) {
    const found = parameters.values().find(({ url }) => url === definition)
    if (!found) return { kind: 'none' }
    components.push({ parameter: found, expression })
  }
  const whole = branches.filter(({ root, steps }) => root === type && steps.length === 0).length
  if (whole === 0) return { kind: 'joined', components: straighten(parameter, components) }
  if (whole < branches.length) return { kind: 'none' }
  return { kind: 'root', components: components.map((component) => component.parameter.code) }
}

// R4 gives both components of DocumentReference `relationship` the expression of the other one.
function straighten(
  { expression }: SearchParameter,
  components: readonly ComponentParameter[],
): readonly ComponentParameter[] {
  const [first, second] = components
  if (components.length !== 2 || !first || !second) return components
  const isOf = (one: ComponentParameter, other: ComponentParameter) =>
    one.parameter.expression === `${expression}.${other.expression}`
  if (!isOf(first, second) || !isOf(second, first)) return components
  return [
    { ...first, expression: second.expression },
    { ...second, expression: first.expression },
  ]
}
