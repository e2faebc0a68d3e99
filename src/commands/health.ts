// Asks the server of these settings whether it is ready: what a container's health check calls.
import type { Config } from '../config.ts'

export const summary = 'Exits with 0 where the server is ready, with 1 where it is not.'
export const usage = ''

const TIMEOUT_MS = 2_000

/** Returns 0 or 1, and prints nothing. */
export async function run(args: readonly string[], { host, port }: Config): Promise<number> {
  if (args.length > 0) throw new RangeError('health takes no arguments: settings are environment variables')
  const address = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host
  const url = `http://${address.includes(':') ? `[${address}]` : address}:${port}/readyz`
  const ready = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) }).then(
    (reply) => reply.ok,
    () => false,
  )
  return ready ? 0 : 1
}
