// Two servers on one store, forked by auth.ts: one looks at the bearer token, the other knows beforehand who asks.
import compress from '@fastify/compress'
import fastify, { type FastifyInstance } from 'fastify'
import { createContext } from '../../src/app.ts'
import { loadConfig } from '../../src/config.ts'
import { registerAudit } from '../../src/http/audit.ts'
import { answerFailure } from '../../src/http/failure.ts'
import { registerFhir } from '../../src/http/routes.ts'
import { registerCheck } from '../../src/smart/check.ts'
import type { SmartContext } from '../../src/smart/context.ts'
import { createSmartContext, registerSmart } from '../../src/smart/plugin.ts'
import type { Verifier } from '../../src/smart/verifier.ts'
import { openStore } from '../../src/store/open.ts'

const config = loadConfig(process.env)
const store = await openStore(config.store)
const smart = await createSmartContext(await createContext(config, store), config)
const header = `Bearer ${process.argv[2]}`
const principal = await smart.verifier.verify(header)
if (!principal) throw new Error('the token is not accepted')

async function listen(context: SmartContext, verifier: Verifier): Promise<number> {
  const app: FastifyInstance = fastify({ routerOptions: { maxParamLength: 2048 } })
  app.setErrorHandler(answerFailure)
  registerCheck(app, verifier)
  await registerSmart(app, context)
  await app.register(compress, { threshold: 2048, globalDecompression: false })
  registerAudit(app, context.app)
  await registerFhir(app, context.app)
  await app.listen({ port: 0, host: '127.0.0.1' })
  const address = app.server.address()
  return typeof address === 'object' && address ? address.port : 0
}

const resolved: Verifier = {
  isBearer: () => true,
  known: () => principal,
  verify: async () => principal,
}
process.send?.({ verified: await listen(smart, smart.verifier), resolved: await listen(smart, resolved) })
