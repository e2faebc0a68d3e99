// `:above` and `:below` on R4's own code systems. https://hl7.org/fhir/R4/search.html#modifiers
import { openCatalogue, refused } from '../../support/naive-search.ts'

const ACT = 'http://terminology.hl7.org/CodeSystem/v3-ActCode'
const visit = (id: string, code: string, system = ACT) => ({
  resourceType: 'Encounter',
  id,
  status: 'finished',
  class: { system, code },
})

const { check } = await openCatalogue([
  visit('inpatient', 'IMP'),
  visit('acute', 'ACUTE'),
  visit('nonacute', 'NONAC'),
  visit('ambulatory', 'AMB'),
  visit('foreign', 'ACUTE', 'urn:other'),
])

check('below a code are itself and its kinds, above it itself and what it is a kind of', [
  [`Encounter?class:below=${ACT}|IMP`, 'inpatient acute nonacute'],
  [`Encounter?class:below=${ACT}|ACUTE`, 'acute'],
  [`Encounter?class:below=${ACT}|_ActEncounterCode`, 'inpatient acute nonacute ambulatory'],
  [`Encounter?class:above=${ACT}|ACUTE`, 'inpatient acute'],
  [`Encounter?class:above=${ACT}|AMB`, 'ambulatory'],
  [`Encounter?class:below=${ACT}|IMP,${ACT}|AMB`, 'inpatient acute nonacute ambulatory'],
  [`Encounter?class:below=${ACT}|nothing`, ''],
  ['Encounter?class:below=urn:other|ACUTE', refused('class')],
  ['Encounter?class:below=IMP', refused('class')],
])
