// The sample app of conformance/apps on an origin of its own, registered by the command that an operator uses.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import type { Test } from 'tap'
import { serveApps } from '../../conformance/apps/serve.ts'
import { runCommand } from '../../scripts/bench/server.ts'
import { freePort } from './free-port.ts'
import { openFolder, type TestServer } from './server.ts'

export interface SampleApp {
  readonly origin: string
  readonly clientId: string
  /** Where a person starts it. */
  readonly launch: string
}

const METADATA = join(import.meta.dirname, '../../conformance/apps/growth/client.json')

/** Registers the app and serves it; closed when the test ends. */
export async function openSampleApp(t: Test, { config }: TestServer): Promise<SampleApp> {
  const port = await freePort()
  const file = join(openFolder(t), 'client.json')
  writeFileSync(file, readFileSync(METADATA, 'utf8').replaceAll('localhost:4000', `localhost:${port}`))
  const clientId = await runCommand(config.store, ['client', 'add', file])
  const server = await serveApps(port, () => ({ clientId, iss: config.baseUrl }))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  const origin = `http://localhost:${port}`
  return { origin, clientId, launch: `${origin}/growth/launch.html` }
}

/** What fhirclient keeps in the browser. */
export interface KeptState {
  readonly expiresAt: number
  readonly tokenResponse: Readonly<Record<string, string>>
}

/** Returns the state of the app in this page. */
export function readState(page: Page): Promise<KeptState> {
  return page.evaluate("JSON.parse(sessionStorage[JSON.parse(sessionStorage['SMART_KEY'])])")
}

/** Asks the FHIR server as the app in this page would; returns the status and the body. */
export function askAsApp(page: Page, base: string, path: string): Promise<{ status: number; body: unknown }> {
  const script = `(async () => {
    const { tokenResponse } = JSON.parse(sessionStorage[JSON.parse(sessionStorage['SMART_KEY'])])
    const headers = { authorization: 'Bearer ' + tokenResponse.access_token }
    const reply = await fetch(${JSON.stringify(`${base}/${path}`)}, { headers })
    return { status: reply.status, body: await reply.json() }
  })()`
  return page.evaluate(script)
}
