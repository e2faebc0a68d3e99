// Writes the README's generated sections from the tables in the code; --check fails where the two differ.
import { readFileSync, writeFileSync } from 'node:fs'
import { commandNames, findCommand } from '../src/commands/load.ts'
import { SETTINGS } from '../src/config.ts'
import { ERRORS } from '../src/fhir/outcome.ts'

const README = new URL('../README.md', import.meta.url)

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

const before = readFileSync(README, 'utf8')
let after = before
for (const [name, write] of Object.entries(SECTIONS)) after = replaceSection(after, name, await write())
if (!process.argv.includes('--check')) writeFileSync(README, after)
else if (after !== before) {
  console.error('README.md differs from the code: run npm run docs')
  process.exitCode = 1
}
