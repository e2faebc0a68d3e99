// What a browser needs before it asks for a passkey: JSON for the script of the pages. https://www.w3.org/TR/webauthn-3/#dictdef-publickeycredentialrequestoptionsjson
import type { FastifyInstance } from 'fastify'
import type { SmartContext } from '../context.ts'
import { readForm } from '../csrf.ts'
import { UNCACHED } from '../failure.ts'
import { PageError } from '../page-error.ts'
import { makeChallenge } from './challenge.ts'
import { buildLoginOptions, buildRegistrationOptions, listPasskeys, toRpId } from './passkey.ts'
import { countRequest } from './throttle.ts'
import { findVisitor, isFresh } from './visitor.ts'

/** Serves `/auth/passkeys/options`: to log in for anybody, to register for who has just proved who they are. */
export function registerPasskeyOptions(app: FastifyInstance, context: SmartContext): void {
  const { urls } = context
  app.post(`${urls.rootPath}/auth/passkeys/options`, async (request, reply) => {
    const { use } = readForm(context, request)
    await countRequest(context, request)
    const rpId = toRpId(urls)
    if (rpId === undefined) throw new PageError('not-found')
    reply.headers(UNCACHED)
    if (use === 'login') return buildLoginOptions(rpId, await makeChallenge(context, request, { use }))
    const visitor = await findVisitor(context, request)
    if (use !== 'register' || !visitor || !isFresh(visitor)) throw new PageError('forbidden')
    const { account } = visitor
    const challenge = await makeChallenge(context, request, { use, account: account.id })
    const known = await listPasskeys(context.app.store, account.id)
    return buildRegistrationOptions(rpId, challenge, account, known)
  })
}
