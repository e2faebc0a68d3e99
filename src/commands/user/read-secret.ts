// One line from standard input that is not shown while it is typed.
import type { ReadStream } from 'node:tty'

type Input = NodeJS.ReadableStream & Partial<Pick<ReadStream, 'isTTY' | 'setRawMode'>>

const MAX_CHARS = 4096
const INTERRUPT = '\u0003'
const BACKSPACE = /[\b\u007f]/

/** Returns the first line without its end. At a terminal nothing typed is echoed. Throws RangeError where there is none. */
export async function readSecret(
  prompt: string,
  input: Input = process.stdin,
  output: NodeJS.WritableStream = process.stderr,
): Promise<string> {
  if (input.isTTY) output.write(prompt)
  input.setRawMode?.(true)
  try {
    return await readLine(input)
  } finally {
    input.setRawMode?.(false)
    if (input.isTTY) output.write('\n')
  }
}

async function readLine(input: Input): Promise<string> {
  const decoder = new TextDecoder()
  let line = ''
  for await (const chunk of input)
    for (const character of decoder.decode(Buffer.from(chunk), { stream: true })) {
      if (character === '\n' || character === '\r') return line
      if (input.isTTY && character === INTERRUPT) throw new RangeError('given up')
      line = input.isTTY && BACKSPACE.test(character) ? [...line].slice(0, -1).join('') : line + character
      if (line.length > MAX_CHARS) throw new RangeError('the line is too long')
    }
  if (line === '') throw new RangeError('a password is needed on standard input')
  return line
}
