// R4's code systems, value sets and concept maps with their texts, cut down to what terminology operations answer with. https://hl7.org/fhir/R4/terminology-module.html
import type { Resource } from './resource.ts'

/** Plain JSON by canonical, read when the first operation asks. */
export interface ConformanceData {
  readonly codeSystems: Readonly<Record<string, Resource>>
  readonly valueSets: Readonly<Record<string, Resource>>
  readonly conceptMaps: Readonly<Record<string, Resource>>
}

type Source = Readonly<Record<string, unknown>>

/** Longer definitions are left out: half of the bytes are a few of them. */
const MAX_DEFINITION = 300

/** Returns the compact form of the definitions of a package. */
export function compileConformance(
  codeSystems: readonly Source[],
  valueSets: readonly Source[],
  conceptMaps: readonly Source[],
): ConformanceData {
  return {
    codeSystems: byUrl(codeSystems, toCodeSystem),
    valueSets: byUrl(valueSets, toValueSet),
    conceptMaps: byUrl(conceptMaps, toConceptMap),
  }
}

function byUrl(sources: readonly Source[], cut: (source: Source) => Source): Record<string, Resource> {
  return Object.fromEntries(sources.map((source) => [String(source['url']), cut(source) as Resource]))
}

const HEAD = ['resourceType', 'id', 'url', 'version', 'name', 'title', 'status'] as const

function pick(source: Source, names: readonly string[]): Source {
  return Object.fromEntries(
    names.flatMap((name) => (source[name] === undefined ? [] : [[name, source[name]]])),
  )
}

function toCodeSystem(source: Source): Source {
  const own = [
    'content',
    'caseSensitive',
    'hierarchyMeaning',
    'valueSet',
    'supplements',
    'property',
    'filter',
  ]
  const concept = toConcepts(source['concept'])
  return { ...pick(source, [...HEAD, ...own]), ...(concept && { concept }) }
}

function toConcepts(concepts: unknown): readonly Source[] | undefined {
  if (!Array.isArray(concepts)) return undefined
  return concepts.map((each: Source) => {
    const { definition } = each
    const isShort = typeof definition === 'string' && definition.length <= MAX_DEFINITION
    const concept = toConcepts(each['concept'])
    return {
      ...pick(each, ['code', 'display', 'property']),
      ...(isShort && { definition }),
      ...(Array.isArray(each['designation']) && { designation: each['designation'].map(toDesignation) }),
      ...(concept && { concept }),
    }
  })
}

function toDesignation(designation: Source): Source {
  return pick(designation, ['language', 'use', 'value'])
}

function toValueSet(source: Source): Source {
  return pick(source, [...HEAD, 'compose', ...(source['compose'] ? [] : ['expansion'])])
}

function toConceptMap(source: Source): Source {
  const own = ['sourceUri', 'sourceCanonical', 'targetUri', 'targetCanonical', 'group']
  return pick(source, [...HEAD, ...own])
}
