#!/usr/bin/env node
// Decides every vector of a file: `node conformance/decide.ts FILE [--trace]` prints `ID<TAB>PERMIT|DENY`, one line each.
import { createReadStream } from 'node:fs'
import { parseArgs } from 'node:util'
import { decide } from '../src/consent/decide.ts'
import type { Decision } from '../src/consent/decision.ts'
import { readItems } from './consent/read-items.ts'
import { createVectorVocabulary, toCase, type Vector } from './consent/vector.ts'

const USAGE = 'Usage: node conformance/decide.ts FILE [--trace]\n'

async function run(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    options: { trace: { type: 'boolean' } },
    allowPositionals: true,
  })
  const [file] = positionals
  if (file === undefined || positionals.length > 1) {
    process.stderr.write(USAGE)
    return 2
  }
  const vocabulary = createVectorVocabulary()
  let lines: string[] = []
  for await (const text of readItems(createReadStream(file))) {
    const vector = JSON.parse(text) as Vector
    const { request, facets, context } = toCase(vocabulary, vector)
    lines.push(toLine(vector.id, decide(request, facets, context), values.trace === true))
    if (lines.length === 1000) await write(lines)
    if (lines.length === 1000) lines = []
  }
  await write(lines)
  return 0
}

function toLine(id: string, decision: Decision, trace: boolean): string {
  const line = `${id}\t${decision.permit ? 'PERMIT' : 'DENY'}`
  return trace ? `${line}\t${decision.reason}\t${decision.grounds.map(toText).join(' ')}`.trimEnd() : line
}

function toText({ consent, paths }: Decision['grounds'][number]): string {
  return paths.length === 0 ? consent : `${consent}#${paths.join(',')}`
}

function write(lines: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.write(lines.map((line) => `${line}\n`).join(''), (error) =>
      error ? reject(error) : resolve(),
    )
  })
}

process.exitCode = await run(process.argv.slice(2))
