// Which codes a value set holds, by its compose. https://hl7.org/fhir/R4/valueset.html#compositions
import type { CodeSystemData, IncludeData, TerminologyData } from './definitions-terminology.ts'

/** Codes by system. */
export type CodesBySystem = ReadonlyMap<string, ReadonlySet<string>>

export type Expansion =
  | { readonly kind: 'codes'; readonly codes: CodesBySystem }
  | { readonly kind: 'unknown'; readonly url: string }
  /** It draws on codes that are not shipped, or by a filter that we do not have. */
  | { readonly kind: 'unsupported'; readonly reason: string }

/** Returns every code system that the value set names, those of value sets it is made of included. */
export function systemsOf(data: TerminologyData, url: string, seen = new Set<string>()): Set<string> {
  const systems = new Set<string>()
  const key = cutVersion(url)
  if (seen.has(key)) return systems
  seen.add(key)
  for (const { system, valueSets = [] } of data.valueSets[key]?.include ?? []) {
    if (system !== undefined) systems.add(system)
    for (const nested of valueSets) for (const one of systemsOf(data, nested, seen)) systems.add(one)
  }
  return systems
}

/** Returns the codes of the value set `url` (a `|version` is not looked at), or why they cannot be told. Never throws. */
export function expandValueSet(data: TerminologyData, url: string): Expansion {
  return expand(data, cutVersion(url), [])
}

function expand(data: TerminologyData, url: string, path: readonly string[]): Expansion {
  if (path.includes(url)) return { kind: 'unsupported', reason: `value set ${url} includes itself` }
  const valueSet = Object.hasOwn(data.valueSets, url) ? data.valueSets[url] : undefined
  if (!valueSet) return { kind: 'unknown', url }
  const codes = new Map<string, Set<string>>()
  for (const include of valueSet.include) {
    const found = select(data, include, [...path, url])
    if (found.kind !== 'codes') return found
    for (const [system, some] of found.codes) codes.set(system, (codes.get(system) ?? new Set()).union(some))
  }
  for (const exclude of valueSet.exclude ?? []) {
    const found = select(data, exclude, [...path, url])
    if (found.kind !== 'codes') return found
    for (const [system, some] of found.codes)
      codes.set(system, (codes.get(system) ?? new Set()).difference(some))
  }
  return { kind: 'codes', codes }
}

// One include: the codes of its system, and of those the ones in all its value sets.
function select(data: TerminologyData, include: IncludeData, path: readonly string[]): Expansion {
  const parts: CodesBySystem[] = []
  if (include.system !== undefined) {
    const own = selectFromSystem(data, include, include.system)
    if (typeof own === 'string') return { kind: 'unsupported', reason: own }
    parts.push(new Map([[include.system, own]]))
  }
  for (const url of include.valueSets ?? []) {
    const nested = expand(data, cutVersion(url), path)
    if (nested.kind === 'unknown')
      return {
        kind: 'unsupported',
        reason: `it is made of the value set ${nested.url}, which is not known here`,
      }
    if (nested.kind === 'unsupported') return nested
    parts.push(nested.codes)
  }
  return { kind: 'codes', codes: parts.length === 0 ? new Map() : parts.reduce(intersect) }
}

function intersect(a: CodesBySystem, b: CodesBySystem): CodesBySystem {
  const both = [...a].map(
    ([system, codes]) => [system, codes.intersection(b.get(system) ?? new Set())] as const,
  )
  return new Map(both)
}

// Returns a sentence where the codes cannot be told.
function selectFromSystem(
  data: TerminologyData,
  include: IncludeData,
  system: string,
): ReadonlySet<string> | string {
  if (include.codes) return new Set(include.codes)
  const source = Object.hasOwn(data.codeSystems, system) ? data.codeSystems[system] : undefined
  if (!source) return `the codes of ${system} are not part of this server`
  let codes: ReadonlySet<string> = new Set(source.codes)
  for (const filter of include.filters ?? []) {
    const passed = applyFilter(source, filter)
    if (!passed) return `the filter "${filter.join(' ')}" on ${system} is not supported`
    codes = codes.intersection(passed)
  }
  return codes
}

function applyFilter(
  source: CodeSystemData,
  [property, op, value]: readonly [string, string, string],
): ReadonlySet<string> | undefined {
  if (property === 'concept' || property === 'code') {
    if (op === 'is-a') return new Set(value.split(',').flatMap((code) => [...closure(source, code, 'down')]))
    if (op === 'descendent-of') return without(closure(source, value, 'down'), value)
    if (op === 'is-not-a') return new Set(source.codes).difference(closure(source, value, 'down'))
    if (op === 'generalizes') return closure(source, value, 'up')
    if (op === 'in' || op === '=')
      return new Set(source.codes.filter((code) => value.split(',').includes(code)))
    return undefined
  }
  if (op !== '=') return undefined
  const rows = (source.properties ?? []).filter(([, name, text]) => name === property && text === value)
  return new Set(rows.map(([position]) => source.codes[position]!))
}

function without(codes: Set<string>, code: string): Set<string> {
  codes.delete(code)
  return codes
}

/** Returns `code` and everything beneath (`down`) or above it (`up`); empty where the system has no such code. */
export function closure(source: CodeSystemData, code: string, direction: 'up' | 'down'): Set<string> {
  const start = source.codes.indexOf(code)
  if (start < 0) return new Set()
  const edges = source.edges ?? []
  const [from, to] = direction === 'down' ? [1, 0] : [0, 1]
  const found = new Set([start])
  // A Set that grows while it is walked: each position is met once, cycles end.
  for (const position of found) {
    for (let at = 0; at < edges.length; at += 2) if (edges[at + from] === position) found.add(edges[at + to]!)
  }
  return new Set([...found].map((position) => source.codes[position]!))
}

/** Returns `canonical` without `|version`. */
export function cutVersion(canonical: string): string {
  const bar = canonical.indexOf('|')
  return bar < 0 ? canonical : canonical.slice(0, bar)
}
