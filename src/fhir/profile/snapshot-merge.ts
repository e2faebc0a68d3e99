// One element of a differential laid over that of the base: it may narrow it, never widen it. https://hl7.org/fhir/R4/profiling.html#limitations
import { FhirError } from '../outcome.ts'
import { isSame } from './compare.ts'
import type { RawElement } from './snapshot-list.ts'

/** Properties that are lists to which a profile adds, each with what tells its members apart. */
const ADDED: Readonly<Record<string, (member: Record<string, unknown>) => unknown>> = {
  constraint: ({ key }) => key,
  mapping: (mapping) => JSON.stringify(mapping),
  condition: (key) => key,
  code: (coding) => JSON.stringify(coding),
  alias: (name) => name,
  example: (example) => JSON.stringify(example),
}

/** A value that stands once, in the type it has. */
const VALUE = /^(fixed|pattern|minValue|maxValue|defaultValue)[A-Z]/

/** Which element says what. */
const OWN = new Set(['id', 'path', 'sliceName', 'base'])

/** Lays `change` over `element`, in place; throws FhirError `unprocessable`, naming both, where it would widen it. */
export function mergeElement(element: RawElement, change: RawElement, url: string): void {
  assertNarrower(element, change, url)
  const target = element as Record<string, unknown>
  for (const [name, value] of Object.entries(change)) {
    if (OWN.has(name) || value === undefined) continue
    const stem = VALUE.exec(name)?.[1]
    if (stem) for (const old of Object.keys(target)) if (VALUE.exec(old)?.[1] === stem) delete target[old]
    const keyOf = ADDED[name]
    target[name] = keyOf ? addMembers(target[name], value, keyOf) : value
  }
}

function addMembers(
  before: unknown,
  more: unknown,
  keyOf: (member: Record<string, unknown>) => unknown,
): unknown {
  if (!Array.isArray(before) || !Array.isArray(more)) return more
  const keys = new Set(more.map(keyOf))
  return [...before.filter((each) => !keys.has(keyOf(each))), ...more]
}

const STRENGTHS = ['example', 'preferred', 'extensible', 'required']

function assertNarrower(element: RawElement, change: RawElement, url: string): void {
  const say = (what: string) =>
    new FhirError('unprocessable', `No snapshot can be made of ${url}: ${change.id ?? change.path} ${what}`)
  const { min = 0, max = '*' } = element
  if (change.min !== undefined && Number(change.min) < min)
    throw say(`has min ${change.min}, but what it is based on has ${min}`)
  const [most, wanted] = [toCount(max), toCount(change.max ?? max)]
  if (wanted > most) throw say(`has max ${change.max}, but what it is based on has ${max}`)
  if (Number(change.min ?? min) > wanted)
    throw say(`has min ${change.min ?? min} above its max ${change.max ?? max}`)
  assertTypes(element, change, say)
  for (const [name, value] of Object.entries(element)) {
    if (!/^(fixed|pattern)[A-Z]/.test(name)) continue
    const own = Object.entries(change).find(([each]) => /^(fixed|pattern)[A-Z]/.test(each))
    if (own && name.startsWith('fixed') && !isSame(own[1], value))
      throw say(`has ${own[0]}, but what it is based on has ${name} with another value`)
  }
  const [before, now] = [element['binding'], change['binding']] as readonly (
    | { strength?: string }
    | undefined
  )[]
  if (
    before?.strength &&
    now?.strength &&
    STRENGTHS.indexOf(now.strength) < STRENGTHS.indexOf(before.strength)
  )
    throw say(
      `has a binding that is ${now.strength}, but what it is based on has one that is ${before.strength}`,
    )
}

function toCount(max: unknown): number {
  return max === '*' ? Number.POSITIVE_INFINITY : Number(max)
}

const GENERAL = new Set(['Resource', 'DomainResource', 'Element', 'BackboneElement'])

// Snapshots name FHIRPath's types for ids and URLs, differentials R4's.
function isGeneral(code: string): boolean {
  return GENERAL.has(code) || code.startsWith('http://hl7.org/fhirpath/System.')
}

function assertTypes(
  { type: before }: RawElement,
  { type: now }: RawElement,
  say: (what: string) => FhirError,
): void {
  if (!before || !now || before.some(({ code }) => isGeneral(code))) return
  const other = now.find(({ code }) => !before.some((each) => each.code === code))
  if (!other) return
  const list = before.map(({ code }) => code).join(', ')
  throw say(`has the type ${other.code}, but what it is based on has ${list}`)
}
