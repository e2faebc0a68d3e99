// The elements of a snapshot as a list in which what lies beneath an element follows it. https://hl7.org/fhir/R4/elementdefinition.html
/** An ElementDefinition as it is written; what is not named here is carried along. */
export interface RawElement {
  readonly id: string
  readonly path: string
  readonly sliceName?: string
  readonly min?: number
  readonly max?: string
  readonly base?: { readonly path: string; readonly min: number; readonly max: string }
  readonly type?: readonly {
    readonly code: string
    readonly profile?: readonly string[]
    readonly targetProfile?: readonly string[]
  }[]
  readonly slicing?: object
  readonly contentReference?: string
  readonly [property: string]: unknown
}

/** Returns a copy of `element` that stands beneath another: `fromId` and `fromPath` at its start become `path` and `id`. */
export function rename(
  element: RawElement,
  fromId: string,
  fromPath: string,
  path: string,
  id = path,
): RawElement {
  return {
    ...element,
    id: replaceStart(element.id ?? element.path, fromId, id),
    path: replaceStart(element.path, fromPath, path),
  }
}

function replaceStart(text: string, from: string, to: string): string {
  return text === from || text.startsWith(`${from}.`) || text.startsWith(`${from}:`)
    ? to + text.slice(from.length)
    : text
}

/** Returns the position behind everything that lies beneath `element`, its slices and theirs included. */
export function subtreeEnd(elements: readonly RawElement[], element: RawElement): number {
  let end = elements.indexOf(element) + 1
  while (end < elements.length && isBeneath(elements[end]!.id, element.id)) end++
  return end
}

function isBeneath(id: string, of: string): boolean {
  return id.startsWith(`${of}.`) || id.startsWith(`${of}:`) || id.startsWith(`${of}/`)
}

/** Puts a slice behind the slices of `element` that are there, or behind those of the slice that it lies in. */
export function insertSlice(elements: RawElement[], element: RawElement, slice: RawElement): void {
  const outer = slice.sliceName!.includes('/') ? slice.id.slice(0, slice.id.lastIndexOf('/')) : undefined
  const behind = elements.find(({ id }) => id === outer) ?? element
  elements.splice(subtreeEnd(elements, behind), 0, slice)
}
