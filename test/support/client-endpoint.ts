// An endpoint that does nothing but authenticate its client, on a store of its own.
import fastify, { type FastifyInstance } from 'fastify'
import type { Test } from 'tap'
import { createContext } from '../../src/app.ts'
import { loadConfig } from '../../src/config.ts'
import type { Client, ClientMetadata } from '../../src/smart/client.ts'
import { authenticateClient } from '../../src/smart/clients/authenticate.ts'
import type { SmartContext } from '../../src/smart/context.ts'
import { answerEndpointFailure } from '../../src/smart/failure.ts'
import { parseFormBody } from '../../src/smart/form.ts'
import { createSmartContext } from '../../src/smart/plugin.ts'
import { openStore } from '../../src/store/open.ts'
import { putClient } from './registered.ts'
import { openFolder } from './server.ts'

export interface Answer {
  readonly status: number
  readonly body: Readonly<Record<string, unknown>>
  readonly headers: Readonly<Record<string, unknown>>
}

export interface ClientEndpoint {
  readonly app: FastifyInstance
  readonly context: SmartContext
  /** Stores a client; `metadata` adds to the least that one has. */
  register(id: string, metadata?: Partial<ClientMetadata>, client?: Partial<Client>): Promise<Client>
  ask(
    form: Readonly<Record<string, string>>,
    headers?: Readonly<Record<string, string>>,
    address?: string,
  ): Promise<Answer>
}

/** Opens the endpoint; it answers with the client, the method and the claims. Closed when the test ends. */
export async function openClientEndpoint(
  t: Test,
  environment: NodeJS.ProcessEnv = {},
): Promise<ClientEndpoint> {
  const config = loadConfig({ MUSUBI_STORE: `sqlite:${openFolder(t)}`, ...environment })
  const store = await openStore(config.store)
  const context = await createSmartContext(await createContext(config, store), config)
  const app = fastify()
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
  app.setErrorHandler(answerEndpointFailure(context))
  app.post('/token', async (request) => {
    const form = parseFormBody(request.headers['content-type'], request.body)
    const { client, method, claims } = await authenticateClient(context, request, form)
    return { client: client.id, method, claims }
  })
  t.teardown(async () => {
    await app.close()
    await store.close()
  })
  return {
    app,
    context,
    register(id, metadata = {}, client = {}) {
      const least = { redirect_uris: [], grant_types: ['client_credentials'], scope: '' } as const
      return putClient(store, id, { purposes: ['TREAT'], ...client }, { ...least, ...metadata })
    },
    async ask(form, headers = {}, address = '192.0.2.1') {
      const reply = await app.inject({
        method: 'POST',
        url: '/token',
        headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
        payload: new URLSearchParams(form).toString(),
        remoteAddress: address,
      })
      return { status: reply.statusCode, body: reply.json(), headers: reply.headers }
    },
  }
}
