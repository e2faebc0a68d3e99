// A Result becomes a reply: status, headers, bytes. https://hl7.org/fhir/R4/http.html#summary
import type { FastifyReply } from 'fastify'
import { stringifyJson } from '../fhir/json.ts'
import { toOutcome } from '../fhir/outcome.ts'
import { tellGone, tellOutcome, toStatus } from '../interactions/bundle-response.ts'
import type { AppContext } from '../interactions/context.ts'
import type { Return } from '../interactions/interaction.ts'
import { showDocument } from '../interactions/page.ts'
import { toEntityTag } from '../interactions/precondition.ts'
import type { Piece, Result, Stored, VersionMark } from '../interactions/result.ts'
import { CONTENT_TYPES, type Form } from './negotiate.ts'
import { toOutcomeFor } from './outcome.ts'
import { toBytes } from './write.ts'

export interface Presentation {
  readonly form: Form
  /** For writes; `representation` where the client does not say. */
  readonly return?: Return
}

/** Sends `result`. Ids and version ids are checked before they are stored, so that none can break a header. */
export function respond(
  context: AppContext,
  reply: FastifyReply,
  result: Result,
  presentation: Presentation,
): FastifyReply {
  const { form } = presentation
  reply.status(toStatus(result))
  switch (result.kind) {
    case 'found':
      mark(reply, result.version)
      return send(reply, form, [showDocument(result.version.document, result.mask, context.definitions)])
    case 'written':
      return respondWritten(context, reply, result, presentation)
    case 'removed':
      return respondRemoved(reply, result, presentation)
    case 'gone':
      mark(reply, result.version)
      return send(reply, form, [JSON.stringify(toOutcome(tellGone(result.version.type)))])
    case 'not-modified':
      if (result.version) mark(reply, result.version)
      if (result.etag !== undefined) reply.header('etag', result.etag)
      return secret(reply).send()
    case 'pieces':
      return send(reply, form, result.pieces)
    case 'public':
      // It may be kept: by the format that was asked for.
      vary(reply, 'Accept')
      reply.header('etag', result.etag).header('cache-control', 'no-cache')
      return reply.header('content-type', CONTENT_TYPES[form.format]).send(toBytes(form, [result.document]))
    case 'outcome':
      return send(reply, form, [JSON.stringify(toOutcomeFor(reply.request, result.issues))])
    case 'resource':
      return send(reply, form, [stringifyJson(result.resource)])
    case 'text':
      return secret(reply).header('content-type', `${result.mediaType}; charset=utf-8`).send(result.text)
  }
}

type Written = Extract<Result, { kind: 'written' }>
type Removed = Extract<Result, { kind: 'removed' }>

function respondWritten(
  { settings }: AppContext,
  reply: FastifyReply,
  result: Written,
  { form, return: wanted }: Presentation,
): FastifyReply {
  mark(reply, result.version)
  const url = toVersionUrl(settings.baseUrl, result.version)
  reply.header(result.created ? 'location' : 'content-location', url)
  if (wanted === 'minimal') return secret(reply).send()
  if (wanted === 'OperationOutcome')
    return send(reply, form, [JSON.stringify(toOutcome(tellOutcome(result)))])
  return send(reply, form, [result.version.document])
}

function respondRemoved(
  reply: FastifyReply,
  result: Removed,
  { form, return: wanted }: Presentation,
): FastifyReply {
  if (result.version) mark(reply, result.version)
  if (wanted !== 'OperationOutcome') return secret(reply).send()
  return send(reply.status(200), form, [JSON.stringify(toOutcome(tellOutcome(result)))])
}

function vary(reply: FastifyReply, field: string): void {
  const known = reply.getHeader('vary')
  reply.header('vary', known === undefined ? field : `${known}, ${field}`)
}

function toVersionUrl(baseUrl: string, { type, id, versionId }: Stored): string {
  return `${baseUrl}/${type}/${id}/_history/${versionId}`
}

function mark(reply: FastifyReply, { versionId, tag, lastUpdated }: VersionMark): void {
  reply.header('etag', toEntityTag(tag ?? versionId))
  reply.header('last-modified', new Date(lastUpdated).toUTCString())
}

// What a token may see is for its bearer alone, and only for now.
function secret(reply: FastifyReply): FastifyReply {
  return reply.header('cache-control', 'private, no-store')
}

function send(reply: FastifyReply, form: Form, pieces: readonly Piece[]): FastifyReply {
  const bytes = toBytes(form, pieces)
  if (form.format === 'ndjson') reply.header('link', toLinks(pieces))
  return secret(reply).header('content-type', CONTENT_TYPES[form.format]).send(bytes)
}

// The head of a page is its first piece. https://www.rfc-editor.org/rfc/rfc8288
function toLinks([head]: readonly Piece[]): string {
  const links = /"link":(\[[^\]]*\])/.exec(String(head))?.[1]
  const parsed =
    links === undefined ? [] : (JSON.parse(links) as readonly { relation: string; url: string }[])
  return parsed.map(({ relation, url }) => `<${url}>; rel="${relation}"`).join(', ')
}
