// The cache of definitions is built where it is missing or stale, said in one line, and enough by itself.
import { execFileSync } from 'node:child_process'
import {
  appendFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { examplesMissing } from '../support/examples.ts'

const ROOT = join(import.meta.dirname, '../..')

/** Prints how many types there are, and on standard error what the server would say. */
const PROGRAM = `
import { loadDefinitions } from './src/fhir/definitions.ts'
import { createValidator } from './src/fhir/validate.ts'
const definitions = loadDefinitions()
const issues = createValidator(definitions)({ resourceType: 'Patient', gender: 'male' })
console.log(definitions.resourceTypes.length, issues.length, definitions.terminology().caseSensitive.length > 0)
`

t.test('a cache', { skip: examplesMissing }, async (t) => {
  // Outside the checkout, so that no package is found above it.
  const folder = mkdtempSync(join(tmpdir(), 'definitions-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}')
  writeFileSync(join(folder, 'start.ts'), PROGRAM)
  const packages = join(folder, 'node_modules/hl7.fhir.r4.examples')
  cpSync(join(ROOT, 'src/fhir'), join(folder, 'src/fhir'), { recursive: true })
  mkdirSync(join(folder, 'node_modules'), { recursive: true })
  for (const name of [
    'hl7.fhir.r4.examples',
    'ajv',
    'fast-deep-equal',
    'fast-uri',
    'json-schema-traverse',
    'require-from-string',
  ])
    symlinkSync(join(ROOT, 'node_modules', name), join(folder, 'node_modules', name))

  /** Starts the program; returns what it wrote. */
  const start = () => {
    const log = join(folder, 'log')
    const program = `exec "${process.execPath}" --preserve-symlinks start.ts 2> "${log}"`
    const output = execFileSync('sh', ['-c', program], { cwd: folder, encoding: 'utf8' })
    return { output, said: readFileSync(log, 'utf8') }
  }
  const built = { output: '146 0 true\n', said: /^Building the cache of FHIR definitions[^\n]*\n$/ }
  const read = { output: '146 0 true\n', said: /^$/ }

  t.match(start(), built, 'is built where there is none')
  t.match(start(), read, 'is only read from then on')
  writeFileSync(join(folder, '.cache/manifest.json'), '{"code":')
  t.match(start(), built, 'is built again where its manifest is broken')
  rmSync(join(folder, '.cache/terminology.json'))
  t.match(start(), built, 'is built again where a part is missing')
  appendFileSync(join(folder, 'src/fhir/definitions-compile.ts'), '\n// changed\n')
  t.match(start(), built, 'is built again where the code that makes it has changed')
  rmSync(packages)
  t.match(start(), read, 'is enough where the package is absent')
  rmSync(join(folder, '.cache'), { recursive: true })
  t.throws(start, 'without package and cache nothing starts')
  t.match(readFileSync(join(folder, 'log'), 'utf8'), /The FHIR definitions are missing: run npm ci/)
})
