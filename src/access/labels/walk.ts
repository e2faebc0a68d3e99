// Where labels come from: the codings in a resource, the resources in it, and those it refers to (LI2).
// https://hl7.org/fhir/R4/security-labels.html
import { parseReference } from '../../fhir/reference.ts'
import type { Resource } from '../../fhir/resource.ts'
import { isUniversal } from '../directory.ts'

/** Calls `onCoding` for everything with a system and a code, at any depth, and `onResource` for contained resources and entries; definitions and directories have no codings here. */
export function walkCodings(
  resource: Resource,
  onCoding: (system: string, code: string) => void,
  onResource: (resource: Resource) => void,
): void {
  if (!isImpersonal(resource)) walk(resource)

  function walk(value: object): void {
    if (Array.isArray(value)) {
      for (const item of value) if (typeof item === 'object' && item !== null) walk(item)
      return
    }
    const { system, code } = value as { readonly system?: unknown; readonly code?: unknown }
    if (typeof code === 'string' && typeof system === 'string') onCoding(system, code)
    for (const name in value) {
      const child: unknown = value[name as keyof typeof value]
      if (typeof child !== 'object' || child === null) continue
      if ('resourceType' in child) enter(child as Resource)
      else walk(child)
    }
  }

  function enter(inner: Resource): void {
    onResource(inner)
    if (!isImpersonal(inner)) walk(inner)
  }
}

// A value set that lists codes and a clinic that offers psychiatry say nothing of anybody; a Medication does, through what refers to it.
function isImpersonal({ resourceType }: Resource): boolean {
  return isUniversal(resourceType) && resourceType !== 'Medication'
}

/** Elements through which labels propagate, by name, on the resource itself (LI2). */
const REFERENCES = [
  'addresses',
  'basedOn',
  'context',
  'derivedFrom',
  'encounter',
  'hasMember',
  'medicationReference',
  'partOf',
  'reasonReference',
  'result',
]

/** The same one level down: element, and the references in it. */
const NESTED: readonly (readonly [element: string, references: readonly string[]])[] = [
  ['context', ['encounter']],
  ['diagnosis', ['condition', 'diagnosisReference']],
  ['entry', ['item']],
]

type Row = Readonly<Record<string, unknown>>

/**
 * Returns `Type/id` of the resources of this server (`baseUrl` is its base) whose labels the resource takes over, each once:
 * the caller reads them. Those of contained resources are among them; sections at any depth too.
 */
export function inheritsFrom(resource: Resource, baseUrl?: string): readonly string[] {
  const found = new Set<string>()
  const add = (value: unknown) => {
    for (const { reference } of toRows(value)) {
      const literal = typeof reference === 'string' ? parseReference(reference, baseUrl) : undefined
      if (literal?.kind === 'own') found.add(`${literal.type}/${literal.id}`)
    }
  }
  const addSections = (sections: unknown) => {
    for (const { entry, section } of toRows(sections)) {
      add(entry)
      addSections(section)
    }
  }
  for (const each of [resource as Row, ...toRows(resource['contained'])]) {
    for (const name of REFERENCES) if (each[name] !== undefined) add(each[name])
    for (const [element, names] of NESTED)
      for (const row of toRows(each[element])) for (const name of names) add(row[name])
    addSections(each['section'])
  }
  found.delete(`${resource.resourceType}/${resource.id}`)
  return [...found]
}

function toRows(value: unknown): readonly Row[] {
  const all: readonly unknown[] = Array.isArray(value) ? value : [value]
  return all.filter((each): each is Row => typeof each === 'object' && each !== null)
}
