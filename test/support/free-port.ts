// A port that is free now: for a server whose own address must be known before it is made.
import { once } from 'node:events'
import { createServer } from 'node:net'

/** Returns a free port of the loopback address. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}
