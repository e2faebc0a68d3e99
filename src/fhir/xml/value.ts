// The value of an attribute as it is meant: references resolved, white space made spaces. https://www.w3.org/TR/xml/#AVNormalize
import type { FhirError } from '../outcome.ts'

/** Makes the error that says what is wrong, and at which offset. */
export type Refuse = (what: string, where: number) => FhirError

/**
 * Returns what stands in `text` from `start` to `end`. White space that is not a reference is a space; the five entities
 * of XML and references to characters are all there are. It is never longer than it is written, so it is put together in
 * place: a string for each reference would fill the memory.
 */
export function decodeValue(text: string, start: number, end: number, refuse: Refuse): string {
  return decode(text, start, end, { refuse, keepsSpace: false })
}

/** Returns what stands between tags: as `decodeValue`, but with its white space. */
export function decodeCharacters(text: string, refuse: Refuse): string {
  return text.includes('&') ? decode(text, 0, text.length, { refuse, keepsSpace: true }) : text
}

interface Manner {
  readonly refuse: Refuse
  readonly keepsSpace: boolean
}

function decode(text: string, start: number, end: number, { refuse, keepsSpace }: Manner): string {
  const units = new Uint16Array(end - start)
  let length = 0
  for (let from = start; from < end; from++) {
    const code = text.charCodeAt(from)
    if (code === 0x3c) throw refuse('"<" in the value of an attribute must be written &lt;', from)
    if (code === 0x26) {
      const character = readReference(text, from, refuse)
      for (let unit = 0; unit < character.length; unit++) units[length++] = character.charCodeAt(unit)
      from = text.indexOf(';', from)
    } else if (keepsSpace || !isSpace(code)) units[length++] = code
    else if (code !== 0x0d || text.charCodeAt(from + 1) !== 0x0a) units[length++] = 0x20
  }
  return Buffer.from(units.buffer, 0, 2 * length).toString('utf16le')
}

function isSpace(code: number): boolean {
  return code === 0x09 || code === 0x0a || code === 0x0d
}

const LONGEST = 12

function readReference(text: string, start: number, refuse: Refuse): string {
  const rest = text.slice(start + 1, start + LONGEST + 2)
  const end = rest.indexOf(';')
  const character = end < 0 ? undefined : toCharacter(rest.slice(0, end))
  if (character === undefined) {
    const [name] = /^[^;&]{0,12};?/.exec(rest)!
    throw refuse(`the entity ${JSON.stringify(`&${name}`)} is not one of XML's own`, start)
  }
  return character
}

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

function toCharacter(name: string): string | undefined {
  if (Object.hasOwn(ENTITIES, name)) return ENTITIES[name]
  const digits = /^#(?:x([0-9A-Fa-f]{1,6})|(\d{1,7}))$/.exec(name)
  if (!digits) return undefined
  const code = digits[1] === undefined ? Number(digits[2]) : Number.parseInt(digits[1], 16)
  const isAllowed =
    code === 9 ||
    code === 10 ||
    code === 13 ||
    (code >= 0x20 && code <= 0xd7ff) ||
    (code >= 0xe000 && code <= 0xfffd) ||
    (code >= 0x10000 && code <= 0x10ffff)
  return isAllowed ? String.fromCodePoint(code) : undefined
}
