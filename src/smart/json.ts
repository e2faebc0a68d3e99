// JSON that others have sent, read strictly. https://www.rfc-editor.org/rfc/rfc8259

/** A JSON object; nothing in it is checked. */
export type JsonObject = Readonly<Record<string, unknown>>

const UTF8 = new TextDecoder('utf-8', { fatal: true })

/** Returns the value that bytes hold; throws TypeError where they are no UTF-8, SyntaxError where they are no JSON. */
export function parseJsonBytes(bytes: Uint8Array): unknown {
  return JSON.parse(UTF8.decode(bytes))
}

/** True for a JSON object, not an array. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
