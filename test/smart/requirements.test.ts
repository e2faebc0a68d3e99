// The checklist of SMART on FHIR: each of its items is named by at least one test. https://hl7.org/fhir/smart-app-launch/
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'

const ROOT = join(import.meta.dirname, '..')
const ITEMS = 56

/** Returns the numbers that the titles of a test file begin with: `9, 12 to 14: …`. */
function numbersIn(text: string): readonly number[] {
  const titles = text.matchAll(/(?:t\.\w+\(|\btest\()\s*[`'"]((?:\d+(?:, | to |\/)?)+):? /g)
  return [...titles].flatMap(([, list = '']) =>
    list.split(/, |\//).flatMap((part) => {
      const [from = 0, to = from] = part.split(' to ').map(Number)
      return Array.from({ length: to - from + 1 }, (_, i) => from + i)
    }),
  )
}

t.test('every item of the checklist is named by the title of a test', async (t) => {
  const files = readdirSync(ROOT, { recursive: true, encoding: 'utf8' }).filter((file) =>
    /^(smart|access|clients)\/.*\.test\.ts$/.test(file),
  )
  const named = new Set(files.flatMap((file) => numbersIn(readFileSync(join(ROOT, file), 'utf8'))))
  const missing = Array.from({ length: ITEMS }, (_, i) => i + 1).filter((item) => !named.has(item))
  t.strictSame(missing, [])
})
