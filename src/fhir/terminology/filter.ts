// The filters of a value set on one concept. https://hl7.org/fhir/R4/valueset-filter-operator.html
import type { Concept, ConceptFilter } from '../code-system.ts'
import { FhirError } from '../outcome.ts'

type Closure = (code: string, direction: 'up' | 'down') => readonly string[]

/** Longer expressions, and those that repeat what repeats, may take for ever. */
const MAX_REGEX = 200
const NESTED = /\((?:[^()\\]|\\.)*[+*}](?:[^()\\]|\\.)*\)\s*[+*{]/

/** Returns the test of a filter; throws FhirError `not-supported` for one that cannot be applied. */
export function createMatcher(
  { property, op, value }: ConceptFilter,
  closure: Closure,
): (concept: Concept) => boolean {
  const isCode = property === 'concept' || property === 'code'
  switch (op) {
    case '=':
      return property === 'parent'
        ? ({ parents }) => parents.includes(value)
        : (concept) => valuesOf(concept, property).includes(value)
    case 'in':
    case 'not-in': {
      const wanted = new Set(value.split(',').map((each) => each.trim()))
      return (concept) => valuesOf(concept, property).some((each) => wanted.has(each)) === (op === 'in')
    }
    case 'exists':
      return (concept) => valuesOf(concept, property).length > 0 === (value !== 'false')
    case 'regex': {
      const pattern = toRegex(value)
      return (concept) => valuesOf(concept, property).some((each) => each.length <= 512 && pattern.test(each))
    }
  }
  if (!isCode) throw unsupported(property, op)
  const set = toHierarchy(op, value, closure)
  if (!set) throw unsupported(property, op)
  return set
}

function toHierarchy(
  op: string,
  value: string,
  closure: Closure,
): ((concept: Concept) => boolean) | undefined {
  // The code itself comes first in its closure.
  const beneath = (from: 0 | 1) =>
    new Set(value.split(',').flatMap((each) => closure(each.trim(), 'down').slice(from)))
  switch (op) {
    case 'is-a': {
      const codes = beneath(0)
      return ({ code }) => codes.has(code)
    }
    case 'descendent-of': {
      const codes = beneath(1)
      return ({ code }) => codes.has(code)
    }
    case 'is-not-a': {
      const codes = beneath(0)
      return ({ code }) => !codes.has(code)
    }
    case 'generalizes': {
      const codes = new Set(closure(value, 'up'))
      return ({ code }) => codes.has(code)
    }
  }
  return undefined
}

/** Returns the expression that must fit the whole of a value; throws FhirError `not-supported` for one that might not end. */
export function toRegex(source: string): RegExp {
  if (source.length > MAX_REGEX || NESTED.test(source))
    throw new FhirError('not-supported', 'The regular expression of the filter is too costly to run')
  try {
    return new RegExp(`^(?:${source})$`, 'u')
  } catch {
    throw new FhirError('not-supported', 'The regular expression of the filter cannot be read')
  }
}

function valuesOf(concept: Concept, property: string): readonly string[] {
  if (property === 'concept' || property === 'code') return [concept.code]
  if (property === 'display') return concept.display === undefined ? [] : [concept.display]
  return concept.properties.filter(({ code }) => code === property).map(({ value }) => toText(value))
}

function toText(value: unknown): string {
  return typeof value === 'object' && value !== null && 'code' in value ? String(value.code) : String(value)
}

function unsupported(property: string, op: string): FhirError {
  return new FhirError('not-supported', `The filter "${property} ${op}" is not supported`)
}
