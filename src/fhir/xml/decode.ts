// The text of an XML document: UTF-8, or UTF-16 by its byte order mark. https://www.w3.org/TR/xml/#charencoding
import { FhirError } from '../outcome.ts'

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Returns the text; throws FhirError `invalid` for bytes that are none, and for characters that XML does not have. */
export function decodeText(bytes: Uint8Array): string {
  const text = decode(bytes)
  const wrong = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/.exec(text)
  if (wrong)
    throw new FhirError(
      'invalid',
      `The XML text holds the character U+${wrong[0].charCodeAt(0).toString(16).padStart(4, '0')}`,
    )
  return text
}

function decode(bytes: Uint8Array): string {
  const [first, second] = bytes
  const encoding =
    first === 0xff && second === 0xfe
      ? 'utf-16le'
      : first === 0xfe && second === 0xff
        ? 'utf-16be'
        : undefined
  try {
    return encoding === undefined
      ? UTF8.decode(bytes)
      : new TextDecoder(encoding, { fatal: true }).decode(bytes)
  } catch {
    throw new FhirError('invalid', 'The text is neither valid UTF-8 nor UTF-16 with a byte order mark')
  }
}
