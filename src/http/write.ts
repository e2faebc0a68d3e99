// JSON in pieces, as the interactions give it, written in the format that was asked for. https://hl7.org/fhir/R4/http.html#mime-type
import { loadDefinitions } from '../fhir/definitions.ts'
import { parseJson, stringifyJson } from '../fhir/json.ts'
import { FhirError } from '../fhir/outcome.ts'
import type { Resource } from '../fhir/resource.ts'
import { stringifyXml } from '../fhir/xml/stringify.ts'
import type { Piece } from '../interactions/result.ts'
import type { Form } from './negotiate.ts'

/** Returns the bytes of a resource; throws FhirError `not-acceptable` for NDJSON of anything but a page. */
export function toBytes({ format, pretty }: Form, pieces: readonly Piece[]): Buffer {
  switch (format) {
    case 'json':
      return toJson(pretty, pieces)
    case 'xml':
      return Buffer.from(stringifyXml(parseJson(join(pieces)) as Resource, loadDefinitions(), pretty))
    case 'ndjson':
      return Buffer.from(toLines(parseJson(join(pieces)) as Resource))
  }
}

function toJson(pretty: boolean, pieces: readonly Piece[]): Buffer {
  const [only] = pieces
  if (pretty) return Buffer.from(stringifyJson(parseJson(join(pieces)), 2))
  return pieces.length === 1 && typeof only !== 'string' ? view(only!) : join(pieces)
}

interface Entry {
  readonly resource?: Resource
}

// The resources of a page alone, one on each line; its links are in the Link header.
function toLines({ resourceType, type, entry = [] }: Resource): string {
  if (resourceType !== 'Bundle' || (type !== 'searchset' && type !== 'history'))
    throw new FhirError('not-acceptable', 'NDJSON is written for the pages of searches and histories only')
  return (entry as readonly Entry[])
    .flatMap(({ resource }) => (resource ? [`${stringifyJson(resource)}\n`] : []))
    .join('')
}

function join(pieces: readonly Piece[]): Buffer {
  return Buffer.concat(pieces.map((piece) => (typeof piece === 'string' ? Buffer.from(piece) : piece)))
}

function view({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength)
}
