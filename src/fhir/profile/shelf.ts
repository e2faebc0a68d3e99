// A map that holds so many and no more: what was used longest ago goes first.

export interface Shelf<Value> {
  has(key: string): boolean
  /** Returns the value, which is then the last to go; undefined where there is none. */
  get(key: string): Value | undefined
  put(key: string, value: Value): void
  clear(): void
}

/** Returns an empty shelf for `max` values. */
export function createShelf<Value>(max: number): Shelf<Value> {
  const held = new Map<string, Value>()
  return {
    has: (key) => held.has(key),
    get(key) {
      const value = held.get(key)
      if (held.delete(key)) held.set(key, value as Value)
      return value
    },
    put(key, value) {
      held.delete(key)
      held.set(key, value)
      if (held.size > max) held.delete(held.keys().next().value!)
    },
    clear: () => held.clear(),
  }
}
