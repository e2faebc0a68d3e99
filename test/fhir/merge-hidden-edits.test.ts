// Whatever a reader does with what was shown, what was not shown is kept or told, and what is shown then is what was written. https://hl7.org/fhir/R4/http.html#update
import t from 'tap'
import { loadDefinitions } from '../../src/fhir/definitions.ts'
import { sameContent } from '../../src/fhir/document.ts'
import { parseJson, stringifyJson } from '../../src/fhir/json.ts'
import { listReferences } from '../../src/fhir/list-references.ts'
import { mergeHidden } from '../../src/fhir/merge-hidden.ts'
import { isRawNumber } from '../../src/fhir/primitives.ts'
import { type Ground, prune } from '../../src/fhir/prune.ts'
import type { Resource } from '../../src/fhir/resource.ts'
import { createStructureCheck } from '../../src/fhir/validate.ts'
import { examplesMissing, officialExamples } from '../support/examples.ts'
import { createOrder } from '../support/order.ts'

const definitions = loadDefinitions()
const ground: Ground = { definitions, isPersonal: () => true }
const check = createStructureCheck(definitions)
const order = createOrder(5)
const pick = <T>(from: readonly T[]) => from[Math.floor(order() * from.length)]!
const list = (resource: Resource) => listReferences(Buffer.from(stringifyJson(resource)), () => true)

type Spot = Record<string, unknown> | unknown[]

function findSpots(value: unknown): Spot[] {
  if (typeof value !== 'object' || value === null || isRawNumber(value)) return []
  return [value as Spot, ...Object.values(value).flatMap(findSpots)]
}

// Removes a property or an item, moves an item to the end, or writes another text.
function edit(resource: Resource): void {
  const spot = pick(findSpots(resource))
  if (Array.isArray(spot)) {
    const [item] = spot.splice(Math.floor(order() * spot.length), 1)
    if (order() < 0.5) spot.push(item)
    return
  }
  const name = pick(Object.keys(spot))
  const value = spot[name]
  if (name === 'resourceType' || name === 'text' || name === 'reference') return
  if (order() < 0.5) delete spot[name]
  else if (typeof value === 'string') spot[name] = `${value}x`
}

function withoutText({ text: _, ...rest }: Resource): Resource {
  return rest as unknown as Resource
}

t.test('edits of official examples', { skip: examplesMissing }, async (t) => {
  const wrong: string[] = []
  let edited = 0
  for (const { file, resource: stored } of officialExamples()) {
    const listed = stored.resourceType === 'Bundle' ? [] : list(stored)
    for (let round = 0; round < 5 && listed.length > 0; round++) {
      const chosen = new Set(listed.filter(() => order() < 0.5))
      const visible = prune(stored, (key) => chosen.has(key), ground)
      if (!visible || visible === stored) continue
      const given = parseJson(stringifyJson(visible)) as Resource
      edit(given)
      if (check(given).length > 0 || check(stored).length > 0) continue
      edited++
      const { resource, lost } = mergeHidden({ stored, visible, given }, definitions)
      const shown = prune(resource, (key) => chosen.has(key), ground)
      if (!shown || !sameContent(withoutText(shown), withoutText(given)))
        wrong.push(`${file}: not what was written`)
      const kept = list(resource)
      const isSilent = lost.length === 0 && [...chosen].some((key) => !kept.includes(key))
      if (isSilent) wrong.push(`${file}: lost without a word`)
      if (check(resource).length > 0) wrong.push(`${file}: broken`)
    }
  }
  t.same(wrong, [])
  t.ok(edited > 500, `${edited} edited`)
})
