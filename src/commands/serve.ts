// Serves the FHIR API until it is told to stop, and then loses no write it has acknowledged.
import { createApp } from '../app.ts'
import type { Config } from '../config.ts'
import { openStore } from '../store/open.ts'

export const summary = 'Serves the FHIR API until SIGTERM or SIGINT.'
export const usage =
  '\n\nA signal stops accepting requests, answers those in flight, and closes the store. A second one ends at once.'

/** What is still in flight after this long was never acknowledged, and is cut off. */
const CLOSE_MS = 5_000

/** Returns 0 after an orderly end; throws where the store or the port cannot be opened. */
export async function run(args: readonly string[], config: Config): Promise<number> {
  if (args.length > 0) throw new RangeError('serve takes no arguments: settings are environment variables')
  const store = await openStore(config.store)
  try {
    const app = await createApp(config, store)
    const stopped = waitForSignal()
    await app.listen({ port: config.port, host: config.host }).catch(refusePort)
    process.stdout.write(`Musubi is ready at ${config.baseUrl}\n`)
    await stopped
    const deadline = setTimeout(() => app.server.closeAllConnections(), CLOSE_MS)
    await app.close()
    clearTimeout(deadline)
  } finally {
    await store.close()
  }
  return 0
}

// What the person who starts it can put right is one line.
function refusePort(
  error: NodeJS.ErrnoException & { readonly address?: string; readonly port?: number },
): never {
  const place = `${error.address}:${error.port}`
  if (error.code === 'EADDRINUSE')
    throw new RangeError(`${place} is in use by another program: end that, or set PORT`)
  if (error.code === 'EACCES' || error.code === 'EADDRNOTAVAIL')
    throw new RangeError(`${place} cannot be listened on (${error.code}): set HOST and PORT`)
  throw error
}

function waitForSignal(): Promise<void> {
  return new Promise((resolve) => {
    let signals = 0
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      process.on(signal, () => {
        signals++
        if (signals > 1) process.exit(1)
        resolve()
      })
    }
  })
}
