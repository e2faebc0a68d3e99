// Text as a string search compares it: case, accents, width, kana and spaces make no difference. https://hl7.org/fhir/R4/search.html#string

// Accents are taken away, but not the sound marks of kana (U+3099, U+309A): か and が are different letters.
const MARKS = /[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]/g
// Spaces, middle dots, joiners and other invisible characters, and the selectors that pick a glyph of a kanji.
const IGNORED =
  /[\s\u00ad\u00b7\u180e\u200b-\u200f\u2060\u30fb\ufeff]|[\ufe00-\ufe0f]|[\u{e0100}-\u{e01ef}]/gu
const KATAKANA = /[\u30a1-\u30f6\u30fd\u30fe]/g
const KANA_DISTANCE = 0x60

/**
 * Returns `text` in the form that string searches compare: NFKC (full and half width become one), lower case, without
 * accents, spaces and middle dots, katakana as hiragana. Folding twice changes nothing.
 */
export function fold(text: string): string {
  return isAscii(text) ? foldAscii(text) : foldUnicode(text)
}

function isAscii(text: string): boolean {
  for (let at = 0; at < text.length; at++) if (text.charCodeAt(at) > 127) return false
  return true
}

function foldAscii(text: string): string {
  for (let at = 0; at < text.length; at++)
    if (text.charCodeAt(at) <= 32) return text.replace(/\s+/g, '').toLowerCase()
  return text.toLowerCase()
}

function foldUnicode(text: string): string {
  let folded = foldOnce(text)
  // What one pass leaves out may let its neighbours compose, so a second one is needed now and then.
  for (let next = foldOnce(folded); next !== folded; next = foldOnce(folded)) folded = next
  return folded
}

function foldOnce(text: string): string {
  return text
    .normalize('NFKD')
    .replace(MARKS, '')
    .toUpperCase() // ß becomes ss, and every sigma one sigma
    .toLowerCase()
    .replace(/ς/g, 'σ')
    .normalize('NFKC')
    .replace(IGNORED, '')
    .replace(KATAKANA, (kana) => String.fromCharCode(kana.charCodeAt(0) - KANA_DISTANCE))
}
