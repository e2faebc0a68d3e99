// One fault beyond structure put into an official example: each is refused by its rule, where it was put. https://hl7.org/fhir/R4/validation.html
import t from 'tap'
import { loadDefinitions } from '../../src/fhir/definitions.ts'
import { parseJson } from '../../src/fhir/json.ts'
import { examplesMissing } from '../support/examples.ts'
import { chooseExamples, type Dictionary, type Mutate, type Site, set, sitesOf } from '../support/mutants.ts'
import { openTestValidation } from '../support/validation.ts'

const definitions = loadDefinitions()
const validate = openTestValidation()

const R4 = 'http://hl7.org/fhir/StructureDefinition/'

/** Resource types that an element may refer to; undefined for one that is no reference, or may refer to any. */
function targetsOf({ element }: Site): readonly string[] | undefined {
  const structure = definitions.structure(`${R4}${element.path.split('.')[0]}`)
  const own = structure?.elements.find(({ path }) => path === element.path)
  const targets = own?.types
    .filter(({ code }) => code === 'Reference')
    .flatMap(({ targetProfile = [] }) => targetProfile)
  if (!targets || targets.length === 0 || targets.includes(`${R4}Resource`)) return undefined
  return targets.map((each) => each.slice(R4.length))
}

/** Puts another reference in the place of the first one of a site. */
const refer =
  (change: (targets: readonly string[]) => object): Mutate =>
  (site) => {
    const targets = targetsOf(site)
    if (!targets) return undefined
    const isList = Array.isArray(site.parent[site.name])
    site.parent[site.name] = isList ? [change(targets)] : change(targets)
    return `${site.expression}${isList ? '[0]' : ''}`
  }

/** Adds a contained resource, and what refers to it, to the resource itself. */
const contain =
  (contained: object, suffix: string, reference: object | null = { reference: '#planted' }): Mutate =>
  ({ parent, parentExpression }) => {
    const type = parent['resourceType']
    if (typeof type !== 'string' || parentExpression !== type || parent['contained']) return undefined
    if (!definitions.elements(type).some(({ path }) => path === `${type}.contained`)) return undefined
    parent['contained'] = [contained]
    const { extension = [] } = parent as { extension?: readonly unknown[] }
    if (reference)
      parent['extension'] = [...extension, { url: 'http://a.b/planted', valueReference: reference }]
    return `${type}${suffix}`
  }

const extend =
  (extension: object, suffix: string, name = 'extension'): Mutate =>
  ({ parent, parentExpression }) => {
    const type = parent['resourceType']
    // R4's own extensions are told off on definitions, not refused.
    if (typeof type !== 'string' || parentExpression !== type || type === 'Patient' || parent['url'])
      return undefined
    if (!definitions.elements(type).some(({ path }) => path === `${type}.contained`)) return undefined
    const before = (parent[name] ?? []) as readonly unknown[]
    parent[name] = [...before, extension]
    return `${type}.${name}[${before.length}]${suffix}`
  }

const narrate = (change: (div: string) => string): Mutate =>
  set(
    (_, { element }) => element.types[0] === 'xhtml',
    (value) => change(String(value)),
  )

const inDiv = (text: string) => narrate((div) => div.replace(/<\/div>\s*$/, `${text}</div>`))

const ORGANIZATION = { resourceType: 'Organization', id: 'planted', name: 'a' }

/** The rule's message code, and the fault. */
const MUTATIONS: Readonly<Record<string, readonly [rule: string, mutate: Mutate]>> = {
  'a reference to a type that is not allowed': [
    'target-type',
    refer((targets) => ({ reference: `${targets.includes('Binary') ? 'Linkage' : 'Binary'}/1` })),
  ],
  'an absolute reference to a type that is not allowed': [
    'target-type',
    refer(() => ({ reference: 'http://other.example/fhir/Linkage/1' })),
  ],
  'a reference whose type is not allowed': ['target-type', refer(() => ({ type: 'Linkage', display: 'a' }))],
  'a reference that says another type': [
    'reference-type',
    refer(([first]) => ({ reference: `${first}/1`, type: first === 'Patient' ? 'Device' : 'Patient' })),
  ],
  'a reference to nothing contained': ['contained-missing', refer(() => ({ reference: '#nowhere' }))],
  'a contained resource within a contained one': [
    'contained-nested',
    contain({ ...ORGANIZATION, contained: [{ ...ORGANIZATION, id: 'b' }] }, '.contained[0]'),
  ],
  'a contained resource with a version': [
    'contained-version',
    contain({ ...ORGANIZATION, meta: { versionId: '1' } }, '.contained[0]'),
  ],
  'a contained resource with a security label': [
    'contained-security',
    contain({ ...ORGANIZATION, meta: { security: [{ code: 'R' }] } }, '.contained[0]'),
  ],
  'a contained resource that nothing refers to': [
    'contained-unreferenced',
    contain(ORGANIZATION, '.contained[0]', null),
  ],
  'a fault in a contained resource': [
    'unknown',
    contain({ ...ORGANIZATION, nickname: 'a' }, '.contained[0]'),
  ],
  'a modifier extension nobody knows': [
    'unknown-modifier-extension',
    extend({ url: 'http://a.b/planted', valueBoolean: true }, '', 'modifierExtension'),
  ],
  'an extension where it may not stand': [
    'extension-context',
    extend({ url: `${R4}patient-birthPlace`, valueAddress: { text: 'a' } }, ''),
  ],
  'an extension with a value of another type': [
    'profile-type',
    extend({ url: `${R4}patient-birthPlace`, valueString: 'a' }, '.value'),
  ],
  'an extension without the value that it must have': [
    'profile-few',
    extend({ url: `${R4}patient-birthPlace`, extension: [{ url: 'a', valueCode: 'a' }] }, ''),
  ],
  'a narrative with an event': ['form', inDiv('<p onclick="a()">a</p>')],
  'a narrative with a form': ['form', inDiv('<form><input/></form>')],
  'a narrative with a link that runs': ['form', inDiv('<a href="javascript:a()">a</a>')],
  'a narrative that is broken': ['form', inDiv('<p>a')],
  'a narrative without its namespace': ['form', narrate(() => '<div>a</div>')],
  'a narrative without any text': [
    'form',
    narrate(() => '<div xmlns="http://www.w3.org/1999/xhtml"> <p></p> </div>'),
  ],
}

const MOST_PER_EXAMPLE = 6

t.test('a fault beyond structure is refused where it stands', { skip: examplesMissing }, async (t) => {
  const checkAll = async (resource: Dictionary) => validate(resource, { level: 'errors' })
  const chosen = new Map<string, string>()
  for (const [type, text] of chooseExamples(() => true))
    if ((await checkAll(parseJson(text) as Dictionary)).length === 0) chosen.set(type, text)
  t.ok(chosen.size >= 100, `${chosen.size} types`)
  let all = 0
  for (const [name, [rule, mutate]] of Object.entries(MUTATIONS)) {
    let mutants = 0
    const missed: string[] = []
    for (const [type, text] of chosen) {
      const parse = () => parseJson(text) as Dictionary
      let resource = parse()
      let sites = sitesOf(resource, type, type)
      for (let at = 0, made = 0; at < sites.length && made < MOST_PER_EXAMPLE; at++) {
        const expected = mutate(sites[at]!)
        if (expected === undefined) continue
        made++
        mutants++
        const issues = await checkAll(resource)
        const found = issues.some(
          ({ severity, rule: told, expression }) =>
            severity === 'error' && told === rule && expression?.[0] === expected,
        )
        if (!found) missed.push(expected)
        resource = parse()
        sites = sitesOf(resource, type, type)
      }
    }
    all += mutants
    t.same(missed.slice(0, 5), [], name)
    t.ok(mutants >= 20, `${name}: ${mutants} mutants`)
  }
  t.ok(all >= 1500, `${all} mutants`)
})
