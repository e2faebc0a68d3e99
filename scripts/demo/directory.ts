// The demo's hospitals, pharmacy, check-up centre and their staff.
import type { Resource } from '../../src/fhir/resource.ts'
import { FAMILY, GIVEN_FEMALE, GIVEN_MALE, type Name } from './names.ts'
import { createRandom } from './random.ts'

const INSTITUTION_NUMBER = 'http://jpfhir.jp/fhir/core/IdSystem/insurance-medical-institution-no'
const REPRESENTATION = 'http://hl7.org/fhir/StructureDefinition/iso21090-EN-representation'

export interface Facility {
  readonly id: string
  readonly name: string
  readonly kind: 'prov' | 'other'
  readonly number: string
}

export const FACILITIES: readonly Facility[] = [
  { id: 'demo-hospital-a', name: 'むすび中央病院', kind: 'prov', number: '2719999991' },
  { id: 'demo-hospital-b', name: 'かもがわ総合病院', kind: 'prov', number: '2619999992' },
  { id: 'demo-checkup', name: 'なにわ健診センター', kind: 'prov', number: '2719999993' },
  { id: 'demo-pharmacy', name: 'みどり薬局', kind: 'prov', number: '2749999994' },
]

/** Returns a HumanName pair: kanji (IDE) and kana (SYL), as JP_Patient asks. */
export function toHumanNames(family: Name, given: Name): object[] {
  return [0, 1].map((spelling) => ({
    extension: [{ url: REPRESENTATION, valueCode: spelling === 0 ? 'IDE' : 'SYL' }],
    use: 'official',
    text: `${family[spelling]} ${given[spelling]}`,
    family: family[spelling],
    given: [given[spelling]],
  }))
}

/** Returns the organisations, locations, practitioners and their roles: the same for every seed. */
export function buildDirectory(): Resource[] {
  const random = createRandom(0, 0)
  const organizations = FACILITIES.map(({ id, name, kind, number }) => ({
    resourceType: 'Organization',
    id,
    identifier: [{ system: INSTITUTION_NUMBER, value: number }],
    active: true,
    type: [{ coding: [{ system: 'http://terminology.hl7.org/CodeSystem/organization-type', code: kind }] }],
    name,
  }))
  const staff = FACILITIES.flatMap(({ id }, place) =>
    [0, 1, 2].flatMap((n) => {
      const person = `${id}-doctor-${n + 1}`
      const given = random.pick(random.chance(0.5) ? GIVEN_FEMALE : GIVEN_MALE)
      return [
        {
          resourceType: 'Practitioner',
          id: person,
          identifier: [{ system: 'https://musubi.example/fhir/sid/staff', value: `${place + 1}00${n + 1}` }],
          name: toHumanNames(random.pick(FAMILY), given),
        },
        {
          resourceType: 'PractitionerRole',
          id: `${person}-role`,
          practitioner: { reference: `Practitioner/${person}` },
          organization: { reference: `Organization/${id}` },
        },
      ]
    }),
  )
  const locations = FACILITIES.map(({ id, name }) => ({
    resourceType: 'Location',
    id: `${id}-main`,
    status: 'active',
    name: `${name} 本館`,
    managingOrganization: { reference: `Organization/${id}` },
  }))
  return [...organizations, ...locations, ...staff]
}
