// A web server of somebody else, on this machine.
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Test } from 'tap'

export interface Web {
  /** `127.0.0.1:PORT`, as MUSUBI_PRIVATE_HOSTS has it. */
  readonly host: string
  readonly url: string
  /** Paths that were asked for, in order, with the `Accept` header of each. */
  readonly asked: readonly (readonly [path: string, accept: string | undefined])[]
}

/** Opens a server that is closed when the test ends. */
export async function openWeb(t: Test, answer: RequestListener): Promise<Web> {
  const asked: [string, string | undefined][] = []
  const server = createServer((request, response) => {
    asked.push([request.url!, request.headers.accept])
    answer(request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  return { host, url: `http://${host}`, asked }
}
