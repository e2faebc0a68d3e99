// Which item of a list is which in another version of it. https://hl7.org/fhir/R4/json.html#repeat
import { sameValue } from '../document.ts'
import { stringifyJson } from '../json.ts'
import { isElement } from './fate.ts'

/** Returns for each item of `shown` the place of the item of `whole` of which it is what was left; both are in the same order. */
export function alignItems(whole: readonly unknown[], shown: readonly unknown[]): readonly number[] {
  const places: number[] = []
  let at = 0
  for (const item of shown) {
    while (at < whole.length && !isLeftOf(whole[at], item)) at++
    places.push(Math.min(at++, whole.length - 1))
  }
  return places
}

// True where `left` could be `whole` with something taken out of it.
function isLeftOf(whole: unknown, left: unknown): boolean {
  if (Array.isArray(whole) && Array.isArray(left)) {
    let at = 0
    return left.every((item) => {
      while (at < whole.length && !isLeftOf(whole[at], item)) at++
      return at++ < whole.length
    })
  }
  if (!isElement(whole) || !isElement(left) || Array.isArray(whole) || Array.isArray(left))
    return sameValue(whole, left)
  return Object.keys(left).every((name) => Object.hasOwn(whole, name) && isLeftOf(whole[name], left[name]))
}

/**
 * Returns place in `given` → place in `shown` of the same item: equal ones first, then those of the same id, then what is left of both
 * at the same position, or one after the other where as many are left.
 */
export function matchItems(
  shown: readonly unknown[],
  given: readonly unknown[],
): ReadonlyMap<number, number> {
  const matched = new Map<number, number>()
  const open = new Set(shown.keys())
  for (const name of [toText, toId]) {
    const places = new Map<string, number[]>()
    for (const place of [...open].reverse()) {
      const text = name(shown[place])
      if (text === undefined) continue
      const same = places.get(text)
      if (same) same.push(place)
      else places.set(text, [place])
    }
    for (const [at, item] of given.entries()) {
      const text = matched.has(at) ? undefined : name(item)
      const place = text === undefined ? undefined : places.get(text)?.pop()
      if (place !== undefined && open.delete(place)) matched.set(at, place)
    }
  }
  const free = [...given.keys()].filter((at) => !matched.has(at))
  const left = [...open]
  for (const [rank, at] of free.entries()) {
    const place = free.length === left.length ? left[rank] : open.has(at) ? at : undefined
    if (place !== undefined) matched.set(at, place)
  }
  return matched
}

function toText(item: unknown): string {
  return stringifyJson(sorted(item))
}

function toId(item: unknown): string | undefined {
  return isElement(item) && typeof item['id'] === 'string' ? item['id'] : undefined
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (!isElement(value)) return value
  const names = Object.keys(value).sort()
  return Object.fromEntries(names.map((name) => [name, sorted(value[name])]))
}
