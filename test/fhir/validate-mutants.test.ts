// One fault at a time put into an official example of each type: each is refused where it was put.
import t from 'tap'
import { loadDefinitions } from '../../src/fhir/definitions.ts'
import { parseJson } from '../../src/fhir/json.ts'
import { createValidator } from '../../src/fhir/validate.ts'
import { examplesMissing, officialExamples } from '../support/examples.ts'
import {
  chooseExamples,
  type Dictionary,
  isObject,
  type Mutate,
  type Site,
  set,
  sitesOf,
} from '../support/mutants.ts'

const definitions = loadDefinitions()
const validate = createValidator(definitions)

const rename =
  (change: (name: string) => string): Mutate =>
  ({ parent, parentExpression, name }) => {
    if (change(name) === name) return undefined
    parent[change(name)] = parent[name]
    delete parent[name]
    return parentExpression
  }

const add =
  (name: string, value: unknown): Mutate =>
  ({ parent, parentExpression }) => {
    parent[name] = value
    return parentExpression
  }

const onArray = (value: unknown) => Array.isArray(value)
const onObject = (value: unknown) => isObject(value)
const onObjects = (value: unknown) => Array.isArray(value) && isObject(value[0])
const onPrimitive = (value: unknown) => !Array.isArray(value) && !isObject(value)
const onText = (value: unknown) => typeof value === 'string'
const onCode = (value: unknown, { element }: Site) =>
  onText(value) &&
  element.types[0] === 'code' &&
  definitions.requiredCodes(element.requiredValueSet ?? '') !== undefined
const extensible = ({ name, element }: Site) =>
  name !== 'id' && element.path !== 'Extension.url' && !['xhtml', 'Resource'].includes(element.types[0] ?? '')

/** Adds `extension` to the first object of a site. */
const extend =
  (extension: object): Mutate =>
  (site) => {
    const value = site.parent[site.name]
    const target = Array.isArray(value) ? value[0] : value
    if (!isObject(target) || !extensible(site) || 'extension' in target) return undefined
    target.extension = [extension]
    return `${site.expression}${Array.isArray(value) ? '[0]' : ''}.extension[0]`
  }

const companion =
  (value: unknown, suffix = ''): Mutate =>
  (site) => {
    if (!onPrimitive(site.parent[site.name]) || !extensible(site)) return undefined
    site.parent[`_${site.name}`] = value
    return `${site.expression}${suffix}`
  }

const MUTATIONS: Readonly<Record<string, Mutate>> = {
  'an unknown element': add('unknownElement', 'a'),
  'an unknown companion': add('_unknownElement', { id: 'a' }),
  'the name of a prototype': add('toString', 'a'),
  'a misspelt name': rename((name) => `${name}s`),
  'a name in the wrong case': rename((name) => name[0]!.toUpperCase() + name.slice(1)),
  'an array for a single primitive': set(onPrimitive, (value) => [value]),
  'an array for a single object': set(onObject, (value) => [value]),
  'a single value for an array': set(onArray, (value) => (value as unknown[])[0]),
  'an object for a primitive': set(onPrimitive, (value) => ({ value })),
  'text for an object': set(onObject, () => 'a'),
  'a number for an object': set(onObject, () => 1),
  'text for an object in an array': set(onObjects, () => ['a'], '[0]'),
  'a missing required element': (site) => {
    if (site.element.min === 0) return undefined
    delete site.parent[site.name]
    return site.parentExpression
  },
  'an empty object': set(onObject, () => ({})),
  'an empty object in an array': set(onObjects, () => [{}], '[0]'),
  'an empty array': set(onArray, () => []),
  'an empty string': set(onText, () => ''),
  'null for a primitive': set(onPrimitive, () => null),
  'null for an object': set(onObject, () => null),
  'null in an array': set(onArray, () => [null], '[0]'),
  'an unknown code': set(onCode, () => 'no-such-code'),
  'a code in the wrong case': set(
    (value, site) => onCode(value, site) && String(value).toLowerCase() !== String(value).toUpperCase(),
    (value) =>
      value === String(value).toLowerCase() ? String(value).toUpperCase() : String(value).toLowerCase(),
  ),
  'a code with a space behind it': set(onCode, (value) => `${value} `),
  'text with a control character': set(
    (value, { element }) =>
      onText(value) && ['string', 'markdown', 'uri', 'code'].includes(element.types[0]!),
    (value) => `${value}\u0000`,
  ),
  'a date that does not exist': set(
    (value, { element }) => onText(value) && ['date', 'dateTime'].includes(element.types[0]!),
    () => '2023-02-29',
  ),
  'text for a boolean': set((value) => typeof value === 'boolean', String),
  'a fraction for an integer': set(
    (value, { element }) =>
      onPrimitive(value) && /int/i.test(element.types[0]!) && element.types[0] !== 'instant',
    () => 1.5,
  ),
  'an extension without url': extend({ valueBoolean: true }),
  'an extension with neither value nor extensions': extend({ url: 'http://a.b' }),
  'an extension with both': extend({
    url: 'http://a.b',
    valueBoolean: true,
    extension: [{ url: 'a', valueCode: 'b' }],
  }),
  'an extension with two values': extend({ url: 'http://a.b', valueBoolean: true, valueString: 'a' }),
  'an extension with a value of no type': extend({ url: 'http://a.b', valueNothing: true }),
  'an empty companion': companion({}),
  'a companion with a value': companion({ value: 'a' }),
  'a companion that is an array': companion([{ id: 'a' }]),
  'a companion that is null': companion(null),
  'a companion of an object': (site) => {
    if (!onObject(site.parent[site.name])) return undefined
    site.parent[`_${site.name}`] = { id: 'a' }
    return site.parentExpression
  },
  'a narrative with a script': set(
    (_, { element }) => element.types[0] === 'xhtml',
    (value) => String(value).replace(/<\/div>\s*$/, '<script>a()</script></div>'),
  ),
}

const MOST_PER_EXAMPLE = 6

t.test('a fault is refused where it stands, in every type', { skip: examplesMissing }, async (t) => {
  const examples = chooseExamples((resource) => validate(resource).length === 0)
  t.ok(examples.size >= 100, `${examples.size} types`)
  for (const [rule, mutate] of Object.entries(MUTATIONS)) {
    let mutants = 0
    const missed: string[] = []
    for (const [type, text] of examples) {
      const parse = () => parseJson(text) as Dictionary
      let resource = parse()
      let sites = sitesOf(resource, type, type)
      for (let at = 0, made = 0; at < sites.length && made < MOST_PER_EXAMPLE; at++) {
        const expected = mutate(sites[at]!)
        if (expected === undefined) continue
        made++
        mutants++
        if (!validate(resource).some(({ expression }) => expression?.[0] === expected)) missed.push(expected)
        resource = parse()
        sites = sitesOf(resource, type, type)
      }
    }
    t.same(missed, [], rule)
    t.ok(mutants >= 20, `${rule}: ${mutants} mutants`)
  }
})

t.test('a second type of a choice is refused at its parent, in every type that has choices', async (t) => {
  let mutants = 0
  for (const { resource } of examplesMissing ? [] : officialExamples()) {
    if (mutants >= 200) break
    const choices = definitions
      .elements(resource.resourceType)
      .filter(({ path }) => path.endsWith('[x]') && path.split('.').length === 2)
    for (const { path, types } of choices) {
      const names = types.map((type) =>
        path.split('.')[1]!.replace('[x]', type[0]!.toUpperCase() + type.slice(1)),
      )
      const used = names.find((name) => name in resource)
      const other = names.find((name) => name !== used)
      if (!used || !other || validate(resource).length > 0) continue
      mutants++
      const twice = validate({ ...resource, [`_${other}`]: undefined, [other]: resource[used] })
      t.ok(
        twice.some(
          ({ code, expression }) => code === 'structure' && expression?.[0] === resource.resourceType,
        ),
      )
      const wrong = validate({ ...resource, [path.split('.')[1]!.replace('[x]', 'Narrative')]: 'a' })
      t.ok(
        wrong.some(
          ({ code, expression }) => code === 'structure' && expression?.[0] === resource.resourceType,
        ),
      )
    }
  }
  t.ok(examplesMissing || mutants >= 100)
})
