// A package of the size and shape of a country's core profiles: a hundred profiles with slices, extensions, bindings and invariants.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export const BASE = 'http://jp.example/fhir'

/** Types that the profiles are of, each several times, as a country's are. */
const TYPES = [
  'Observation',
  'Patient',
  'Condition',
  'Encounter',
  'MedicationRequest',
  'Procedure',
  'DiagnosticReport',
  'Immunization',
  'Practitioner',
  'Organization',
]

type Definition = Readonly<Record<string, unknown>>

/** Returns the canonical of one of the profiles on `type`. */
export function profileOf(type: string, at: number): string {
  return `${BASE}/StructureDefinition/${type}-${at}`
}

/** Writes a package of `count` profiles, a value set and a code system for each, and ten extensions into `folder`. */
export function writeJpLike(folder: string, count: number): void {
  mkdirSync(join(folder, 'package'), { recursive: true })
  const write = (name: string, content: object) =>
    writeFileSync(join(folder, 'package', `${name}.json`), JSON.stringify(content))
  write('package', { name: 'jp.example.core', version: '1.2.0', fhirVersions: ['4.0.1'], dependencies: {} })
  for (let at = 0; at < 10; at++) write(`StructureDefinition-ext-${at}`, makeExtension(at))
  for (let at = 0; at < count; at++) {
    const type = TYPES[at % TYPES.length]!
    write(`StructureDefinition-${type}-${at}`, makeProfile(type, Math.floor(at / TYPES.length), at))
    write(`ValueSet-${at}`, makeValueSet(at))
    write(`CodeSystem-${at}`, makeCodeSystem(at))
  }
}

function head(resourceType: string, id: string): Definition {
  return { resourceType, id, url: `${BASE}/${resourceType}/${id}`, version: '1.2.0', status: 'active' }
}

function makeProfile(type: string, round: number, at: number): Definition {
  return {
    ...head('StructureDefinition', `${type}-${round}`),
    name: `Jp${type}${round}`,
    fhirVersion: '4.0.1',
    kind: 'resource',
    abstract: false,
    type,
    baseDefinition: `http://hl7.org/fhir/StructureDefinition/${type}`,
    derivation: 'constraint',
    differential: { element: [...common(type, at), ...(OWN[type] ?? [])] },
  }
}

const element = (id: string, more: object = {}): Definition => {
  const slice = id.split('.').at(-1)!.split(':')[1]
  const path = id.replaceAll(/:[^.]+/g, '')
  return { id, path, ...(slice !== undefined && { sliceName: slice }), ...more }
}

const slicing = (type: string, path: string) => ({
  slicing: { discriminator: [{ type, path }], rules: 'open' },
})

function common(type: string, at: number): Definition[] {
  return [
    element(type, {
      constraint: [
        {
          key: `jp-${at}`,
          severity: 'error',
          human: 'An identifier has a value',
          expression: 'identifier.all(value.exists() or extension.exists())',
        },
      ],
    }),
    element(`${type}.meta.lastUpdated`, { mustSupport: true }),
    element(`${type}.extension`, slicing('value', 'url')),
    element(`${type}.extension:first`, extension(at % 10, { max: '1' })),
    element(`${type}.extension:second`, extension((at + 1) % 10, { max: '1' })),
    element(`${type}.identifier`, slicing('value', 'system')),
    element(`${type}.identifier:record`, { max: '1' }),
    element(`${type}.identifier:record.system`, { min: 1, fixedUri: `${BASE}/record` }),
    element(`${type}.identifier:record.value`, { min: 1 }),
    element(`${type}.identifier:insurance`),
    element(`${type}.identifier:insurance.system`, { min: 1, fixedUri: `${BASE}/insurance` }),
    element(`${type}.identifier:insurance.value`, { min: 1, maxLength: 40 }),
  ]
}

const extension = (at: number, more: object) => ({
  ...more,
  type: [{ code: 'Extension', profile: [`${BASE}/StructureDefinition/ext-${at}`] }],
})

const codes = (type: string, at: number): Definition[] => [
  element(`${type}.code`, {
    min: 1,
    binding: { strength: 'extensible', valueSet: `${BASE}/ValueSet/${at}` },
  }),
  element(`${type}.code.coding`, slicing('value', 'system')),
  element(`${type}.code.coding:local`, { max: '1' }),
  element(`${type}.code.coding:local.system`, { min: 1, fixedUri: `${BASE}/CodeSystem/${at}` }),
  element(`${type}.code.coding:loinc`),
  element(`${type}.code.coding:loinc.system`, { min: 1, fixedUri: 'http://loinc.org' }),
  element(`${type}.code.coding:loinc.code`, { min: 1 }),
]

const OWN: Readonly<Record<string, readonly Definition[]>> = {
  Observation: [
    element('Observation.category', { min: 1, ...slicing('pattern', '$this') }),
    element('Observation.category:laboratory', {
      max: '1',
      patternCodeableConcept: {
        coding: [
          { system: 'http://terminology.hl7.org/CodeSystem/observation-category', code: 'laboratory' },
        ],
      },
    }),
    element('Observation.category:vital', {
      max: '1',
      patternCodeableConcept: {
        coding: [
          { system: 'http://terminology.hl7.org/CodeSystem/observation-category', code: 'vital-signs' },
        ],
      },
    }),
    ...codes('Observation', 0),
    element('Observation.subject', { min: 1 }),
    element('Observation.effective[x]', slicing('type', '$this')),
    element('Observation.effective[x]:effectiveDateTime', { max: '1', type: [{ code: 'dateTime' }] }),
    element('Observation.value[x]', slicing('type', '$this')),
    element('Observation.value[x]:valueQuantity', { type: [{ code: 'Quantity' }] }),
    element('Observation.value[x]:valueQuantity.value', { min: 1 }),
    element('Observation.value[x]:valueQuantity.system', { fixedUri: 'http://unitsofmeasure.org' }),
    element('Observation.component', slicing('value', 'code.coding.code')),
    element('Observation.component:systolic', { max: '1' }),
    element('Observation.component:systolic.code.coding', { min: 1 }),
    element('Observation.component:systolic.code.coding.code', { min: 1, fixedCode: '8480-6' }),
    element('Observation.component:systolic.value[x]', { min: 1 }),
  ],
  Patient: [
    element('Patient.name', { min: 1, ...slicing('value', 'use') }),
    element('Patient.name:official', { max: '1' }),
    element('Patient.name:official.use', { min: 1, fixedCode: 'official' }),
    element('Patient.name:official.family', { min: 1 }),
    element('Patient.telecom', slicing('value', 'system')),
    element('Patient.telecom:phone'),
    element('Patient.telecom:phone.system', { min: 1, fixedCode: 'phone' }),
    element('Patient.telecom:phone.value', { min: 1, maxLength: 40 }),
    element('Patient.gender', { min: 1 }),
    element('Patient.birthDate', { min: 1 }),
    element('Patient.address.country', { maxLength: 60 }),
  ],
  Condition: [...codes('Condition', 2), element('Condition.subject', { min: 1 })],
  Procedure: [...codes('Procedure', 5), element('Procedure.performed[x]', { min: 1 })],
  DiagnosticReport: [...codes('DiagnosticReport', 6), element('DiagnosticReport.subject', { min: 1 })],
  Encounter: [element('Encounter.subject', { min: 1 }), element('Encounter.period', { min: 1 })],
  Immunization: [element('Immunization.occurrence[x]', { min: 1 })],
}

function makeExtension(at: number): Definition {
  return {
    ...head('StructureDefinition', `ext-${at}`),
    name: `JpExtension${at}`,
    fhirVersion: '4.0.1',
    kind: 'complex-type',
    abstract: false,
    context: [{ type: 'element', expression: 'DomainResource' }],
    type: 'Extension',
    baseDefinition: 'http://hl7.org/fhir/StructureDefinition/Extension',
    derivation: 'constraint',
    differential: {
      element: [
        element('Extension.url', { fixedUri: `${BASE}/StructureDefinition/ext-${at}` }),
        element('Extension.value[x]', { min: 1, type: [{ code: 'CodeableConcept' }, { code: 'string' }] }),
      ],
    },
  }
}

function makeValueSet(at: number): Definition {
  return {
    ...head('ValueSet', String(at)),
    name: `JpSet${at}`,
    compose: {
      include: [
        { system: `${BASE}/CodeSystem/${at}` },
        { system: 'http://loinc.org' },
        { system: 'http://snomed.info/sct' },
      ],
    },
  }
}

/** As many codes as a country's larger code systems have on average. */
const CODES = 200

function makeCodeSystem(at: number): Definition {
  return {
    ...head('CodeSystem', String(at)),
    name: `JpCodes${at}`,
    content: 'complete',
    caseSensitive: true,
    concept: Array.from({ length: CODES }, (_, code) => ({
      code: `c${code}`,
      display: `項目 ${at}-${code}`,
      designation: [{ language: 'en', value: `item ${at}-${code}` }],
    })),
  }
}
