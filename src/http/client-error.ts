// What is no HTTP request at all is told so in words of FHIR as well. https://nodejs.org/api/http.html#event-clienterror
import type { Socket } from 'node:net'
import { type ErrorCode, FhirError, toOutcome } from '../fhir/outcome.ts'

/** Node's reasons, and what a caller should know of them. */
const REASONS: Readonly<Record<string, readonly [ErrorCode, string, string]>> = {
  HPE_INVALID_URL: [
    'invalid',
    '400 Bad Request',
    'The URL holds characters that must be percent-encoded (UTF-8)',
  ],
  HPE_HEADER_OVERFLOW: [
    'too-large',
    '431 Request Header Fields Too Large',
    'The URL or the headers are too long: search by POST to [type]/_search',
  ],
  ERR_HTTP_REQUEST_TIMEOUT: ['invalid', '408 Request Timeout', 'The request did not arrive in time'],
}

const OTHER = ['invalid', '400 Bad Request', 'This is no HTTP request that can be read'] as const

/** Answers a connection whose request cannot be read, and closes it. */
export function answerClientError({ code }: { readonly code?: string | undefined }, socket: Socket): void {
  if (code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  const [error, status, text] = (code !== undefined && REASONS[code]) || OTHER
  const body = JSON.stringify(toOutcome(new FhirError(error, text).issues))
  socket.end(
    `HTTP/1.1 ${status}\r\nContent-Type: application/fhir+json; charset=utf-8\r\nCache-Control: no-store\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  )
}
