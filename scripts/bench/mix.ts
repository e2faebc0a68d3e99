// The search mix: one class per kind of question, each making a fresh URL from the generated residents.
import { createRandom, type Random } from '../demo/random.ts'
import { buildResident } from '../demo/residents.ts'

export interface SearchClass {
  readonly name: string
  path(random: Random): string
}

const LOINC = encodeURIComponent('http://loinc.org|')
const UCUM = encodeURIComponent('http://unitsofmeasure.org')
const ITEMS = [
  '8302-2',
  '29463-7',
  '39156-5',
  '3048-6',
  '2085-9',
  '18262-6',
  '1920-8',
  '1558-6',
  '4548-4',
  '2160-0',
]
const FAMILIES = ['山田', '佐藤', 'すずき', 'ナカムラ', '清水', '石川'].map(encodeURIComponent)
const PREFIXES = ['eq', 'ne', 'gt', 'lt', 'ge', 'le', 'sa', 'eb', 'ap']

const day = (random: Random) =>
  `${random.int(2021, 2024)}-${String(random.int(1, 12)).padStart(2, '0')}-${String(random.int(1, 28)).padStart(2, '0')}`

/** Every class of the mix, for a store filled with residents `0 … count-1` of `seed`. */
export function buildMix(seed: number, count: number): readonly SearchClass[] {
  const picker = createRandom(seed, 999_999)
  const patients = Array.from(
    { length: 200 },
    () => buildResident(seed, picker.int(0, count - 1))[0]!.id as string,
  )
  const item = (random: Random) => `${LOINC}${random.pick(ITEMS)}`
  const patient = (random: Random) => random.pick(patients)
  const dates = PREFIXES.map((prefix) => ({
    name: `date ${prefix}`,
    path: (random: Random) => `Observation?date=${prefix}${day(random)}`,
  }))
  return [
    {
      name: 'patient+code, newest first',
      path: (r) => `Observation?patient=${patient(r)}&code=${item(r)}&_sort=-date`,
    },
    { name: 'code', path: (r) => `Observation?code=${item(r)}` },
    { name: 'code, OR list', path: () => 'Condition?code=I10,E78.5,E11.9' },
    { name: 'string', path: (r) => `Patient?name=${r.pick(FAMILIES)}` },
    ...dates,
    {
      name: 'date range and code',
      path: (r) => `Observation?code=${item(r)}&date=ge${day(r)}&date=lt2025-06-01`,
    },
    { name: 'quantity', path: (r) => `Observation?value-quantity=gt${r.int(90, 300)}` },
    {
      name: 'quantity with unit',
      path: (r) => `Observation?value-quantity=gt${r.int(90, 250)}|${UCUM}|mg/dL`,
    },
    { name: 'quantity ge99999', path: () => 'Observation?value-quantity=ge99999' },
    { name: 'quantity le99999', path: () => 'Observation?value-quantity=le99999' },
    {
      name: 'code and rare quantity',
      path: (r) => `Observation?code=${LOINC}4548-4&value-quantity=gt${r.int(6, 7)}.${r.int(1, 9)}`,
    },
    { name: 'composite', path: (r) => `Observation?code-value-quantity=${LOINC}1558-6$gt${r.int(100, 130)}` },
    {
      name: 'composite of components',
      path: (r) => `Observation?component-code-value-quantity=${LOINC}8480-6$gt${r.int(120, 150)}`,
    },
    { name: 'reference', path: (r) => `Observation?subject=Patient/${patient(r)}` },
    { name: 'chain', path: (r) => `Condition?subject:Patient.name=${r.pick(FAMILIES)}&code=I10` },
    { name: '_has', path: (r) => `Patient?_has:Condition:patient:code=${r.pick(['I10', 'E11.9', 'K21.9'])}` },
    {
      name: '_include',
      path: (r) =>
        `MedicationRequest?patient=${patient(r)}&_include=MedicationRequest:requester&_include=MedicationRequest:patient`,
    },
    { name: '_revinclude', path: (r) => `Encounter?patient=${patient(r)}&_revinclude=Observation:encounter` },
    { name: 'sort by date', path: (r) => `Observation?code=${item(r)}&_sort=-date` },
    { name: 'sort by name', path: () => 'Patient?_sort=family,birthdate' },
    {
      name: 'total up to 10,000',
      path: (r) => `Condition?code=K21.9&recorded-date=ge${day(r)}&_total=accurate`,
    },
    { name: 'total by gender', path: () => 'Patient?gender=female&_total=accurate' },
  ]
}

/** Totals of more than 10,000 matches: reported apart. */
export const LARGE_TOTALS: readonly SearchClass[] = [
  { name: 'total of a code', path: () => `Observation?code=${LOINC}4548-4&_total=accurate` },
  { name: 'total of a type', path: () => 'Observation?_summary=count' },
  { name: 'total of a quantity', path: () => 'Observation?value-quantity=gt100&_summary=count' },
]
