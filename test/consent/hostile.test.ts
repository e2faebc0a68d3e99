// A Consent that is not valid FHIR is read all the same: as unreadable, never with an exception. https://hl7.org/fhir/R4/consent.html
import fc from 'fast-check'
import t from 'tap'
import { type ConsentResource, normalise } from '../../src/consent/normalise.ts'
import { vocabulary } from '../support/consent.ts'
import { drawConsent } from '../support/consent-world.ts'

const junk = fc.constantFrom<unknown>(null, 0, true, '', 'x', {}, [], [null], [0], ['x'], [[]], [{}], {
  coding: null,
})

/** Paths to every value of a JSON tree, the root left out. */
function pathsOf(value: unknown, path: readonly string[] = []): readonly (readonly string[])[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, child]) => {
    const at = [...path, name]
    return [at, ...pathsOf(child, at)]
  })
}

function replaceAt(value: unknown, [name, ...rest]: readonly string[], made: unknown): unknown {
  if (name === undefined) return made
  const child = replaceAt((value as Record<string, unknown>)[name], rest, made)
  if (Array.isArray(value)) return value.with(Number(name), child)
  return { ...(value as object), [name]: child }
}

const spoiled = fc.tuple(drawConsent(), fc.nat(), junk).map(([consent, n, made]) => {
  const whole = JSON.parse(JSON.stringify(consent)) as ConsentResource
  const paths = pathsOf(whole)
  return replaceAt(whole, paths[n % paths.length]!, made) as ConsentResource
})

t.test('whatever stands in a Consent, reading it never throws', async (t) => {
  const kinds = { agreement: 0, unreadable: 0, none: 0 }
  fc.assert(
    fc.property(spoiled, (consent) => {
      kinds[normalise(vocabulary, consent)?.kind ?? 'none']++
    }),
    { numRuns: 5000 },
  )
  t.ok(kinds.unreadable > 1000, JSON.stringify(kinds))
})
