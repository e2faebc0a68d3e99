// Bare Fastify over bare SQLite, forked by ceiling.ts: what any server on this stack could reach at most.
import { DatabaseSync } from 'node:sqlite'
import fastify from 'fastify'

const database = new DatabaseSync(process.argv[2]!, { readOnly: true })
const select = database.prepare('SELECT bytes FROM document WHERE id = ?')
const app = fastify()
app.get<{ Params: { id: string } }>('/fhir/Patient/:id', (request, reply) => {
  const row = select.get(request.params.id) as { bytes: Uint8Array }
  reply.header('content-type', 'application/fhir+json')
  return reply.send(Buffer.from(row.bytes.buffer, row.bytes.byteOffset, row.bytes.byteLength))
})
await app.listen({ port: 0, host: '127.0.0.1' })
const address = app.server.address()
process.send?.({ port: typeof address === 'object' ? address?.port : 0 })
