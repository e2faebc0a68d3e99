// Checks who imports whom (.dependency-cruiser.cjs, src/README.md) and what only one room may touch.
import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join, relative } from 'node:path'
import { cruise, type ICruiseOptions, type ICruiseResult } from 'dependency-cruiser'
import extractTSConfig from 'dependency-cruiser/config-utl/extract-ts-config'

const ROOT = join(import.meta.dirname, '..')
const rules = createRequire(import.meta.url)('../.dependency-cruiser.cjs')

/** A rule on the text of files: what no import graph can see. */
interface TextRule {
  readonly name: string
  readonly pattern: RegExp
  /** Paths (from the root) in which the pattern may stand. */
  readonly allowed: RegExp
}

const TEXT_RULES: readonly TextRule[] = [
  { name: 'seal-in-access', pattern: /\bSEAL\b/, allowed: /^src\/access\// },
  { name: 'environment-in-config', pattern: /\bprocess\.env\b/, allowed: /^src\/config\.ts$/ },
  {
    name: 'access-types-only-in-store',
    pattern: /^import (?!type )(?:(?!\bfrom ')[\s\S])*from '(?:\.\.\/)+access\//m,
    allowed: /^src\/(?!store\/)/,
  },
  {
    name: 'plans-made-by-policies',
    pattern: /\bnew (Plan|Change|Policy)\(/,
    allowed: /^src\/access\//,
  },
]

function listSources(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((file) => file.isFile() && file.name.endsWith('.ts'))
    .map((file) => relative(ROOT, join(file.parentPath, file.name)))
}

/** Returns one line for each breach of a rule on text in `files`. */
function findText(files: readonly string[]): string[] {
  return files.flatMap((file) => {
    const text = readFileSync(join(ROOT, file), 'utf8')
    return TEXT_RULES.filter(({ pattern, allowed }) => !allowed.test(file) && pattern.test(text)).map(
      ({ name }) => `${name}: ${file}`,
    )
  })
}

/** Returns the number of modules that were cruised and one line for each breach of an import rule. */
async function findImports(): Promise<{ cruised: number; breaches: string[] }> {
  process.chdir(ROOT)
  const options: ICruiseOptions = {
    ...rules.options,
    ruleSet: { forbidden: rules.forbidden },
    validate: true,
  }
  const { output } = await cruise(['src'], options, undefined, { tsConfig: extractTSConfig('tsconfig.json') })
  const { summary } = output as ICruiseResult
  const breaches = summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} → ${to}`)
  return { cruised: summary.totalCruised, breaches }
}

const sources = listSources(join(ROOT, 'src'))
const { cruised, breaches } = await findImports()
const found = [...breaches, ...findText(sources)]
for (const line of found) console.error(line)
console.log(`${cruised} modules cruised, ${sources.length} source files, ${found.length} breaches`)
// A cruise that sees no TypeScript passes everything: it must have seen at least every file of ours.
if (found.length > 0 || cruised < sources.length || sources.length === 0) process.exitCode = 1
