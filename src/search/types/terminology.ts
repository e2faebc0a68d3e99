// Token modifiers that ask terminology: `:in`, `:not-in`, `:above`, `:below`. https://hl7.org/fhir/R4/search.html#token
import { FhirError } from '../../fhir/outcome.ts'
import type { SystemCode, Terminology } from '../../fhir/terminology.ts'
import { foldCode, tokenKey } from '../keys.ts'
import { splitValue, unescapeValue } from '../parse-value.ts'
import { type Expr, equals, or } from '../query.ts'

/** Most codes that one value may stand for. */
const MAX_CODES = 5_000

export interface TokenTerms {
  readonly terminology: Terminology
  readonly caseSensitive: ReadonlySet<string>
}

function toExpr(param: string, codes: Iterable<SystemCode>, { caseSensitive }: TokenTerms): Expr {
  const keys = new Set<string>()
  for (const { system, code } of codes) keys.add(tokenKey(system, foldCode(caseSensitive, system, code)))
  if (keys.size > MAX_CODES)
    throw new FhirError('too-costly', `The value of ${param} stands for more than ${MAX_CODES} codes`)
  return or(...[...keys].map((key) => equals(param, key)))
}

/**
 * Resolves to the condition that a code is in the value set with this canonical. Rejects with FhirError `not-supported`
 * where it is unknown here or has no codes known here, `too-costly` where it has too many.
 */
export async function compileIn(param: string, value: string, terms: TokenTerms): Promise<Expr> {
  const url = unescapeValue(value)
  if (!/^[A-Za-z][A-Za-z0-9+.-]*:/.test(url))
    throw new FhirError('not-supported', `The value of ${param}:in must be the canonical URL of a value set`)
  return toExpr(param, await expand(url, terms), terms)
}

// To the caller the value is at fault: nothing that the URL names was not found.
async function expand(url: string, { terminology }: TokenTerms): Promise<Iterable<SystemCode>> {
  try {
    return await terminology.expand(url)
  } catch (error) {
    if (!(error instanceof FhirError) || error.code !== 'not-found') throw error
    throw new FhirError('not-supported', error.message)
  }
}

/** Resolves to the condition that a code is, or lies above or below, `system|code`. */
export async function compileHierarchy(
  param: string,
  direction: 'above' | 'below',
  value: string,
  terms: TokenTerms,
): Promise<Expr> {
  const [system = '', code = '', ...rest] = splitValue(value, '|').map(unescapeValue)
  if (system === '' || code === '' || rest.length > 0)
    throw new FhirError('invalid', `A value of ${param}:${direction} must be system|code`)
  const { terminology } = terms
  if (!(await terminology.isHierarchical(system)))
    throw new FhirError(
      'not-supported',
      `The code system of ${param}:${direction} has no hierarchy known here`,
    )
  const codes = await (direction === 'above'
    ? terminology.ancestors(system, code)
    : terminology.descendants(system, code))
  return toExpr(
    param,
    Array.from(codes, (each) => ({ system, code: each })),
    terms,
  )
}
