// Files that the pages need: style, scripts and pictures of ours, read once at start.
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { FastifyInstance } from 'fastify'
import type { SmartContext } from '../context.ts'

const FOLDER = join(import.meta.dirname, 'assets')

const TYPES: Readonly<Record<string, string>> = {
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  svg: 'image/svg+xml',
}

/** Serves every file of the folder at `/auth/assets/NAME`, to be asked for again only where it has changed. */
export function registerAssets(app: FastifyInstance, { urls }: SmartContext): void {
  for (const name of readdirSync(FOLDER)) {
    const bytes = readFileSync(join(FOLDER, name))
    const etag = `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"`
    app.get(`${urls.rootPath}/auth/assets/${name}`, (request, reply) => {
      reply.headers({ etag, 'cache-control': 'no-cache', 'x-content-type-options': 'nosniff' })
      if (request.headers['if-none-match'] === etag) return reply.status(304).send()
      return reply.type(TYPES[name.slice(name.lastIndexOf('.') + 1)]!).send(bytes)
    })
  }
}
