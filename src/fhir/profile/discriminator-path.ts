// The restricted FHIRPath of discriminators, and what it selects in data. https://hl7.org/fhir/R4/profiling.html#discriminator
import { isRawNumber } from '../primitives.ts'
import { findTarget, typeOfTarget } from './target.ts'
import { isObject, type Visit } from './visit.ts'

export type Step =
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'extension'; readonly url: string }
  | { readonly kind: 'resolve' }
  | { readonly kind: 'type'; readonly type: string }

/** A value with its type, where its property or the resource itself says it. */
export interface DataNode {
  readonly value: unknown
  readonly type?: string
}

const STEP =
  /^(?:(\$this)|extension\(\s*['"]([^'"]+)['"]\s*\)|(resolve\(\))|ofType\(\s*([A-Za-z.]+)\s*\)|([A-Za-z_]\w*)(?:\[x\])?)(?:\.|$)/

/** Returns the steps of a discriminator's path, none for `$this`; undefined for what R4 does not allow there. */
export function parsePath(path: string): readonly Step[] | undefined {
  const steps: Step[] = []
  let rest = path.trim()
  while (rest !== '') {
    const match = STEP.exec(rest)
    if (!match) return undefined
    const [whole, isThis, url, resolve, type, name] = match
    if (url !== undefined) steps.push({ kind: 'extension', url })
    else if (resolve) steps.push({ kind: 'resolve' })
    else if (type !== undefined) steps.push({ kind: 'type', type: type.replace(/^.*\./, '') })
    else if (!isThis) steps.push({ kind: 'name', name: name! })
    rest = rest.slice(whole.length)
  }
  return steps
}

/** Returns what the steps lead to from `item`; undefined where a reference on the way cannot be resolved. */
export function selectData(
  item: DataNode,
  steps: readonly Step[],
  visit: Visit,
): readonly DataNode[] | undefined {
  let nodes: readonly DataNode[] = [item]
  for (const step of steps) {
    const next = nodes.map((node) => follow(node, step, visit))
    if (next.includes(undefined)) return undefined
    nodes = next.flatMap((each) => each ?? [])
  }
  return nodes
}

function follow(node: DataNode, step: Step, visit: Visit): readonly DataNode[] | undefined {
  switch (step.kind) {
    case 'name':
      // A stub of a resource elsewhere has a type and nothing to look into.
      return node.value === undefined && node.type !== undefined ? undefined : childNodes(node, step.name)
    case 'extension':
      return childNodes(node, 'extension').filter(({ value }) => isObject(value) && value['url'] === step.url)
    case 'type':
      return node.type === undefined || node.type === step.type ? [node] : []
    case 'resolve':
      return resolve(node, visit)
  }
}

function resolve({ value }: DataNode, visit: Visit): readonly DataNode[] | undefined {
  const reference = typeof value === 'string' ? { reference: value } : value
  if (!isObject(reference)) return []
  const found = findTarget(reference, visit)
  const literal = reference['reference']
  if (!found && typeof literal === 'string' && !visit.scope.resolved?.has(literal))
    visit.unresolved.add(literal)
  if (found) return [{ value: found, type: found.resourceType }]
  const type = typeOfTarget(reference, visit)
  return type === undefined ? undefined : [{ value: undefined, type }]
}

/** Returns the values of an element's child, of a choice by its name without the type. */
export function childNodes({ value }: DataNode, name: string): readonly DataNode[] {
  if (!isObject(value)) return []
  const own = value[name]
  if (own !== undefined) return (Array.isArray(own) ? own : [own]).map(toNode)
  const choice = Object.keys(value).find(
    (key) => key.startsWith(name) && /^[A-Z]/.test(key.slice(name.length)),
  )
  if (choice === undefined) return value[`_${name}`] === undefined ? [] : [{ value: undefined }]
  const suffix = choice.slice(name.length)
  const held = value[choice]
  // A datatype in capitals as it is, a primitive with a small letter.
  const type = isObject(held) && !isRawNumber(held) ? suffix : suffix[0]!.toLowerCase() + suffix.slice(1)
  return [{ value: held, type }]
}

function toNode(value: unknown): DataNode {
  const type = isObject(value) ? value['resourceType'] : undefined
  return typeof type === 'string' ? { value, type } : { value }
}
