// Passkeys: challenges that are answered once, credentials on record, and signatures that prove somebody. https://www.w3.org/TR/webauthn-3/
import { isIP } from 'node:net'
import {
  type AuthenticationResponseJSON,
  generateAuthenticationOptions,
  generateRegistrationOptions,
  type RegistrationResponseJSON,
  verifyAuthenticationResponse,
  verifyRegistrationResponse,
} from '@simplewebauthn/server'
import type { FastifyRequest } from 'fastify'
import type { RecordChange, Store } from '../../store/store.ts'
import { type Account, findAccount } from '../account.ts'
import { noteEvent } from '../audit.ts'
import type { SmartContext } from '../context.ts'
import { isJsonObject, type JsonObject } from '../json.ts'
import { type AuthenticationMethod, toPerson } from '../session.ts'
import type { SmartUrls } from '../urls.ts'
import { takeChallenge } from './challenge.ts'
import type { Proof } from './proof.ts'

/** The collection of `Records` that holds passkeys by credential id; the account owns them. */
export const PASSKEYS = 'passkey'

export interface Passkey {
  readonly id: string
  readonly account: string
  /** COSE key, base64url. */
  readonly publicKey: string
  readonly counter: number
  readonly transports: readonly string[]
  readonly name: string
  /** True where it may be copied between devices of the person. */
  readonly isSynced: boolean
  /** Instants (ms). */
  readonly createdAt: number
  readonly usedAt?: number
  /** When a second authenticator with the same key showed itself: it is accepted no more. */
  readonly clonedAt?: number
}

/** Returns the domain that passkeys are bound to; undefined where the address is an IP, for which there are none. */
export function toRpId({ root }: SmartUrls): string | undefined {
  const { hostname } = new URL(root)
  return isIP(hostname.replace(/^\[|\]$/g, '')) === 0 ? hostname : undefined
}

/** Returns the passkeys of an account, the oldest first. */
export async function listPasskeys(
  { records }: Pick<Store, 'records'>,
  account: string,
): Promise<readonly Passkey[]> {
  const passkeys = (await records.list(PASSKEYS, account)).map(({ value }) => value as Passkey)
  return passkeys.sort((a, b) => a.createdAt - b.createdAt)
}

/** Returns what a browser needs to ask for any passkey of this server. */
export function buildLoginOptions(rpID: string, challenge: string) {
  return generateAuthenticationOptions({ rpID, challenge: decode(challenge), userVerification: 'required' })
}

/** Returns what a browser needs to make a passkey that can be found without a login name. */
export function buildRegistrationOptions(
  rpID: string,
  challenge: string,
  account: Account,
  known: readonly Passkey[],
) {
  return generateRegistrationOptions({
    rpName: 'Musubi',
    rpID,
    challenge: decode(challenge),
    userID: new Uint8Array(Buffer.from(account.id)),
    userName: account.login,
    userDisplayName: account.name,
    excludeCredentials: known.map(({ id, transports }) => ({ id, transports: [...transports] })),
    authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
  })
}

/** Returns the row of a new passkey, or undefined where the answer does not hold what was asked for. */
export async function verifyRegistration(
  context: SmartContext,
  request: FastifyRequest,
  account: Account,
  text: string,
  name: string,
): Promise<RecordChange | undefined> {
  const rpID = toRpId(context.urls)
  const response = parseResponse(text) as RegistrationResponseJSON | undefined
  if (rpID === undefined || !response) return undefined
  const verified = await verifyRegistrationResponse({
    response,
    expectedChallenge: (challenge) =>
      takeChallenge(context, request, { challenge, use: 'register', account: account.id }),
    expectedOrigin: new URL(context.urls.root).origin,
    expectedRPID: rpID,
  }).catch(() => undefined)
  if (!verified?.registrationInfo) return undefined
  const { credential, credentialDeviceType } = verified.registrationInfo
  const passkey: Passkey = {
    id: credential.id,
    account: account.id,
    publicKey: Buffer.from(credential.publicKey).toString('base64url'),
    counter: credential.counter,
    transports: credential.transports ?? [],
    name,
    isSynced: credentialDeviceType === 'multiDevice',
    createdAt: Date.now(),
  }
  return { kind: 'add', row: toRow(passkey) }
}

/** Returns who a passkey proves somebody to be; undefined where it proves nothing, which is on record then. */
export async function verifyPasskey(
  context: SmartContext,
  request: FastifyRequest,
  text: string,
): Promise<Proof | undefined> {
  const { store } = context.app
  const response = parseResponse(text) as AuthenticationResponseJSON | undefined
  const passkey = response && ((await store.records.get(PASSKEYS, response.id))?.value as Passkey | undefined)
  const account = passkey && (await findAccount(store, passkey.account))
  const counter = account && (await verifySignature(context, request, response, passkey))
  const isCloned = counter === 'regressed'
  if (!account || counter === undefined || isCloned || passkey.clonedAt !== undefined) {
    const reason = isCloned ? 'passkey-counter' : 'wrong-credentials'
    await noteEvent(context, { event: 'login', outcome: 4, grant: account ? toPerson(account) : {}, reason })
    if (isCloned && passkey) await store.records.put(toRow({ ...passkey, clonedAt: Date.now() }))
    return undefined
  }
  const used = { kind: 'put', quiet: true, row: toRow({ ...passkey, counter, usedAt: Date.now() }) } as const
  await store.commit([], { records: [used] })
  return { account, amr: toAmr(passkey) }
}

/** Returns the new counter; undefined where the signature or what it covers is not what was asked for. */
async function verifySignature(
  context: SmartContext,
  request: FastifyRequest,
  response: AuthenticationResponseJSON,
  passkey: Passkey,
): Promise<number | 'regressed' | undefined> {
  const rpID = toRpId(context.urls)
  const { userHandle } = response.response
  if (rpID === undefined) return undefined
  if (userHandle !== undefined && Buffer.from(userHandle, 'base64url').toString() !== passkey.account)
    return undefined
  try {
    const { verified, authenticationInfo } = await verifyAuthenticationResponse({
      response,
      expectedChallenge: (challenge) => takeChallenge(context, request, { challenge, use: 'login' }),
      expectedOrigin: new URL(context.urls.root).origin,
      expectedRPID: rpID,
      // The counter is compared below, after the signature: a forged answer must not shut a passkey.
      credential: { id: passkey.id, publicKey: decode(passkey.publicKey), counter: 0 },
    })
    if (!verified) return undefined
    const { newCounter } = authenticationInfo
    const isCounting = newCounter > 0 || passkey.counter > 0
    return isCounting && newCounter <= passkey.counter ? 'regressed' : newCounter
  } catch {
    return undefined
  }
}

// Possession of the device and its own check of the person are two factors. https://www.rfc-editor.org/rfc/rfc8176#section-2
function toAmr({ isSynced }: Passkey): readonly AuthenticationMethod[] {
  return [isSynced ? 'swk' : 'hwk', 'user', 'mfa']
}

function toRow(passkey: Passkey) {
  return { collection: PASSKEYS, key: passkey.id, value: passkey, owner: passkey.account }
}

function parseResponse(text: string): object | undefined {
  try {
    const parsed: unknown = JSON.parse(text)
    return isResponse(parsed) ? parsed : undefined
  } catch {
    return undefined
  }
}

function isResponse(parsed: unknown): parsed is JsonObject {
  if (!isJsonObject(parsed)) return false
  const { id, response } = parsed
  return typeof id === 'string' && id.length <= 1400 && isJsonObject(response)
}

function decode(text: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.from(text, 'base64url'))
}
