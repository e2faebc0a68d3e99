// ajv compiles each type's schemas to code once; the text is kept in the cache and loaded when a type is first met. https://ajv.js.org/standalone.html
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { Ajv } from 'ajv'
import standalone from 'ajv/dist/standalone/index.js'
import type { Definitions } from '../definitions.ts'
import { clearCached, definitionsKey, readCached, writeCached } from '../definitions-cache.ts'
import {
  addFaults,
  type Check,
  collect,
  findCompanionFaults,
  findListFaults,
  hasCoding,
  type Link,
} from './faults.ts'
import { FORMS, isPrimitive, type PrimitiveName } from './forms.ts'
import { elements } from './keywords.ts'
import { toSchema } from './schema.ts'

/** `quick` stops at the first fault and says nothing of it, `full` collects the faults. */
export type Mode = 'quick' | 'full'

const SOURCES = ['compile.ts', 'keywords.ts', 'schema.ts']

/**
 * Returns the link to the validator of any resource, by its resourceType. Validators are compiled, or read from the
 * cache, when they are first called; a name that R4 does not have cannot be met.
 */
export function compileValidator(definitions: Definitions, mode: Mode): Link {
  const key = cacheKey()
  const links = new Map<string, Link>()
  const loaded = new Map<string, Readonly<Record<string, Check>>>()
  const runtime = {
    link,
    forms: (name: PrimitiveName) => FORMS[name].test,
    codes: (url: string) =>
      new Set(
        definitions
          .requiredCodes(url)!
          .values()
          .flatMap((codes) => codes.values()),
      ),
    concepts: (url: string) => definitions.requiredCodes(url),
    addFaults,
    collect,
    findCompanionFaults,
    findListFaults,
    hasCoding,
  }
  const resource: Link = { check: toResourceCheck(definitions, link) }
  links.set('Resource', resource)
  return resource

  function link(name: string): Link {
    const known = links.get(name)
    if (known) return known
    const made: Link = {
      check: (value) => {
        made.check = load(name)
        return made.check(value)
      },
    }
    links.set(name, made)
    return made
  }

  function load(name: string): Check {
    const type = name.split('.', 1)[0]!
    const checks = loaded.get(type) ?? evaluate(readText(definitions, type, mode, key), runtime)
    loaded.set(type, checks)
    return checks[name]!
  }
}

/** Compiles the validators of every type into the cache, in place of those that are there. Takes about two seconds. */
export function buildValidatorCache(definitions: Definitions): void {
  clearCached('validators')
  const key = cacheKey()
  for (const type of definitions.typeNames) {
    if (isPrimitive(type)) continue
    for (const mode of ['quick', 'full'] as const) readText(definitions, type, mode, key)
  }
}

function toResourceCheck(definitions: Definitions, link: (name: string) => Link): Check {
  const check: Check = (value) => {
    const type = (value as { resourceType?: unknown } | null)?.resourceType
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      check.errors = [{ params: { path: [], rule: 'type' } }]
      return false
    }
    if (typeof type !== 'string' || !definitions.isResourceType(type)) {
      check.errors = [{ params: { path: [], rule: 'resource-type' } }]
      return false
    }
    const own = link(type)
    const valid = own.check(value)
    check.errors = own.check.errors
    return valid
  }
  return check
}

function readText(definitions: Definitions, type: string, mode: Mode, key: string): string {
  const name = `validators/${key}/${type}.${mode}.js`
  const known = readCached(name)
  if (known !== undefined) return known
  const text = compileType(definitions, type, mode)
  try {
    writeCached(name, text)
  } catch {
    // A folder that cannot be written costs time at the next start, nothing else.
  }
  return text
}

/** Returns the text of a function body that makes the validators of `type` and of the elements defined in it, by name. */
function compileType(definitions: Definitions, type: string, mode: Mode): string {
  const ajv = new Ajv({
    allErrors: mode === 'full',
    code: { source: true, optimize: 1 },
    keywords: [elements, 'demands', 'choices'],
    messages: false,
    meta: false,
    validateSchema: false,
    logger: false,
  })
  const parts = nodesOf(definitions, type).map((name) => {
    const text = standalone.default(ajv, ajv.compile(toSchema(definitions, name)))
    return `nodes[${JSON.stringify(name)}] = (() => { const module = {}; ${text}\nreturn module.exports })()`
  })
  return `const nodes = {}\n${parts.join('\n')}\nreturn nodes\n`
}

function nodesOf(definitions: Definitions, type: string): string[] {
  const paths = definitions.elements(type).map(({ path }) => path)
  return [...new Set([type, ...paths.slice(1).map((path) => path.slice(0, path.lastIndexOf('.')))])]
}

// The text is our own compiler's, from the cache beside the code it was made by.
function evaluate(text: string, runtime: object): Readonly<Record<string, Check>> {
  return new Function('runtime', text)(runtime) as Readonly<Record<string, Check>>
}

// Text compiled by other code, from other definitions or by another ajv is never read.
function cacheKey(): string {
  const hash = createHash('sha256')
  for (const name of SOURCES) hash.update(readFileSync(new URL(name, import.meta.url)))
  hash.update(readFileSync(createRequire(import.meta.url).resolve('ajv/package.json')))
  return hash.update(definitionsKey()).digest('hex').slice(0, 16)
}
