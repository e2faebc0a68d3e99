// How the rules written by hand look into an element. https://hl7.org/fhir/R4/json.html
export type Row = Readonly<Record<string, unknown>>

export function isObject(value: unknown): value is Row {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** True where the element is there, be it by its companion alone. */
export function present(value: Row, name: string): boolean {
  return value[name] !== undefined || value[`_${name}`] !== undefined
}

/** The same of a choice, by its name without the type. */
export function presentChoice(value: Row, stem: string): boolean {
  for (const name in value) {
    const at = name.startsWith('_') ? 1 : 0
    if (name.startsWith(stem, at) && isCapital(name.charCodeAt(at + stem.length))) return true
  }
  return false
}

function isCapital(code: number): boolean {
  return code >= 0x41 && code <= 0x5a
}

/** Returns the objects of an array; none for anything else. */
export function listOf(value: unknown): readonly Row[] {
  return Array.isArray(value) ? value.filter(isObject) : []
}

/** Returns an element that may or may not repeat as a list. */
export function itemsOf(value: unknown): readonly Row[] {
  return Array.isArray(value) ? value.filter(isObject) : isObject(value) ? [value] : []
}

export function isDistinct(values: readonly unknown[]): boolean {
  return new Set(values).size === values.length
}
