// An extension where it stands: known, in its place, and as its own definition says. https://hl7.org/fhir/R4/extensibility.html
import { findContextFault } from '../validate/extension-context.ts'
import { baseElement, type Frame, frameBeneath, toProperties } from './base.ts'
import type { StructureElement } from './structure.ts'
import { isObject, report, type Visit } from './visit.ts'
import type { Compiled, World } from './world.ts'

interface Place {
  readonly isModifier: boolean
  readonly parent: unknown
}

/** Checks the extension at which the visit is (V23), whatever lies in it included. */
export function checkExtension(compiled: Compiled, extension: unknown, visit: Visit, place: Place): void {
  if (!isObject(extension)) return
  const { url } = extension
  if (typeof url === 'string') {
    // Within a complex extension a relative URL is a part of it, told by the definition of the whole.
    const isPart = visit.extensions.length > 0 && !url.includes(':')
    if (!isPart) checkDefined(compiled, { url, extension, visit, place })
    visit.extensions.push(url)
  }
  compiled.type('Extension')(extension, visit)
  if (typeof url === 'string') visit.extensions.pop()
}

interface Defined {
  readonly url: string
  readonly extension: Readonly<Record<string, unknown>>
  readonly visit: Visit
  readonly place: Place
}

function checkDefined(compiled: Compiled, { url, extension, visit, place }: Defined): void {
  const { isModifier, parent } = place
  const structure = compiled.structure(url, visit)
  if (structure?.type !== 'Extension') {
    if (isModifier) report(visit, { rule: 'unknown-modifier-extension', about: url })
    else if (visit.level === 'all' || compiled.world.unknownExtension === 'error')
      report(visit, { rule: 'unknown-extension', about: url, severity: compiled.world.unknownExtension })
    return
  }
  const fault = findContextFault(structure, {
    paths: namesOf(compiled.world, visit),
    parentExtensions: visit.extensions,
    isModifier,
    value: parent,
    resource: visit.scope.resource,
  })
  if (fault) report(visit, fault)
  compiled.profile(url, visit)?.(extension, visit)
}

/** Returns every name of the element that holds the extension: by its resource, by its datatype, by its abstract types. */
function namesOf(world: World, { path, resourceAt, scope }: Visit): readonly string[] {
  const steps = path.slice(resourceAt, -2).filter((step) => typeof step === 'string')
  const type = scope.resource.resourceType
  let names = [type, type]
  let frame: Frame | undefined = { type, path: type }
  let spelled = [type]
  let element: StructureElement | undefined
  for (const step of steps) {
    const name: string = step.startsWith('_') ? step.slice(1) : step
    const found: Descended | undefined = frame && descend(world, frame, name)
    element = found?.element
    const own = found ? lastOf(found.element.path) : name
    spelled = spelled.flatMap((before) =>
      [...new Set([own, own.replace('[x]', ''), name])].map((each) => `${before}.${each}`),
    )
    names = [...spelled, ...(found ? [found.element.path, found.element.path.replace('[x]', '')] : [])]
    frame = found?.frame
    if (found?.frame) names.push(found.frame.path)
  }
  const abstract =
    steps.length === 0
      ? abstractOf(world, type)
      : ['Element', ...(element ? element.types.map(({ code }) => code) : [])]
  return [...new Set([...names, ...abstract])]
}

function abstractOf(world: World, type: string): readonly string[] {
  return world.definitions.elements(type).some(({ path }) => path === `${type}.text`)
    ? ['DomainResource', 'Resource']
    : ['Resource']
}

interface Descended {
  readonly element: StructureElement
  readonly frame: Frame | undefined
}

function descend(world: World, frame: Frame, name: string): Descended | undefined {
  const plain = baseElement(world, { ...frame, path: `${frame.path}.${name}` })
  if (plain)
    return { element: plain, frame: frameBeneath(world, frame, { element: plain, types: plain.types }) }
  for (let end = name.length - 1; end > 0; end--) {
    const element = baseElement(world, { ...frame, path: `${frame.path}.${name.slice(0, end)}[x]` })
    const type = element && toProperties(element).find(({ property }) => property === name)?.type
    if (type) return { element, frame: { type, path: type } }
  }
  return undefined
}

function lastOf(path: string): string {
  return path.slice(path.lastIndexOf('.') + 1)
}
