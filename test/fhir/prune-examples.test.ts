// What is left of R4's official examples. https://www.npmjs.com/package/hl7.fhir.r4.examples
import t from 'tap'
import { isUniversal } from '../../src/access/directory.ts'
import { stringifyJson } from '../../src/fhir/json.ts'
import { listReferences } from '../../src/fhir/list-references.ts'
import { essentialReferences, type Ground, prune } from '../../src/fhir/prune.ts'
import { createStructureCheck } from '../../src/fhir/validate.ts'
import { examplesMissing, officialExamples } from '../support/examples.ts'
import { createOrder } from '../support/order.ts'
import { baseUrl, ground } from '../support/pruning.ts'

// All types but Patient count here, so that more of the examples has something to lose.
const anyType: Ground = { ...ground, isPersonal: () => true }

t.test(
  'official examples lose only what keeps them in order, and all of it is foretold',
  { skip: examplesMissing },
  async (t) => {
    const check = createStructureCheck(ground.definitions)
    const order = createOrder(7)
    let [pruned, lost] = [0, 0]
    const wrong: string[] = []
    for (const { file, resource } of officialExamples()) {
      if (isUniversal(resource.resourceType)) continue
      const bytes = Buffer.from(stringifyJson(resource))
      const listed = listReferences(bytes, () => true, baseUrl)
      const needed = essentialReferences(resource, anyType)
      if (!needed.every((key) => listed.includes(key))) wrong.push(`${file}: essential but not listed`)
      const faults = check(resource).length
      for (let round = 0; round < 3; round++) {
        const share = round === 0 ? 1 : order()
        const hidden = new Set(listed.filter(() => order() <= share))
        const asked: string[] = []
        const left = prune(resource, (key) => asked.push(key) > 0 && hidden.has(key), anyType)
        if (!asked.every((key) => listed.includes(key))) wrong.push(`${file}: asked but not listed`)
        if ((left === undefined) !== needed.some((key) => hidden.has(key)))
          wrong.push(`${file}: not foretold`)
        if (left === undefined) lost++
        else if (left !== resource) {
          pruned++
          if (check(left).length > faults) wrong.push(`${file}: ${stringifyJson(check(left)[0])}`)
          const again = prune(left, (key) => hidden.has(key), anyType)
          if (again !== left) wrong.push(`${file}: something is left`)
        }
      }
      if (stringifyJson(resource) !== bytes.toString()) wrong.push(`${file}: changed in place`)
    }
    t.same(wrong, [])
    t.ok(pruned > 300 && lost > 100, `${pruned} pruned, ${lost} lost`)
  },
)
