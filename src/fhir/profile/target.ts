// Which resources an element may refer to, by what the reference itself says. https://hl7.org/fhir/R4/references.html#Reference

import { referencedType } from '../reference.ts'
import type { Reference, Resource } from '../resource.ts'
import { isDangling } from '../validate/contained.ts'
import type { Author, Known } from './author.ts'
import type { StructureElement } from './structure.ts'
import { type Check, isObject, report, type Visit } from './visit.ts'
import type { Compiled } from './world.ts'

const R4 = 'http://hl7.org/fhir/StructureDefinition/'

/** Returns the check of a Reference's target (V28), where `element` allows fewer than `known`; none for other elements. */
export function toTargetCheck(
  compiled: Compiled,
  element: StructureElement,
  known: Known,
  author: Author,
): Check[] {
  const targets = targetsOf(element.types)
  if (targets.length === 0 || targets.includes(`${R4}Resource`)) return []
  if (targets.join() === targetsOf(known.types).join()) return []
  const names = targets.map((each) => (each.startsWith(R4) ? each.slice(R4.length) : each)).join(' | ')
  return [
    (value, visit) => {
      const found = typeOfTarget(value, visit)
      if (found === undefined) return
      const allowed = targets.map((each) => typeOfProfile(compiled, each, visit))
      if (allowed.includes(undefined) || allowed.includes(found) || allowed.includes('Resource')) return
      report(visit, { rule: 'target-type', facts: { targets: names, found, ...author } })
    },
  ]
}

function targetsOf(types: StructureElement['types']): readonly string[] {
  return types.filter(({ code }) => code === 'Reference').flatMap(({ targetProfile = [] }) => targetProfile)
}

/** Returns the type of the resources that a profile is for; undefined where it is not known (yet). */
export function typeOfProfile(compiled: Compiled, canonical: string, visit: Visit): string | undefined {
  const name = canonical.startsWith(R4) ? canonical.slice(R4.length) : undefined
  if (name !== undefined && (name === 'Resource' || compiled.world.definitions.isResourceType(name)))
    return name
  return compiled.structure(canonical, visit)?.type
}

/** The rules for every Reference: what it says of its type is what its literal says, and `#id` is contained. */
export const checkReference: Check = (value, visit) => {
  if (!isObject(value)) return
  const { reference } = value
  if (isDangling(reference, visit.scope.rootResource))
    report(visit, { rule: 'contained-missing', about: String(reference) })
  if (typeof reference === 'string' && UPPER_UUID.test(reference))
    report(visit, { rule: 'uuid-case' }, 'reference')
  checkStatedType(value, visit)
}

const UPPER_UUID = /^urn:uuid:(?=.*[A-F])/

function checkStatedType(value: Readonly<Record<string, unknown>>, visit: Visit): void {
  if (typeof value['type'] !== 'string' || typeof value['reference'] !== 'string') return
  const found = typeOfTarget({ ...value, type: undefined }, visit)
  const stated = value['type'].startsWith(R4) ? value['type'].slice(R4.length) : value['type']
  if (found !== undefined && found !== stated)
    report(visit, { rule: 'reference-type', facts: { stated, found } })
}

/** Returns the resource type that a reference leads to: by its form, contained or in the Bundle; undefined where nothing says. */
export function typeOfTarget(value: unknown, visit: Visit): string | undefined {
  if (!isObject(value)) return undefined
  const type = referencedType(value as Reference)
  if (type !== undefined) return type.startsWith(R4) ? type.slice(R4.length) : type
  return findTarget(value, visit)?.resourceType
}

/** Returns the resource that a reference leads to, where it is contained, in the same Bundle or was handed to the visit. */
export function findTarget(
  reference: Readonly<Record<string, unknown>>,
  { scope }: Visit,
): Resource | undefined {
  const literal = reference['reference']
  if (typeof literal !== 'string') return undefined
  if (literal === '#') return scope.rootResource
  if (literal.startsWith('#')) {
    const { contained } = scope.rootResource
    return Array.isArray(contained) ? contained.find((each) => `#${each?.id}` === literal) : undefined
  }
  return (scope.bundle && entriesOf(scope.bundle).get(literal)) ?? scope.resolved?.get(literal)
}

const entries = new WeakMap<Resource, ReadonlyMap<string, Resource>>()

function entriesOf(bundle: Resource): ReadonlyMap<string, Resource> {
  const known = entries.get(bundle)
  if (known) return known
  const all = Array.isArray(bundle['entry']) ? bundle['entry'].filter(isObject) : []
  const made = new Map(all.map((each) => [String(each['fullUrl']), each['resource'] as Resource] as const))
  entries.set(bundle, made)
  return made
}
