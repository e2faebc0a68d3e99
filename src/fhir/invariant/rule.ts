// A rule written by hand, and the forms that many of them have. https://hl7.org/fhir/R4/conformance-rules.html#constraints
import type { CheckInvariant } from './scope.ts'
import { isObject, present, type Row } from './values.ts'

export interface Native {
  /** The text that it stands for, to the letter: another rule of the same key is another rule. */
  readonly expression: string
  readonly holds: CheckInvariant
}

/** A rule of an element that is an object. */
export function on(
  expression: string,
  holds: (value: Row, scope: Parameters<CheckInvariant>[1]) => boolean,
): Native {
  return { expression, holds: (value, scope) => !isObject(value) || holds(value, scope) }
}

/** `a.empty() or b.exists()` */
export function needs(a: string, b: string, expression = `${a}.empty() or ${b}.exists()`): Native {
  return on(expression, (value) => !present(value, a) || present(value, b))
}

/** `a.empty() or b.empty()` */
export function excludes(a: string, b: string): Native {
  return on(`${a}.empty() or ${b}.empty()`, (value) => !present(value, a) || !present(value, b))
}
