// Faults put into official examples: where an element stands, and how it is changed.
import { type ElementDefinition, loadDefinitions } from '../../src/fhir/definitions.ts'
import { stringifyJson } from '../../src/fhir/json.ts'
import { isRawNumber } from '../../src/fhir/primitives.ts'
import type { Resource } from '../../src/fhir/resource.ts'
import { officialExamples } from './examples.ts'

const definitions = loadDefinitions()

export type Dictionary = Record<string, unknown>

/** An element of an example: where it stands and what R4 says of it. */
export interface Site {
  readonly parent: Dictionary
  readonly parentExpression: string
  readonly name: string
  readonly expression: string
  readonly element: ElementDefinition
}

/** Changes an example at a site; returns the expression of the fault, or undefined where the site does not suit. */
export type Mutate = (site: Site) => string | undefined

export const isObject = (value: unknown): value is Dictionary =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !isRawNumber(value)

/** Returns the elements of `object` and beneath that are no choices, companions or resources of their own. */
export function sitesOf(object: Dictionary, node: string, expression: string): Site[] {
  const elements = definitions.elements(node.split('.', 1)[0]!)
  return Object.entries(object).flatMap(([name, value]) => {
    const element = elements.find(({ path }) => path === `${node}.${name}`)
    if (!element) return []
    const site = {
      parent: object,
      parentExpression: expression,
      name,
      expression: `${expression}.${name}`,
      element,
    }
    const inPlace = elements.some(({ path }) => path.startsWith(`${element.path}.`))
    const next = element.contentReference ?? (inPlace ? element.path : (element.types[0] ?? ''))
    if (next === 'Resource') return [site]
    const items = Array.isArray(value) ? value : [value]
    return [
      site,
      ...items.flatMap((item, at) =>
        isObject(item)
          ? sitesOf(item, next, Array.isArray(value) ? `${site.expression}[${at}]` : site.expression)
          : [],
      ),
    ]
  })
}

/** Changes the value of sites that suit. */
export const set =
  (
    suits: (value: unknown, site: Site) => boolean,
    change: (value: unknown) => unknown,
    suffix = '',
  ): Mutate =>
  (site) => {
    if (!suits(site.parent[site.name], site)) return undefined
    site.parent[site.name] = change(site.parent[site.name])
    return `${site.expression}${suffix}`
  }

/** Returns the first small example of each type that `isRight` accepts, as text. */
export function chooseExamples(isRight: (resource: Resource) => boolean): Map<string, string> {
  const chosen = new Map<string, string>()
  for (const { resource } of officialExamples()) {
    if (chosen.has(resource.resourceType)) continue
    const text = stringifyJson(resource)
    if (text.length < 40_000 && isRight(resource)) chosen.set(resource.resourceType, text)
  }
  return chosen
}
