// Seeded random numbers: the same seed and index always give the same resident (splitmix32).

export interface Random {
  /** A float in [0, 1). */
  next(): number
  /** An integer in [from, to]. */
  int(from: number, to: number): number
  /** A normally distributed float. */
  normal(mean: number, deviation: number): number
  pick<T>(items: readonly T[]): T
  chance(probability: number): boolean
  /** A version 4 UUID made of this sequence. */
  uuid(): string
}

/** Returns an independent sequence for each (seed, index). */
export function createRandom(seed: number, index: number): Random {
  let state = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(index + 1, 0xc2b2ae35)

  function word(): number {
    state = (state + 0x9e3779b9) | 0
    let mixed = state ^ (state >>> 16)
    mixed = Math.imul(mixed, 0x21f0aaad)
    mixed ^= mixed >>> 15
    mixed = Math.imul(mixed, 0x735a2d97)
    return (mixed ^ (mixed >>> 15)) >>> 0
  }

  const next = () => word() / 0x1_0000_0000
  const hex = () => word().toString(16).padStart(8, '0')

  return {
    next,
    int: (from, to) => from + Math.floor(next() * (to - from + 1)),
    normal: (mean, deviation) =>
      mean + deviation * Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next()),
    pick: (items) => items[Math.floor(next() * items.length)]!,
    chance: (probability) => next() < probability,
    uuid() {
      const [a, b, c, d] = [hex(), hex(), hex(), hex()]
      const variant = '89ab'[parseInt(c[0]!, 16) & 3]
      return `${a}-${b.slice(0, 4)}-4${b.slice(5)}-${variant}${c.slice(1, 4)}-${c.slice(4)}${d}`
    },
  }
}
