// What a compact JWS says, read strictly and not yet believed. https://www.rfc-editor.org/rfc/rfc7515#section-7.1
import { isJsonObject, type JsonObject, parseJsonBytes } from './json.ts'

export interface Jwt {
  readonly header: JsonObject
  readonly payload: JsonObject
}

/** Why a token is not accepted. */
export type JwtFault = 'malformed' | 'algorithm' | 'key' | 'signature'

/** Every failure of a token; the message tells the check and nothing of the token. */
export class JwtError extends Error {
  readonly fault: JwtFault

  constructor(fault: JwtFault, message: string) {
    super(message)
    this.name = 'JwtError'
    this.fault = fault
  }
}

const MAX_JWT_CHARS = 32 * 1024
const BASE64URL = /^[A-Za-z0-9_-]*$/

/** Returns header and payload of a compact JWS without trusting either. Throws JwtError `malformed`. */
export function readJwt(text: string): Jwt {
  if (text.length > MAX_JWT_CHARS) throw malformed(`is longer than ${MAX_JWT_CHARS} characters`)
  const parts = text.split('.')
  if (parts.length !== 3) throw malformed('does not have three parts')
  const [header, payload, signature] = parts.map(decodePart)
  if (signature!.length === 0) throw malformed('is not signed')
  return { header: parseObject(header!, 'header'), payload: parseObject(payload!, 'payload') }
}

/** Returns whom a token says it is from, not yet believed: to find out by whose keys it must hold. Undefined where it says nobody. */
export function peekIssuer(text: string): string | undefined {
  try {
    const { iss } = readJwt(text).payload
    return typeof iss === 'string' ? iss : undefined
  } catch (error) {
    if (error instanceof JwtError) return undefined
    throw error
  }
}

/** Returns the bytes of canonical base64url, or undefined where it is none. https://www.rfc-editor.org/rfc/rfc4648#section-5 */
export function decodeBase64url(text: string): Buffer | undefined {
  if (!BASE64URL.test(text)) return undefined
  const bytes = Buffer.from(text, 'base64url')
  // Bits beyond the last byte must be zero, or one token could be written in several ways.
  return bytes.toString('base64url') === text ? bytes : undefined
}

function decodePart(part: string): Buffer {
  const bytes = decodeBase64url(part)
  if (!bytes) throw malformed('is not base64url')
  return bytes
}

function parseObject(bytes: Buffer, name: string): JsonObject {
  let value: unknown
  try {
    value = parseJsonBytes(bytes)
  } catch {
    throw malformed(`has a ${name} that is not JSON`)
  }
  if (isJsonObject(value)) return value
  throw malformed(`has a ${name} that is not an object`)
}

function malformed(what: string): JwtError {
  return new JwtError('malformed', `The token ${what}`)
}
