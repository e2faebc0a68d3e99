// The items of one large JSON array, each as its text, in constant memory.
import { StringDecoder } from 'node:string_decoder'

/**
 * Yields the text of each item of the JSON array that `source` is. Throws SyntaxError where it is not an array or ends
 * early; whether an item itself is JSON is for its reader to find.
 */
export async function* readItems(source: AsyncIterable<Uint8Array>): AsyncIterable<string> {
  const decoder = new StringDecoder('utf8')
  let depth = 0
  let inText = false
  let escaped = false
  let item = ''
  let ended = false
  for await (const chunk of source) {
    const text = decoder.write(Buffer.from(chunk))
    let from = 0
    for (let at = 0; at < text.length; at++) {
      const char = text[at]!
      if (escaped) escaped = false
      else if (inText) {
        if (char === '\\') escaped = true
        else if (char === '"') inText = false
      } else if (char === '"') inText = true
      else if (char === '[' || char === '{') {
        if (depth++ === 0) {
          if (char !== '[') throw new SyntaxError('The file is not a JSON array')
          from = at + 1
        }
      } else if (char === ']' || char === '}') depth--
      const closes = depth === 0 && char === ']' && !inText
      if (!closes && !(depth === 1 && char === ',' && !inText)) continue
      const whole = (item + text.slice(from, at)).trim()
      item = ''
      from = at + 1
      if (whole !== '') yield whole
      if (closes) ended = true
    }
    if (!ended) item += text.slice(from)
  }
  if (!ended) throw new SyntaxError('The file is not a whole JSON array')
}
