// What the elements of a type are called in XML, in which order they stand, and what they become in JSON. https://hl7.org/fhir/R4/xml.html
import type { Definitions } from '../definitions.ts'
import { isPrimitive, type PrimitiveName } from '../validate/forms.ts'

export interface XmlElement {
  /** Of the XML element and of the JSON property. */
  readonly name: string
  /** The JSON property with its id and extensions. */
  readonly companion: string
  /** `<name`, `<name value="` and `</name>`, put together once. */
  readonly open: string
  readonly openValue: string
  readonly close: string
  /** Position among its siblings; the types of a choice share one. */
  readonly order: number
  readonly repeats: boolean
  readonly kind: 'primitive' | 'complex' | 'xhtml' | 'resource'
  readonly primitive?: PrimitiveName
  /** Of a complex element: the type or path in which its children are defined. */
  readonly node?: string
  /** The elements of that node. */
  readonly children?: () => XmlTable
  /** Written as an attribute: ids of elements, URLs of extensions. */
  readonly isAttribute: boolean
}

export type XmlTable = ReadonlyMap<string, XmlElement>

const tables = new WeakMap<Definitions, Map<string, XmlTable>>()

/** Returns the elements of a type (`Patient`, `HumanName`) or of an element defined in place (`Patient.contact`), by name, in order. */
export function tableOf(definitions: Definitions, node: string): XmlTable {
  const known = tables.get(definitions) ?? new Map<string, XmlTable>()
  tables.set(definitions, known)
  const own = known.get(node)
  if (own) return own
  const made = build(definitions, node)
  known.set(node, made)
  return made
}

function build(definitions: Definitions, node: string): XmlTable {
  const type = node.split('.', 1)[0]!
  const all = definitions.elements(type)
  const depth = node.split('.').length + 1
  const parents = new Set(all.map(({ path }) => path.slice(0, path.lastIndexOf('.'))))
  const isResource = definitions.isResourceType(node)
  const children = all.filter(({ path }) => path.startsWith(`${node}.`) && path.split('.').length === depth)
  const elements = children.flatMap((element, order): XmlElement[] => {
    const name = element.path.slice(node.length + 1)
    const repeats = element.max !== '1'
    if (element.contentReference)
      return [
        {
          ...toTexts(name),
          order,
          repeats,
          kind: 'complex',
          ...toNode(definitions, element.contentReference),
          isAttribute: false,
        },
      ]
    const isChoice = name.endsWith('[x]')
    return element.types.map((code): XmlElement => {
      const own = isChoice ? `${name.slice(0, -3)}${code[0]!.toUpperCase()}${code.slice(1)}` : name
      const isAttribute = (name === 'id' && !isResource) || element.path === 'Extension.url'
      const kind = kindOf(definitions, code)
      const inPlace = parents.has(element.path) ? element.path : code
      return {
        ...toTexts(own),
        order,
        repeats,
        kind,
        isAttribute,
        ...(kind === 'primitive' && { primitive: code as PrimitiveName }),
        ...(kind === 'complex' && { ...toNode(definitions, inPlace) }),
      }
    })
  })
  return new Map(elements.map((element) => [element.name, element]))
}

function toNode(definitions: Definitions, node: string): Pick<XmlElement, 'node' | 'children'> {
  let table: XmlTable | undefined
  return {
    node,
    children: () => {
      table ??= tableOf(definitions, node)
      return table
    },
  }
}

function toTexts(name: string): Pick<XmlElement, 'name' | 'companion' | 'open' | 'openValue' | 'close'> {
  return { name, companion: `_${name}`, open: `<${name}`, openValue: `<${name} value="`, close: `</${name}>` }
}

function kindOf(definitions: Definitions, code: string): XmlElement['kind'] {
  if (code === 'xhtml') return 'xhtml'
  if (code === 'Resource' || definitions.isResourceType(code)) return 'resource'
  return isPrimitive(code) ? 'primitive' : 'complex'
}
