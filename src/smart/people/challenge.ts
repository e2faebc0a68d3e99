// Challenges of passkeys: kept here, for one browser, answered once and soon. https://www.w3.org/TR/webauthn-3/#sctn-cryptographic-challenges
import type { FastifyRequest } from 'fastify'
import type { SmartContext } from '../context.ts'
import { toBrowserKey } from '../csrf.ts'
import { useOnce } from '../once.ts'
import { hashToken, makeToken } from '../token.ts'

const CHALLENGES = 'passkey-challenge'
const TTL_MS = 5 * 60_000

export interface ChallengeUse {
  readonly use: 'login' | 'register'
  /** Who registers. */
  readonly account?: string
}

/** Returns a new challenge (32 bytes, base64url) of which only the hash is on record. */
export async function makeChallenge(
  context: SmartContext,
  request: FastifyRequest,
  use: ChallengeUse,
): Promise<string> {
  const challenge = makeToken()
  const value = { ...use, browser: toBrowserKey(context, request) }
  const row = {
    collection: CHALLENGES,
    key: hashToken(challenge),
    value,
    expiresAt: Date.now() + TTL_MS,
  }
  await context.app.store.commit([], { records: [{ kind: 'add', quiet: true, row }] })
  return challenge
}

/** True once for a challenge that this browser was given for this use. */
export async function takeChallenge(
  context: SmartContext,
  request: FastifyRequest,
  { challenge, use, account }: ChallengeUse & { readonly challenge: string },
): Promise<boolean> {
  const row = await useOnce(context.app.store, CHALLENGES, hashToken(challenge))
  const value = row?.value as (ChallengeUse & { readonly browser: string }) | undefined
  const browser = toBrowserKey(context, request)
  return browser !== undefined && value?.browser === browser && value.use === use && value.account === account
}
