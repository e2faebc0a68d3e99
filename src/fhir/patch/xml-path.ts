// The simple subset of XPath by which an XML Patch names a place. https://www.rfc-editor.org/rfc/rfc5261#section-4.1
import { FhirError } from '../outcome.ts'
import type { RawXml, XmlNode } from '../xml/tree.ts'

export type Target =
  /** A narrative is taken as a whole. */
  | { readonly kind: 'element'; readonly node: XmlNode | RawXml; readonly parent: XmlNode }
  | { readonly kind: 'attribute'; readonly node: XmlNode; readonly attribute: string }

interface Step {
  readonly name: string
  readonly predicates: readonly Predicate[]
}

type Predicate =
  | { readonly kind: 'position'; readonly position: number }
  | { readonly kind: 'attribute'; readonly name: string; readonly value: string }
  /** `[f:use/@value='home']` */
  | {
      readonly kind: 'child'
      readonly path: readonly string[]
      readonly attribute: string
      readonly value: string
    }

const NAME = '(?:[A-Za-z_][\\w-]*:)?[A-Za-z_*][\\w-]*'
const STEP = new RegExp(`^(${NAME})((?:\\[[^\\]]*\\])*)(?:/|$)`)
const LAST = /^@([A-Za-z]+)$/
const VALUED = new RegExp(`^\\[\\s*((?:${NAME}/)*)@([A-Za-z]+)\\s*=\\s*(?:'([^']*)'|"([^"]*)")\\s*\\]$`)
const MAX_STEPS = 64

/** Returns the one place that `selector` names; throws FhirError `invalid` for another selector, `unprocessable` for none or several. */
export function findTarget(document: XmlNode, selector: string): Target {
  const { steps, attribute } = parseSelector(selector)
  let found: readonly Found[] = [{ node: document, parent: document }]
  for (const step of steps) found = found.flatMap(({ node }) => follow(node, step))
  if (found.length !== 1)
    throw new FhirError(
      'unprocessable',
      `sel finds ${found.length === 0 ? 'nothing' : `${found.length} places`}; it must find exactly one`,
    )
  const [{ node, parent }] = found as [Found]
  if (attribute === undefined) return { kind: 'element', node, parent }
  if ('raw' in node || !node.attributes.has(attribute))
    throw new FhirError('unprocessable', `sel finds no attribute ${attribute}`)
  return { kind: 'attribute', node, attribute }
}

function parseSelector(selector: string): { readonly steps: readonly Step[]; readonly attribute?: string } {
  const steps: Step[] = []
  let rest = selector.trim().replace(/^\//, '')
  while (rest !== '') {
    const attribute = LAST.exec(rest)?.[1]
    if (attribute !== undefined && steps.length > 0) return { steps, attribute }
    const match = STEP.exec(rest)
    if (!match || steps.length === MAX_STEPS) throw refuse()
    const [whole, name = '', predicates = ''] = match
    steps.push({
      name: localOf(name),
      predicates: (predicates.match(/\[[^\]]*\]/g) ?? []).map(parsePredicate),
    })
    rest = rest.slice(whole.length)
  }
  if (steps.length === 0) throw refuse()
  return { steps }
}

function refuse(): FhirError {
  return new FhirError(
    'invalid',
    "sel must be a path of elements, each with [position], [@attribute='value'] or [child/@value='value'] if need be",
  )
}

function localOf(name: string): string {
  return name.slice(name.indexOf(':') + 1)
}

function parsePredicate(text: string): Predicate {
  const position = /^\[\s*(\d{1,6})\s*\]$/.exec(text)?.[1]
  if (position !== undefined) return { kind: 'position', position: Number(position) }
  const match = VALUED.exec(text)
  if (!match) throw refuse()
  const [, path = '', name = '', single, double] = match
  const value = single ?? double ?? ''
  if (path === '') return { kind: 'attribute', name, value }
  return { kind: 'child', path: path.split('/').slice(0, -1).map(localOf), attribute: name, value }
}

interface Found {
  readonly node: XmlNode | RawXml
  readonly parent: XmlNode
}

function follow(node: XmlNode | RawXml, { name, predicates }: Step): readonly Found[] {
  if ('raw' in node) return []
  let children = node.children.filter(
    (child) => name === '*' || name === ('raw' in child ? 'div' : child.name),
  )
  for (const predicate of predicates) children = children.filter((child, at) => holds(predicate, child, at))
  return children.map((child) => ({ node: child, parent: node }))
}

function holds(predicate: Predicate, node: XmlNode | RawXml, at: number): boolean {
  if (predicate.kind === 'position') return predicate.position === at + 1
  if ('raw' in node) return false
  switch (predicate.kind) {
    case 'attribute':
      return node.attributes.get(predicate.name) === predicate.value
    case 'child':
      return descend(node, predicate.path).some(
        (each) => each.attributes.get(predicate.attribute) === predicate.value,
      )
  }
}

function descend(node: XmlNode, path: readonly string[]): readonly XmlNode[] {
  return path.reduce<readonly XmlNode[]>(
    (nodes, name) =>
      nodes.flatMap(({ children }) =>
        children.filter((child): child is XmlNode => !('raw' in child) && child.name === name),
      ),
    [node],
  )
}
