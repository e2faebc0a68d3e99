// The rules of R4's definitions and Parameters by hand: a snapshot has thousands of elements, and each states some twenty. https://hl7.org/fhir/R4/elementdefinition.html#invs
import { isNumber, toNumber } from '../primitives.ts'
import { type Native, on } from './rule.ts'
import { isDistinct, isObject, itemsOf, listOf, present, presentChoice, type Row } from './values.ts'

/** What an element that only refers to another may not say. */
const OWN = [
  'type',
  'maxLength',
  'binding',
  'defaultValue',
  'fixed',
  'pattern',
  'example',
  'minValue',
  'maxValue',
]

function has(value: Row, name: string): boolean {
  return present(value, name) || presentChoice(value, name)
}

function elementsOf(value: Row, name: string): readonly Row[] {
  const part = value[name]
  return isObject(part) ? listOf(part['element']) : []
}

function textsOf(rows: readonly Row[], name: string): readonly string[] {
  return rows.flatMap((row) => (typeof row[name] === 'string' ? [row[name]] : []))
}

function pathOf(row: Row | undefined): string {
  return typeof row?.['path'] === 'string' ? row['path'] : ''
}

const haveIds = (rows: readonly Row[]) => rows.every((row) => present(row, 'id'))
const isRoot = (row: Row) => !pathOf(row).includes('.')

function startWith(rows: readonly Row[], prefix: string): boolean {
  return rows.every((row) => pathOf(row).startsWith(prefix))
}

function isUpTo(min: unknown, max: unknown): boolean {
  if (max === '*' || !isNumber(min) || typeof max !== 'string' || !/^\d+$/.test(max)) return true
  return toNumber(min) <= Number(max)
}

const SYSTEM = /^http:\/\/hl7\.org\/fhirpath\/System\.[A-Z][A-Za-z]+$/

const isOfReference = ({ code }: Row) => code === undefined || code === 'Reference' || code === 'canonical'
const isLogical = ({ kind }: Row) => kind === undefined || kind === 'logical'
const hasType = (row: Row | undefined) => row !== undefined && present(row, 'type')

function isOfHl7({ url }: Row): boolean {
  return typeof url === 'string' && url.startsWith('http://hl7.org/fhir/StructureDefinition')
}

function rootsOf(value: Row): readonly Row[] {
  return [...elementsOf(value, 'snapshot'), ...elementsOf(value, 'differential')].filter(isRoot)
}

function typeCodesOf(value: Row, part: string): readonly string[] {
  return textsOf(
    elementsOf(value, part).flatMap((row) => listOf(row['type'])),
    'code',
  )
}

function hasDefaults(value: Row, part: string): boolean {
  return elementsOf(value, part).some((row) => presentChoice(row, 'defaultValue'))
}

/** By key. */
export const DEFINITIONS: Readonly<Record<string, Native>> = {
  'inv-1': on(
    '(part.exists() and value.empty() and resource.empty()) or (part.empty() and (value.exists() xor resource.exists()))',
    (value) => {
      const told = [presentChoice(value, 'value'), present(value, 'resource'), present(value, 'part')]
      return told.filter(Boolean).length === 1
    },
  ),
  'eld-2': on(
    "min.empty() or max.empty() or (max = '*') or iif(max != '*', min <= max.toInteger())",
    ({ min, max }) => isUpTo(min, max),
  ),
  'eld-5': on(
    'contentReference.empty() or (type.empty() and defaultValue.empty() and fixed.empty() and pattern.empty() and example.empty() and minValue.empty() and maxValue.empty() and maxLength.empty() and binding.empty())',
    (value) => !present(value, 'contentReference') || !OWN.some((name) => has(value, name)),
  ),
  'eld-6': on(
    'fixed.empty() or (type.count()  <= 1)',
    (value) => !presentChoice(value, 'fixed') || itemsOf(value['type']).length <= 1,
  ),
  'eld-7': on(
    'pattern.empty() or (type.count() <= 1)',
    (value) => !presentChoice(value, 'pattern') || itemsOf(value['type']).length <= 1,
  ),
  'eld-8': on(
    'pattern.empty() or fixed.empty()',
    (value) => !presentChoice(value, 'pattern') || !presentChoice(value, 'fixed'),
  ),
  // As R4 writes it: of any type there is a Boolean, be it false.
  'eld-11': on(
    "binding.empty() or type.code.empty() or type.select((code = 'code') or (code = 'Coding') or (code='CodeableConcept') or (code = 'Quantity') or (code = 'string') or (code = 'uri')).exists()",
    () => true,
  ),
  'eld-13': on('type.select(code).isDistinct()', (value) =>
    isDistinct(textsOf(listOf(value['type']), 'code')),
  ),
  'eld-14': on('constraint.select(key).isDistinct()', (value) =>
    isDistinct(textsOf(listOf(value['constraint']), 'key')),
  ),
  'eld-15': on(
    'defaultValue.empty() or meaningWhenMissing.empty()',
    (value) => !presentChoice(value, 'defaultValue') || !present(value, 'meaningWhenMissing'),
  ),
  'eld-18': on(
    '(isModifier.exists() and isModifier) implies isModifierReason.exists()',
    (value) => value['isModifier'] !== true || present(value, 'isModifierReason'),
  ),
  'eld-1': on(
    'discriminator.exists() or description.exists()',
    (value) => present(value, 'discriminator') || present(value, 'description'),
  ),
  // What is no integer is no number below zero: R4's rule says nothing of it.
  'eld-3': {
    expression: "empty() or ($this = '*') or (toInteger() >= 0)",
    holds: (value) => typeof value !== 'string' || !/^-\d*[1-9]\d*$/.test(value),
  },
  'eld-4': on(
    "aggregation.empty() or (code = 'Reference') or (code = 'canonical')",
    (value) => !present(value, 'aggregation') || isOfReference(value),
  ),
  'eld-12': on(
    "valueSet.exists() implies (valueSet.startsWith('http:') or valueSet.startsWith('https') or valueSet.startsWith('urn:'))",
    ({ valueSet }) => typeof valueSet !== 'string' || /^(?:http:|https|urn:)/.test(valueSet),
  ),
  'eld-17': on(
    "(code='Reference' or code = 'canonical') or targetProfile.empty()",
    (value) => !present(value, 'targetProfile') || isOfReference(value),
  ),
  'eld-21': on('expression.exists()', (value) => present(value, 'expression')),
  'eld-22': on(
    'sliceIsConstraining.exists() implies sliceName.exists()',
    (value) => !present(value, 'sliceIsConstraining') || present(value, 'sliceName'),
  ),
  'sdf-1': on(
    "derivation = 'constraint' or snapshot.element.select(path).isDistinct()",
    (value) =>
      value['derivation'] === 'constraint' || isDistinct(textsOf(elementsOf(value, 'snapshot'), 'path')),
  ),
  'sdf-3': on('element.all(definition.exists() and min.exists() and max.exists())', (value) =>
    listOf(value['element']).every((row) => ['definition', 'min', 'max'].every((name) => present(row, name))),
  ),
  'sdf-8': on(
    "(%resource.kind = 'logical' or element.first().path = %resource.type) and element.tail().all(path.startsWith(%resource.snapshot.element.first().path&'.'))",
    (value, { resource }) => {
      const [first, ...tail] = listOf(value['element'])
      const isNamed = resource['kind'] === 'logical' || pathOf(first) === resource['type']
      return isNamed && startWith(tail, `${pathOf(elementsOf(resource, 'snapshot')[0])}.`)
    },
  ),
  'sdf-8a': on(
    "(%resource.kind = 'logical' or element.first().path.startsWith(%resource.type)) and (element.tail().empty() or element.tail().all(path.startsWith(%resource.differential.element.first().path.replaceMatches('\\\\..*','')&'.')))",
    (value, { resource }) => {
      const [first, ...tail] = listOf(value['element'])
      const isNamed = resource['kind'] === 'logical' || pathOf(first).startsWith(String(resource['type']))
      return isNamed && startWith(tail, `${pathOf(elementsOf(resource, 'differential')[0]).split('.')[0]}.`)
    },
  ),
  'sdf-8b': on('element.all(base.exists())', (value) =>
    listOf(value['element']).every((row) => present(row, 'base')),
  ),
  'sdf-10': on(
    'binding.empty() or binding.valueSet.exists() or binding.description.exists()',
    ({ binding }) => !isObject(binding) || present(binding, 'valueSet') || present(binding, 'description'),
  ),
  'sdf-14': on(
    'snapshot.element.all(id.exists()) and differential.element.all(id.exists())',
    (value) => haveIds(elementsOf(value, 'snapshot')) && haveIds(elementsOf(value, 'differential')),
  ),
  'sdf-16': distinctIds('snapshot'),
  'sdf-17': distinctIds('differential'),
  'sdf-9': on(
    "children().element.where(path.contains('.').not()).label.empty() and children().element.where(path.contains('.').not()).code.empty() and children().element.where(path.contains('.').not()).requirements.empty()",
    (value) =>
      rootsOf(value).every((row) => !['label', 'code', 'requirements'].some((name) => present(row, name))),
  ),
  'sdf-11': on(
    "kind != 'logical' implies snapshot.empty() or snapshot.element.first().path = type",
    (value) => {
      const [first] = elementsOf(value, 'snapshot')
      return isLogical(value) || first === undefined || pathOf(first) === value['type']
    },
  ),
  'sdf-15': on(
    "kind!='logical' implies snapshot.element.first().type.empty()",
    (value) => isLogical(value) || !hasType(elementsOf(value, 'snapshot')[0]),
  ),
  'sdf-15a': on(
    "(kind!='logical'  and differential.element.first().path.contains('.').not()) implies differential.element.first().type.empty()",
    (value) => {
      const [first] = elementsOf(value, 'differential')
      return isLogical(value) || first === undefined || !isRoot(first) || !hasType(first)
    },
  ),
  'sdf-19': on(
    "url.startsWith('http://hl7.org/fhir/StructureDefinition') implies (differential.element.type.code.all(matches('^[a-zA-Z0-9]+$') or matches('^http:\\\\/\\\\/hl7\\\\.org\\\\/fhirpath\\\\/System\\\\.[A-Z][A-Za-z]+$')) and snapshot.element.type.code.all(matches('^[a-zA-Z0-9\\\\.]+$') or matches('^http:\\\\/\\\\/hl7\\\\.org\\\\/fhirpath\\\\/System\\\\.[A-Z][A-Za-z]+$')))",
    (value) =>
      !isOfHl7(value) ||
      (typeCodesOf(value, 'differential').every((code) => /^[a-zA-Z0-9]+$/.test(code) || SYSTEM.test(code)) &&
        typeCodesOf(value, 'snapshot').every((code) => /^[a-zA-Z0-9.]+$/.test(code) || SYSTEM.test(code))),
  ),
  'sdf-20': on("element.where(path.contains('.').not()).slicing.empty()", (value) =>
    listOf(value['element']).every((row) => !isRoot(row) || !present(row, 'slicing')),
  ),
  'sdf-21': on(
    "differential.element.defaultValue.exists() implies (derivation = 'specialization')",
    (value) =>
      !present(value, 'derivation') ||
      value['derivation'] === 'specialization' ||
      !hasDefaults(value, 'differential'),
  ),
  'sdf-22': on(
    "url.startsWith('http://hl7.org/fhir/StructureDefinition') implies (snapshot.element.defaultValue.empty() and differential.element.defaultValue.empty())",
    (value) => !isOfHl7(value) || !(hasDefaults(value, 'snapshot') || hasDefaults(value, 'differential')),
  ),
  'sdf-23': on(
    "(snapshot | differential).element.all(path.contains('.').not() implies sliceName.empty())",
    (value) =>
      [...elementsOf(value, 'snapshot'), ...elementsOf(value, 'differential')].every(
        (row) => !isRoot(row) || !present(row, 'sliceName'),
      ),
  ),
}

function distinctIds(part: string): Native {
  return on(
    `${part}.element.all(id.exists()) and ${part}.element.id.trace('ids').isDistinct()`,
    (value) => haveIds(elementsOf(value, part)) && isDistinct(textsOf(elementsOf(value, part), 'id')),
  )
}
