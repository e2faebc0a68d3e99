// Writes that met at one resource take turns, so that each gets through instead of meeting again and again.

const queues = new WeakMap<object, Map<string, Promise<unknown>>>()

/**
 * Runs `act` after every earlier one with the same `key` on the same `owner` has ended, and returns what it returns. Only
 * within this process: another one is met at the store, as before.
 */
export function inTurn<T>(owner: object, key: string, act: () => Promise<T>): Promise<T> {
  let queue = queues.get(owner)
  if (!queue) {
    queue = new Map()
    queues.set(owner, queue)
  }
  const mine = (queue.get(key) ?? Promise.resolve()).then(act)
  const ended = mine.then(ignore, ignore).then(() => {
    if (queue.get(key) === ended) queue.delete(key)
  })
  queue.set(key, ended)
  return mine
}

function ignore(): void {}
