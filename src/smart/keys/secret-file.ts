// The file of a secret beside the store: readable by the server's own user alone, whole or not there.
import { randomBytes } from 'node:crypto'
import {
  closeSync,
  fsyncSync,
  linkSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'

const NAME = 'secret.key'
/** The secret that a rotation is about to put in place: both are there until the store is sealed with it. */
const NEXT = 'secret.key.next'

/** Returns the secret of a store's folder, or undefined where it has none. */
export function readSecretFile(folder: string): string | undefined {
  return read(join(folder, NAME))
}

/** Returns the secret of a rotation that has not ended, or undefined. */
export function readNextSecret(folder: string): string | undefined {
  return read(join(folder, NEXT))
}

/** Returns the secret of the folder, a new one where it had none; processes that do it at the same time get the same. */
export function ensureSecretFile(folder: string): string {
  const known = readSecretFile(folder)
  if (known !== undefined) return known
  const draft = join(folder, `${NAME}.${randomBytes(8).toString('hex')}`)
  write(draft, newSecret())
  try {
    // A link is made whole or not at all, and never over another file.
    linkSync(draft, join(folder, NAME))
    syncFolder(folder)
  } catch (error) {
    if (!isCode(error, 'EEXIST')) throw error
  } finally {
    rmSync(draft)
  }
  return readSecretFile(folder)!
}

/** Writes a new secret beside the one in force, and returns it. Throws RangeError where another rotation is under way. */
export function prepareSecretFile(folder: string): string {
  const secret = newSecret()
  try {
    write(join(folder, NEXT), secret)
  } catch (error) {
    if (!isCode(error, 'EEXIST')) throw error
    throw new RangeError(`Another rotation is under way; where none is, remove ${NEXT} in the store's folder`)
  }
  syncFolder(folder)
  return secret
}

/** Puts the secret of `prepareSecretFile` in the place of the old one; nothing happens where that was done already. */
export function adoptSecretFile(folder: string): void {
  try {
    renameSync(join(folder, NEXT), join(folder, NAME))
  } catch (error) {
    if (!isCode(error, 'ENOENT')) throw error
  }
  syncFolder(folder)
}

/** Removes what a rotation that failed has prepared. */
export function dropNextSecret(folder: string): void {
  rmSync(join(folder, NEXT), { force: true })
}

/** Removes the secret of the folder: another, kept elsewhere, has taken its place. */
export function removeSecretFile(folder: string): void {
  rmSync(join(folder, NAME), { force: true })
}

function newSecret(): string {
  return randomBytes(32).toString('base64url')
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8').trim()
  } catch (error) {
    if (isCode(error, 'ENOENT')) return undefined
    throw error
  }
}

function write(file: string, secret: string): void {
  const descriptor = openSync(file, 'wx', 0o600)
  try {
    writeSync(descriptor, `${secret}\n`)
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}

function syncFolder(folder: string): void {
  // Windows opens no folders.
  if (process.platform === 'win32') return
  const descriptor = openSync(folder, 'r')
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}

function isCode(error: unknown, code: string): boolean {
  return (error as NodeJS.ErrnoException).code === code
}
