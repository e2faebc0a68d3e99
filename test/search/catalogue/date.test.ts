// Date searches, case by case. https://hl7.org/fhir/R4/search.html#date
import { openCatalogue, type Row, refused } from '../../support/naive-search.ts'

const observation = (id: string, effective: object) => ({
  resourceType: 'Observation',
  id,
  status: 'final',
  code: { text: 'x' },
  ...effective,
})
const at = (id: string, effectiveDateTime: string) => observation(id, { effectiveDateTime })
const during = (id: string, start?: string, end?: string) =>
  observation(id, { effectivePeriod: { ...(start && { start }), ...(end && { end }) } })
const born = (id: string, birthDate: string) => ({ resourceType: 'Patient', id, birthDate })
const visit = (id: string, start: string, end?: string) => ({
  resourceType: 'Encounter',
  id,
  status: 'finished',
  class: { code: 'AMB' },
  period: { start, ...(end && { end }) },
})

const { check } = await openCatalogue([
  at('0', '1979-12-31'),
  at('1', '1980'),
  at('2', '1980-05'),
  at('3', '1980-05-11'),
  at('4', '1980-05-11T16:32:15+09:00'),
  at('5', '1980-05-11T16:32:15.500+09:00'),
  at('6', '1981-01-01'),
  during('7', '1980-05-16', '1980-05-17'),
  born('y', '1950'),
  born('m', '1950-02'),
  born('d', '1950-02-28'),
  born('ancient', '0001-01-01'),
  visit('short', '2020-03-10', '2020-03-12'),
  visit('long', '2019-06-01', '2021-06-01'),
  visit('open', '2020-06-01'),
  visit('zoned', '2022-01-01T00:30:00+09:00', '2022-01-01T01:00:00+09:00'),
])

const dates = (rows: readonly Row[]) =>
  rows.map(([value, expected]): Row => [`Observation?date=${value}`, expected])

check(
  'eq is containment in the range that is searched',
  dates([
    ['1980', '1 2 3 4 5 7'],
    ['eq1980', '1 2 3 4 5 7'],
    ['1980-01', ''],
    ['1980-05', '2 3 4 5 7'],
    ['1980-05-10', ''],
    ['1980-05-11', '3 4 5'],
    ['1980-05-11T16:32', '4 5'],
    ['1980-05-11T16:32%2B09:00', '4 5'],
    ['1980-05-11T07:32:15Z', '4 5'],
    ['1980-05-11T16:32:15', '4 5'],
    ['1980-05-11T16:32:15.500', '5'],
    ['1980-05-11T16:32:15.5', '5'],
    ['1980-05-11T16:32:15.5000001', ''],
    ['1980-05-11T16:32:30', ''],
    ['1980-05-16T16:32:15.500', ''],
    ['1980-05-16', ''],
    ['1979,1981', '0 6'],
  ]),
)

check(
  'ne is what is not contained',
  dates([
    ['ne1980', '0 6'],
    ['ne1980-01', '0 1 2 3 4 5 6 7'],
    ['ne1980-05', '0 1 6'],
    ['ne1980-05-11', '0 1 2 6 7'],
    ['ne1980-05-11T16:32:15', '0 1 2 3 6 7'],
    ['ne1980-05-11T16:32:15.500', '0 1 2 3 4 6 7'],
  ]),
)

check(
  'gt and lt meet the range above and below',
  dates([
    ['gt1979', '1 2 3 4 5 6 7'],
    ['gt1980', '6'],
    ['gt1980-05', '1 6'],
    ['gt1980-05-11', '1 2 6 7'],
    ['gt1980-05-11T16:32:15', '1 2 3 6 7'],
    ['gt1980-05-11T16:32:15.400', '1 2 3 4 5 6 7'],
    ['gt1980-05-16', '1 2 6 7'],
    ['gt1980-05-17', '1 2 6'],
    ['gt1981', ''],
    ['lt1980', '0'],
    ['lt1980-05', '0 1'],
    ['lt1980-05-11', '0 1 2'],
    ['lt1980-05-11T16:32:15', '0 1 2 3'],
    ['lt1980-05-11T16:32:15.500', '0 1 2 3 4'],
    ['lt1980-05-17', '0 1 2 3 4 5 7'],
    ['lt1980-05-16', '0 1 2 3 4 5'],
    ['lt1979', ''],
  ]),
)

check(
  'ge and le add what is contained, and nothing that only straddles the far edge',
  dates([
    ['ge1980', '1 2 3 4 5 6 7'],
    ['ge1981', '6'],
    ['ge1980-05', '1 2 3 4 5 6 7'],
    ['ge1980-05-11T16:32:15.500', '1 2 3 4 5 6 7'],
    ['ge1980-05-17', '1 2 6'],
    ['ge1980-05-18', '1 2 6'],
    ['le1979', '0'],
    ['le1980', '0 1 2 3 4 5 7'],
    ['le1980-05', '0 1 2 3 4 5 7'],
    ['le1980-05-11', '0 1 2 3 4 5'],
    ['le1980-05-16', '0 1 2 3 4 5'],
    ['le1980-05-17', '0 1 2 3 4 5 7'],
  ]),
)

check(
  'sa and eb are strictly after and before',
  dates([
    ['sa1979', '1 2 3 4 5 6 7'],
    ['sa1980', '6'],
    ['sa1980-05', '6'],
    ['sa1980-05-11', '6 7'],
    ['sa1980-05-11T16:32:15', '6 7'],
    ['sa1980-05-11T16:32:15.400', '5 6 7'],
    ['sa1980-05-15', '6 7'],
    ['sa1980-05-16', '6'],
    ['sa1981', ''],
    ['eb1979', ''],
    ['eb1980', '0'],
    ['eb1980-05', '0'],
    ['eb1980-05-11', '0'],
    ['eb1980-05-12', '0 3 4 5'],
    ['eb1980-05-18', '0 3 4 5 7'],
    ['eb1980-05-17', '0 3 4 5'],
    ['eb1981', '0 1 2 3 4 5 7'],
    ['eb1982', '0 1 2 3 4 5 6 7'],
  ]),
)

check(
  'ap widens by a tenth of the distance to now',
  dates([
    ['ap1980-05-11', '0 1 2 3 4 5 6 7'],
    ['ap2026-11-01', ''],
    ['ap1900-01-01', ''],
  ]),
)

check('two date parameters intersect; a year is what lies after the one before and before the next', [
  ['Observation?date=ge1980-05&date=le1980-05', '1 2 3 4 5 7'],
  ['Observation?date=gt1980-05-16&date=lt1980-05-17', '1 2 7'],
  ['Observation?date=sa1979-12-31&date=eb1981-01-01', '1 2 3 4 5 7'],
  ['Observation?date=sa1980-05-10&date=eb1980-05-12', '3 4 5'],
  ['Observation?date=1980&date=ne1980-05', '1'],
  ['Observation?date=1979&date=1980', ''],
])

check('a period with an open end goes on for ever', [
  ['Encounter?date=2020', 'short'],
  ['Encounter?date=2020-03-11', ''],
  ['Encounter?date=gt2050', 'open'],
  ['Encounter?date=sa2020-03-12', 'open zoned'],
  ['Encounter?date=eb2020-04', 'short'],
  ['Encounter?date=lt2020', 'long'],
  ['Encounter?date=ge2021-06-01', 'open zoned'],
  ['Encounter?date=ge2021-05-31', 'long open zoned'],
  ['Encounter?date=ge2021-06-02', 'open zoned'],
  ['Encounter?date=le2021', 'short long open'],
  ['Encounter?date=ne2020', 'long open zoned'],
])

check('a value without offset is read in the zone of the server, one with it is not', [
  ['Encounter?date=2022-01-01', 'zoned'],
  ['Encounter?date=2021-12-31', ''],
  ['Encounter?date=2021-12-31T15:30Z', ''],
  ['Encounter?date=sa2021-12-31T15:29Z&date=eb2021-12-31T16:02Z', 'zoned'],
  ['Encounter?date=eb2021-12-31T16:00Z&date=sa2021-12-31T15:29Z', ''],
])

check('a birth date may be partial', [
  ['Patient?birthdate=1950', 'y m d'],
  ['Patient?birthdate=1950-02', 'm d'],
  ['Patient?birthdate=1950-02-28', 'd'],
  ['Patient?birthdate=1950-02-27', ''],
  ['Patient?birthdate=lt1900', 'ancient'],
  ['Patient?birthdate=0001', 'ancient'],
  ['Patient?birthdate=sa1950-02-01', 'd'],
  ['Patient?birthdate=ge1950-02-28', 'y d'],
  ['Patient?birthdate=ge1950-02-27', 'y m d'],
])

check(
  'what is no date is refused by the name of its parameter',
  [
    '***',
    '!',
    '1973-02-30',
    '1973-13',
    '1973-00-10',
    '1980-05-11T25:00',
    '1980-05-11T16:32:15.123456789012345678',
    'xx1980',
    'ge',
    '80',
    '1980/05/11',
    '2020-1-1',
    '1980-05-11T16',
    ' 1980',
    '1980,',
  ].map((value): Row => [`Observation?date=${value}`, refused('date')]),
)

const months = Array.from({ length: 12 }, (_, n) => `1980-${String(n + 1).padStart(2, '0')}`)
check('the months together find no more than the year: what has no month is in the year alone', [
  [`Observation?date=${months.join(',')}`, '2 3 4 5 7'],
  ['Observation?date=1980', '1 2 3 4 5 7'],
])
