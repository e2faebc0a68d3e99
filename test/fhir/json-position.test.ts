// The line and column of a value in the text of a body, against a reader that looks at every character.
import fc from 'fast-check'
import t from 'tap'
import { locateJson } from '../../src/fhir/json-position.ts'

const TEXT = `{
  "resourceType": "Patient",
  "name": [ { "family": "山田", "given": ["太\\"郎", null] },
    { "text": "a" } ],
  "a\\u0062": {"x": [[1, 2], {}]}
}`

/** What is looked for, and where it is. */
const PLACES: readonly (readonly [readonly (string | number)[], number, number])[] = [
  [[], 1, 1],
  [['resourceType'], 2, 19],
  [['name'], 3, 11],
  [['name', 0], 3, 13],
  [['name', 0, 'family'], 3, 25],
  [['name', 0, 'given', 0], 3, 41],
  [['name', 0, 'given', 1], 3, 49],
  [['name', 1], 4, 5],
  [['name', 1, 'text'], 4, 15],
  [['ab', 'x', 0, 1], 5, 25],
  [['ab', 'x', 1], 5, 29],
  // Not there: the nearest around it.
  [['name', 1, 'family'], 4, 5],
  [['name', 7], 3, 11],
  [['birthDate'], 1, 1],
]

t.test('each value is found at its line and column', async (t) => {
  const found = locateJson(
    TEXT,
    PLACES.map(([path]) => path),
  )
  for (const [at, [path, line, column]] of PLACES.entries())
    t.same(found[at], { line, column }, path.join('.') || 'root')
})

interface Placed {
  readonly text: string
  readonly places: readonly (readonly [readonly (string | number)[], number])[]
}

/** Writes a value with white space at random, and where each of its parts began. */
function write(value: unknown, path: readonly (string | number)[], pad: () => string, from: number): Placed {
  const places: [readonly (string | number)[], number][] = [[path, from]]
  if (typeof value !== 'object' || value === null) return { text: JSON.stringify(value), places }
  const isList = Array.isArray(value)
  let text = isList ? '[' : '{'
  Object.entries(value).forEach(([name, child], at) => {
    if (at > 0) text += `${pad()},`
    text += pad()
    if (!isList) text += `${JSON.stringify(name)}${pad()}:${pad()}`
    const written = write(child, [...path, isList ? at : name], pad, from + text.length)
    places.push(...(written.places as [readonly (string | number)[], number][]))
    text += written.text
  })
  return { text: `${text}${pad()}${isList ? ']' : '}'}`, places }
}

t.test('every value of any JSON text is found where it was written', async () => {
  const pads = fc.infiniteStream(fc.constantFrom('', '', ' ', '\n', '\n  ', '\t', '\r\n'))
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 4 }), pads, (value, stream) => {
      const { text, places } = write(value, [], () => stream.next().value, 0)
      const found = locateJson(
        text,
        places.map(([path]) => path),
      )
      places.forEach(([, offset], at) => {
        const before = text.slice(0, offset).split('\n')
        t.same(found[at], { line: before.length, column: before.at(-1)!.length + 1 })
      })
    }),
    { numRuns: 200 },
  )
})

t.test('no text holds it up or makes it throw', async (t) => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...'{}[]":,\\a1 \n') }), (text) => {
      locateJson(text, [['a'], [0, 'a'], []])
    }),
    { numRuns: 2000 },
  )
  t.pass()
})
