// Where in the text of a JSON body a value stands, for those who look for it in an editor. https://www.rfc-editor.org/rfc/rfc8259
import type { Position } from './outcome.ts'

type Path = readonly (string | number)[]

interface Node {
  readonly children: Map<string | number, Node>
  offset: number
}

/**
 * Returns for each path (property names and positions in arrays) the line and column of its value, counted from 1 in UTF-16
 * units; of what is not there, those of the nearest value around it. `source` is valid JSON; with any other the places are
 * guesses, and nothing is thrown. One pass over the text, whatever the number of paths.
 */
export function locateJson(source: string, paths: readonly Path[]): readonly Position[] {
  const root: Node = { children: new Map(), offset: 0 }
  for (const path of paths) plant(root, path)
  scan(source, root)
  return toPositions(
    source,
    paths.map((path) => nearest(root, path)),
  )
}

function plant(root: Node, path: Path): void {
  let node = root
  for (const step of path) {
    const next: Node = node.children.get(step) ?? { children: new Map(), offset: -1 }
    node.children.set(step, next)
    node = next
  }
}

function nearest(root: Node, path: Path): number {
  let { offset } = root
  let node: Node | undefined = root
  for (const step of path) {
    node = node.children.get(step)
    if (!node || node.offset < 0) break
    offset = node.offset
  }
  return offset
}

function toPositions(source: string, offsets: readonly number[]): readonly Position[] {
  const order = offsets.map((_, each) => each).sort((a, b) => offsets[a]! - offsets[b]!)
  const positions: Position[] = []
  let [line, start] = [1, 0]
  for (const each of order) {
    const offset = offsets[each]!
    for (let end = source.indexOf('\n', start); end >= 0 && end < offset; end = source.indexOf('\n', start)) {
      line++
      start = end + 1
    }
    positions[each] = { line, column: offset - start + 1 }
  }
  return positions
}

const QUOTE = 0x22
const BACKSLASH = 0x5c

// One scan at a time, and none of them waits: its state is the module's.
let text = ''
let at = 0

function scan(source: string, root: Node): void {
  text = source
  at = 0
  readValue(root)
  text = ''
}

function readValue(node: Node | undefined): void {
  const code = skipSpace()
  if (node) node.offset = at
  if (!node || node.children.size === 0) skipValue(code)
  else if (code === 0x7b) readObject(node)
  else if (code === 0x5b) readArray(node)
  else skipValue(code)
}

function readObject(node: Node): void {
  at++
  while (at < text.length) {
    const code = skipSpace()
    if (code === 0x7d) break
    if (code !== QUOTE) {
      at++
      continue
    }
    const name = readName()
    skipSpace()
    at++
    readValue(node.children.get(name))
  }
  at++
}

function readArray(node: Node): void {
  at++
  for (let i = 0; at < text.length; i++) {
    let code = skipSpace()
    if (code === 0x2c) {
      at++
      code = skipSpace()
    }
    if (code === 0x5d) break
    readValue(node.children.get(i))
  }
  at++
}

function skipSpace(): number {
  let code = text.charCodeAt(at)
  while (code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09) code = text.charCodeAt(++at)
  return code
}

function readName(): string {
  const start = at
  skipString()
  const written = text.slice(start, at)
  if (!written.includes('\\')) return written.slice(1, -1)
  try {
    return JSON.parse(written) as string
  } catch {
    return written
  }
}

function skipString(): void {
  let end = at + 1
  for (let code = text.charCodeAt(end); end < text.length && code !== QUOTE; code = text.charCodeAt(++end))
    if (code === BACKSLASH) end++
  at = end + 1
}

function skipValue(code: number): void {
  if (code === QUOTE) skipString()
  else if (code === 0x7b || code === 0x5b) skipNested()
  else skipWord()
}

function skipNested(): void {
  for (let depth = 0; at < text.length; ) {
    const next = text.charCodeAt(at)
    if (next === QUOTE) {
      skipString()
      continue
    }
    at++
    if (next === 0x7b || next === 0x5b) depth++
    else if ((next === 0x7d || next === 0x5d) && --depth === 0) return
  }
}

// At least one character, so that no text holds it up.
function skipWord(): void {
  for (at++; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === 0x2c || code === 0x7d || code === 0x5d || code <= 0x20) return
  }
}
