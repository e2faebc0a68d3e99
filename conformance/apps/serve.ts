#!/usr/bin/env node
// Serves the sample apps on an origin of their own: `npx node conformance/apps/serve.ts --client ID [--iss URL] [--port 4000]`.
import { readFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import { createRequire } from 'node:module'
import { dirname, extname, join } from 'node:path'
import { parseArgs } from 'node:util'

const ROOT = import.meta.dirname
const APPS = ['growth'] as const
const VENDOR = join(dirname(createRequire(import.meta.url).resolve('fhirclient/package.json')), 'build')

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
}

export interface AppSettings {
  readonly clientId: string
  /** The FHIR base that the apps work with. */
  readonly iss: string
}

/** Starts the server of the apps and resolves once it listens; `settings` are read anew by each launch. */
export async function serveApps(port: number, settings: () => AppSettings): Promise<Server> {
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost')
    const headers = toHeaders(settings())
    const json = APPS.some((app) => pathname === `/${app}/settings.json`)
    const file = json ? undefined : toFile(pathname)
    const body = json ? JSON.stringify(settings()) : file && (await readFile(file).catch(() => undefined))
    if (body === undefined) return response.writeHead(404, headers).end()
    const type = file === undefined ? 'application/json' : TYPES[extname(file)]
    return response.writeHead(200, { ...headers, 'content-type': type }).end(body)
  })
  await new Promise<void>((resolve) => server.listen(port, 'localhost', resolve))
  return server
}

// Only names without a folder in them, so that nothing beside the apps can be asked for.
function toFile(pathname: string): string | undefined {
  if (pathname === '/vendor/fhir-client.js') return join(VENDOR, 'fhir-client.pure.min.js')
  const [, app, name] = /^\/([a-z]+)\/([a-z]+\.(?:html|js|css))$/.exec(pathname) ?? []
  return name !== undefined && APPS.some((each) => each === app) ? join(ROOT, app!, name) : undefined
}

// The app calls the FHIR server and nobody else.
function toHeaders({ iss }: AppSettings) {
  return {
    'cache-control': 'no-store',
    'content-security-policy': `default-src 'self'; img-src data:; connect-src 'self' ${new URL(iss).origin}; frame-ancestors 'none'`,
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
  }
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      client: { type: 'string' },
      iss: { type: 'string', default: 'http://127.0.0.1:3000/fhir' },
      port: { type: 'string', default: '4000' },
    },
  })
  const { client, iss, port } = values
  if (client === undefined) {
    process.stderr.write('Usage: npx node conformance/apps/serve.ts --client ID [--iss URL] [--port 4000]\n')
    process.exit(2)
  }
  await serveApps(Number(port), () => ({ clientId: client, iss }))
  process.stdout.write(`http://localhost:${port}/growth/launch.html\n`)
}
