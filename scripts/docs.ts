// Writes the README's generated sections and the code system of messages from the tables in the code; --check fails where they differ.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { basename } from 'node:path'
import { commandNames, findCommand } from '../src/commands/load.ts'
import { SETTINGS } from '../src/config.ts'
import { ERRORS } from '../src/fhir/outcome.ts'
import { writeMessageCodes } from './message-code-system.ts'

const README = new URL('../README.md', import.meta.url)
const MESSAGE_CODES = new URL('../profiles/musubi/CodeSystem-validation-message.json', import.meta.url)

function toTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}

function writeSettings(): string {
  const rows = Object.values(SETTINGS).map((row) => {
    const standard = row.default === '' ? '' : `\`${row.default}\`${row.unit && ` ${row.unit}`}`
    return [`\`${row.name}\``, standard, row.sentence]
  })
  return toTable(['Variable', 'Default', 'Meaning'], rows)
}

function writeErrors(): string {
  const rows = Object.entries(ERRORS).map(([code, { status, issue }]) => [
    String(status),
    `\`${issue}\``,
    `\`${code}\``,
  ])
  return toTable(['HTTP status', 'OperationOutcome `issue.code`', 'Our code'], rows)
}

async function writeCommands(): Promise<string> {
  const names = await commandNames()
  const rows = names.map(async (name) => {
    const command = await findCommand(name)
    const flags = command?.usage.split('\n', 1)[0]?.trim() ?? ''
    return [`\`${`npx musubi ${name} ${flags}`.trim()}\``, command?.summary ?? '']
  })
  return toTable(['Command', 'What it does'], await Promise.all(rows))
}

/** Section name → its text. A section stands between `<!-- name:begin -->` and `<!-- name:end -->`. */
const SECTIONS: Readonly<Record<string, () => string | Promise<string>>> = {
  commands: writeCommands,
  settings: writeSettings,
  errors: writeErrors,
}

/** Returns `text` with the section replaced; throws where its markers are missing. */
function replaceSection(text: string, name: string, section: string): string {
  const [begin, end] = [`<!-- ${name}:begin -->`, `<!-- ${name}:end -->`]
  const [from, to] = [text.indexOf(begin), text.indexOf(end)]
  if (from < 0 || to < from) throw new Error(`README.md has no section ${begin} … ${end}`)
  return `${text.slice(0, from + begin.length)}\n${section}\n${text.slice(to)}`
}

async function writeReadme(): Promise<string> {
  let text = readFileSync(README, 'utf8')
  for (const [name, write] of Object.entries(SECTIONS)) text = replaceSection(text, name, await write())
  return text
}

/** Files by what they are to hold. */
const FILES: readonly (readonly [URL, string])[] = [
  [README, await writeReadme()],
  [MESSAGE_CODES, writeMessageCodes()],
]

for (const [file, text] of FILES) {
  if (!process.argv.includes('--check')) writeFileSync(file, text)
  else if (!existsSync(file) || readFileSync(file, 'utf8') !== text) {
    console.error(`${basename(file.pathname)} differs from the code: run npm run docs`)
    process.exitCode = 1
  }
}
