// Caches that do not grow without end.

/** Puts a value under a key, as the newest; where there would be more than `max`, the oldest is forgotten. */
export function keepNewest<Key, Value>(map: Map<Key, Value>, key: Key, value: Value, max: number): void {
  map.delete(key)
  if (map.size >= max) map.delete(map.keys().next().value!)
  map.set(key, value)
}
