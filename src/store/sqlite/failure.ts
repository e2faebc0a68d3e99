// What went wrong, as it travels between threads; SQLite's result codes as ours. https://www.sqlite.org/rescode.html
import { type ErrorCode, FhirError, type Issue } from '../../fhir/outcome.ts'

/** An error on its way to another thread; without a code it is a mistake of ours (500). */
export interface Failure {
  readonly code?: ErrorCode
  readonly message: string
  readonly issues?: readonly Issue[]
  /** Whose grants have to be made first. */
  readonly grantee?: string
}

const BUSY = 5
const FULL = 13
const IOERR_SHMSIZE = 4874

/** SQLite's extended result code, or undefined for an error from elsewhere. */
export function sqliteCode(error: unknown): number | undefined {
  const code = error instanceof Error && 'errcode' in error ? error.errcode : undefined
  return typeof code === 'number' ? code : undefined
}

/** True where another process holds the lock. */
export function isBusy(error: unknown): boolean {
  return ((sqliteCode(error) ?? 0) & 0xff) === BUSY
}

/** Returns the failure to send; a full disk and a lock held too long become errors that a caller may see. */
export function toFailure(error: unknown): Failure {
  if (error instanceof FhirError)
    return { code: error.code, message: error.message, issues: error.issues, grantee: missingGrantee(error) }
  const code = sqliteCode(error)
  // The shared index of the log is enlarged by truncation, whose failure on a full disk has a code of its own.
  if (code === FULL || code === IOERR_SHMSIZE)
    return { code: 'storage-full', message: 'The disk that holds the store is full: nothing was written' }
  if (isBusy(error))
    return { code: 'unavailable', message: 'Another process has locked the store for too long; try again' }
  return { message: error instanceof Error ? (error.stack ?? error.message) : String(error) }
}

/** Returns the error to throw on the other side. */
export function toError({ code, message, issues, grantee }: Failure): Error {
  if (grantee !== undefined) return toMissing(grantee)
  return code ? new FhirError(code, message, issues) : new Error(message)
}

/** Returns the failure of a question that cannot be answered before a grantee's grants are made. */
export function toMissing(grantee: string): FhirError {
  return Object.assign(new FhirError('unavailable', 'Access is being worked out: try again'), { grantee })
}

/** Returns the grantee whose grants have to be made before the question can be answered, or undefined for other errors. */
export function missingGrantee(error: unknown): string | undefined {
  return error instanceof FhirError && 'grantee' in error ? String(error.grantee) : undefined
}

/** Refused because the store is closing or its thread has gone. */
export function closed(): FhirError {
  return new FhirError('unavailable', 'The store is closing: nothing more is accepted')
}
