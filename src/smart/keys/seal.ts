// Text that only the holder of a key can open: AES-256-GCM, bound to what it is for. https://nvlpubs.nist.gov/nistpubs/Legacy/SP/nistspecialpublication800-38d.pdf
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'

export interface SealingKey {
  /** Stands in what is sealed, so that it is known what opens it. */
  readonly id: string
  readonly bytes: Uint8Array
}

const VERSION = '1'
const CIPHER = 'aes-256-gcm'
const NONCE_BYTES = 12
const TAG_BYTES = 16

/** Returns `VERSION.KEY.BYTES`, different at each call; only `openWith` the same key and purpose reads it. */
export function sealWith({ id, bytes }: SealingKey, purpose: string, text: string): string {
  const nonce = randomBytes(NONCE_BYTES)
  const cipher = createCipheriv(CIPHER, bytes, nonce).setAAD(toContext(id, purpose))
  const sealed = Buffer.concat([nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()])
  return `${VERSION}.${id}.${sealed.toString('base64url')}`
}

/** Returns the text, or undefined where it was not sealed with this key for this purpose, or was changed since. */
export function openWith({ id, bytes }: SealingKey, purpose: string, sealed: string): string | undefined {
  const [version, keyId, text = ''] = sealed.split('.')
  const all = Buffer.from(text, 'base64url')
  if (version !== VERSION || keyId !== id || all.length < NONCE_BYTES + TAG_BYTES) return undefined
  const end = all.length - TAG_BYTES
  try {
    const options = { authTagLength: TAG_BYTES }
    const decipher = createDecipheriv(CIPHER, bytes, all.subarray(0, NONCE_BYTES), options)
      .setAAD(toContext(id, purpose))
      .setAuthTag(all.subarray(end))
    return Buffer.concat([decipher.update(all.subarray(NONCE_BYTES, end)), decipher.final()]).toString('utf8')
  } catch {
    return undefined
  }
}

/** Returns 32 bytes made from `secret` for one use. https://www.rfc-editor.org/rfc/rfc5869 */
export function deriveKey(secret: Uint8Array | string, use: string): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', secret, '', `musubi ${use}`, 32))
}

function toContext(id: string, purpose: string): Buffer {
  return Buffer.from(JSON.stringify([VERSION, id, purpose]))
}
