// Pairs of values from the same element, joined into one key. https://hl7.org/fhir/R4/search.html#composite
import type { SearchParameter } from '../../fhir/definitions.ts'
import { type Leaf, rootLeaf } from '../extract/leaf.ts'
import { parseExpression } from '../extract/parse.ts'
import { compileBranch, inTurn, type Visit } from '../extract/walk.ts'
import { compositePrefixes, quantityKey } from '../keys.ts'
import type { ComponentParameter } from '../params.ts'
import type { Axis, IndexEntry } from '../query.ts'
import { type Noticed, visitOf } from './compile.ts'
import type { ValueContext } from './context.ts'

const OF_RESOURCE = '%resource'

/** Given the element that they share, returns the entries of one component. */
type Component = (element: unknown, resource: unknown) => readonly IndexEntry[]

/**
 * Returns a function that writes the joined rows of a composite whose elements lie inside the resource: one for each
 * combination of values of one element, under both prefixes of its first component, a token (`compositePrefix`). Of three
 * components the third is the row's `hi`. Pairs with an interval (a Range) stand under `param:range`. Undefined where the
 * expression has a shape that cannot be compiled.
 */
export function compileComposite(
  context: ValueContext,
  type: string,
  parameter: SearchParameter,
  components: readonly ComponentParameter[],
  noticed: Noticed,
): Visit | undefined {
  let resource: unknown
  const inOrder = tokenFirst(components)
  const walks = parseExpression(parameter.expression)?.map((branch) =>
    compileBranch(context.definitions, branch, rootLeaf(type), (leaf) => {
      const parts = inOrder.map((component) => compileComponent(context, type, leaf, component))
      return (element) => {
        noticed()
        join(
          context,
          parameter.code,
          parts.map((part) => part(element, resource)),
        )
      }
    }),
  )
  if (!walks?.every((walk) => walk !== undefined)) return undefined
  const walk = inTurn(walks)
  return (node) => {
    resource = node
    walk(node)
  }
}

// As `compileJoined` reads them: the token that comes first leads the key, wherever it stands in the value.
function tokenFirst(components: readonly ComponentParameter[]): readonly ComponentParameter[] {
  const first = components.find(({ parameter }) => parameter.type === 'token')
  return first ? [first, ...components.filter((each) => each !== first)] : components
}

function compileComponent(
  context: ValueContext,
  type: string,
  element: Leaf,
  { parameter, expression }: ComponentParameter,
): Component {
  let found: IndexEntry[] = []
  const emit = (param: string, lo: Axis, hi: Axis) => void found.push({ param, lo, hi })
  const toVisit = visitOf({ ...context, emit }, parameter, () => {})
  // What the path of the element took to reach is behind us.
  const start = { ...element, steps: [] }
  const ofResource = expression.startsWith(OF_RESOURCE)
  const walks = (parseExpression(expression) ?? []).map((branch) =>
    compileBranch(context.definitions, branch, ofResource ? rootLeaf(type) : start, toVisit),
  )
  const walk = inTurn(walks.filter((each) => each !== undefined))
  const { code } = parameter
  return (node, resource) => {
    found = []
    walk(ofResource ? resource : node)
    return found.filter(({ param }) => param === code || param === `${code}:range`)
  }
}

function join({ emit }: ValueContext, code: string, parts: readonly (readonly IndexEntry[])[]): void {
  const [tokens = [], seconds = [], thirds] = parts
  for (const { lo: token } of tokens)
    for (const prefix of compositePrefixes(String(token)))
      for (const second of seconds) {
        const param = second.param.endsWith(':range') ? `${code}:range` : code
        const lo = prefix + toText(second.lo)
        if (!thirds) emit(param, lo, prefix + toText(second.hi))
        else for (const third of thirds) emit(param, lo, prefix + toText(third.lo))
      }
}

// A number alone is a quantity without unit.
function toText(value: Axis): string {
  return typeof value === 'number' ? quantityKey('', '', value) : value
}
