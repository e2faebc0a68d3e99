// XML Patch on the XML form of a resource. https://www.rfc-editor.org/rfc/rfc5261
import type { Definitions } from '../definitions.ts'
import { FhirError } from '../outcome.ts'
import type { Resource } from '../resource.ts'
import { decodeText } from '../xml/decode.ts'
import { parseXml } from '../xml/parse.ts'
import { stringifyXml } from '../xml/stringify.ts'
import { parseTree, type RawXml, writeTree, type XmlNode } from '../xml/tree.ts'
import { assertWork, finishPatch, MAX_OPERATIONS } from './edit.ts'
import { findTarget, type Target } from './xml-path.ts'

/** Values looked at by all operations together: about a second. */
const MAX_WORK = 12_000_000

/**
 * Returns `resource` with every operation of the patch (the bytes of a `<diff>` document: `add`, `replace`, `remove`, each with
 * `sel`) applied in order, or throws and changes nothing. Throws FhirError `invalid` for what is no XML Patch,
 * `unprocessable` where a selector does not find exactly one place, or what is left is no resource of R4.
 */
export function applyXmlPatch(resource: Resource, patch: Uint8Array, definitions: Definitions): Resource {
  const diff = parseTree(decodeText(patch).replace(/^\ufeff/, ''))
  if (diff.name !== 'diff')
    throw new FhirError('invalid', 'An XML Patch is a diff element with add, replace and remove')
  if (diff.children.length > MAX_OPERATIONS)
    throw new FhirError('too-costly', `A patch has at most ${MAX_OPERATIONS} operations`)
  assertWork(diff.children.length, resource, MAX_WORK)
  // A root above the root, so that a selector can begin with it.
  const document: XmlNode = {
    name: '',
    attributes: new Map(),
    text: '',
    children: [parseTree(stringifyXml(resource, definitions))],
  }
  diff.children.forEach((operation, at) => {
    try {
      apply(document, operation)
    } catch (error) {
      if (!(error instanceof FhirError)) throw error
      throw new FhirError(error.code, `Operation ${at + 1} of the patch: ${error.message}`)
    }
  })
  const [root, second] = document.children
  if (second) throw new FhirError('unprocessable', 'The patch makes more than one root element')
  if (!root || 'raw' in root) throw new FhirError('unprocessable', 'The patch leaves no resource')
  return finishPatch(resource, readBack(writeTree(root), definitions))
}

function readBack(text: string, definitions: Definitions): Resource {
  try {
    return parseXml(text, definitions)
  } catch (error) {
    if (!(error instanceof FhirError)) throw error
    // Its place is one in a text that nobody sent.
    const what = error.message.replace(/^The XML text is refused: | \(line \d+, column \d+\)$/g, '')
    throw new FhirError('unprocessable', `What the patch makes is no resource of R4: ${what}`)
  }
}

function apply(document: XmlNode, operation: XmlNode | RawXml): void {
  if ('raw' in operation) throw new FhirError('invalid', 'an operation must be add, replace or remove')
  const sel = operation.attributes.get('sel')
  if (sel === undefined) throw new FhirError('invalid', `${operation.name} has no sel`)
  const target = findTarget(document, sel)
  const run = Object.hasOwn(OPERATIONS, operation.name) ? OPERATIONS[operation.name] : undefined
  if (!run) throw new FhirError('invalid', `there is no operation ${operation.name.slice(0, 32)}`)
  run(operation, target)
}

const OPERATIONS: Readonly<Record<string, (operation: XmlNode, target: Target) => void>> = {
  add,
  replace,
  remove,
}

function add(operation: XmlNode, target: Target): void {
  if (target.kind === 'attribute') throw new FhirError('invalid', 'add needs the element that it adds to')
  const { node, parent } = target
  const type = operation.attributes.get('type')
  if (type !== undefined) {
    addAttribute(assertOpen(node), type, operation.text.trim())
    return
  }
  const added = contentOf(operation)
  const at = parent.children.indexOf(node)
  switch (operation.attributes.get('pos')) {
    case undefined:
      assertOpen(node).children.push(...added)
      return
    case 'prepend':
      assertOpen(node).children.unshift(...added)
      return
    case 'before':
      parent.children.splice(at, 0, ...added)
      return
    case 'after':
      parent.children.splice(at + 1, 0, ...added)
      return
  }
  throw new FhirError('invalid', 'pos must be prepend, before or after')
}

function addAttribute(node: XmlNode, type: string, value: string): void {
  const name = /^@([A-Za-z]+)$/.exec(type)?.[1]
  if (name === undefined)
    throw new FhirError('invalid', 'type of an add must be @ and the name of an attribute')
  if (node.attributes.has(name))
    throw new FhirError('unprocessable', `the element has the attribute ${name} already`)
  node.attributes.set(name, value)
}

function assertOpen(node: XmlNode | RawXml): XmlNode {
  if ('raw' in node)
    throw new FhirError(
      'unprocessable',
      'the narrative is one value: it can be replaced and removed as a whole',
    )
  return node
}

function contentOf({ children, text }: XmlNode): readonly (XmlNode | RawXml)[] {
  if (children.length === 0 || text.trim() !== '')
    throw new FhirError('invalid', 'an element must be given to add or to put in place')
  return children
}

function replace(operation: XmlNode, target: Target): void {
  if (target.kind === 'attribute') {
    if (operation.children.length > 0)
      throw new FhirError('invalid', 'the new value of an attribute must be text')
    target.node.attributes.set(target.attribute, operation.text.trim())
    return
  }
  const content = contentOf(operation)
  if (content.length !== 1)
    throw new FhirError('invalid', 'exactly one element must be given to put in place')
  target.parent.children[target.parent.children.indexOf(target.node)] = content[0]!
}

function remove(_operation: XmlNode, target: Target): void {
  if (target.kind === 'attribute') target.node.attributes.delete(target.attribute)
  else target.parent.children.splice(target.parent.children.indexOf(target.node), 1)
}
