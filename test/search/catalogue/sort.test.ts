// `_sort`, case by case: missing values last, ties as they were written. https://hl7.org/fhir/R4/search.html#sort
import t from 'tap'
import { matchesOf, openCatalogue, refused } from '../../support/naive-search.ts'

const observation = (id: string, code: string, effective: string | undefined, value?: number) => ({
  resourceType: 'Observation',
  id,
  status: 'final',
  code: { coding: [{ system: 'urn:c', code }] },
  subject: { reference: `Patient/${code}` },
  ...(effective && { effectiveDateTime: effective }),
  ...(value !== undefined && { valueQuantity: { value } }),
})
const patient = (id: string, families: readonly string[], birthDate?: string) => ({
  resourceType: 'Patient',
  id,
  ...(families.length > 0 && { name: families.map((family) => ({ family })) }),
  ...(birthDate && { birthDate }),
})

const { call, check } = await openCatalogue([
  observation('t3', 'b', '2020-03-01', 10),
  observation('t1', 'a', '2020-01-01', 9),
  observation('t4', 'b', undefined, 2),
  observation('t2', 'a', '2020-02-01', -1),
  observation('t5', 'c', '2020-02-01'),
  patient('zeta', ['Zeta', 'Beta'], '1980'),
  patient('alpha', ['Alpha'], '1950-05-05'),
  patient('mid', ['Müller'], '1950'),
  patient('nobody', []),
])

check('one key, up and down; what lacks it comes last both ways', [
  ['Observation?_sort=date', 't1 t2 t5 t3 t4'],
  ['Observation?_sort=-date', 't3 t2 t5 t1 t4'],
  ['Observation?_sort=value-quantity', 't2 t4 t1 t3 t5'],
  ['Observation?_sort=-value-quantity', 't3 t1 t4 t2 t5'],
  ['Observation?_sort=code', 't1 t2 t3 t4 t5'],
  ['Observation?_sort=-code', 't5 t3 t4 t1 t2'],
  ['Observation?_sort=subject', 't1 t2 t3 t4 t5'],
  ['Observation?_sort=patient', 't1 t2 t3 t4 t5'],
  ['Observation?_sort=_id', 't1 t2 t3 t4 t5'],
  ['Observation?_sort=-_id', 't5 t4 t3 t2 t1'],
  ['Patient?_sort=birthdate', 'mid alpha zeta nobody'],
])

check('of several values the least is meant upwards, the greatest downwards', [
  ['Patient?_sort=family', 'alpha zeta mid nobody'],
  ['Patient?_sort=-family', 'zeta mid alpha nobody'],
  ['Patient?_sort=name', 'alpha zeta mid nobody'],
])

check('several keys, the first one first', [
  ['Observation?_sort=code,-date', 't2 t1 t3 t4 t5'],
  ['Observation?_sort=-code,date', 't5 t3 t4 t1 t2'],
  ['Observation?_sort=date,-value-quantity', 't1 t2 t5 t3 t4'],
  ['Observation?_sort=code,value-quantity', 't2 t1 t4 t3 t5'],
  ['Observation?code=a,b&_sort=-value-quantity', 't3 t1 t4 t2'],
  ['Observation?date=2020-02-01&_sort=-_id', 't5 t2'],
  ['Observation?date=2020-02-01&_sort=-_id,date', 't5 t2'],
])

check('what cannot be sorted by is refused by name', [
  ['Observation?_sort=nothing', refused('nothing')],
  ['Observation?_sort=', refused('_sort')],
  ['Observation?_sort=date,', refused('_sort')],
  ['Observation?_sort=-', refused('_sort')],
  ['Observation?_sort=combo-code', refused('combo-code')],
  ['Observation?_sort=code-value-quantity', refused('code-value-quantity')],
  ['Observation?_sort=--date', refused('-date')],
  ['Observation?_sort:desc=date', refused('_sort')],
  ['Observation?_sort=date&_sort=code', refused('_sort')],
  ['Observation?_sort=subject.family', refused('subject.family')],
])

t.test('_lastUpdated is a key as well: what was written last is first when descending', async (t) => {
  const { body } = await call('GET', 'Observation?_sort=-_lastUpdated')
  const times = body.entry.map(({ resource }: { resource: { meta: { lastUpdated: string } } }) =>
    Date.parse(resource.meta.lastUpdated),
  )
  t.same(
    times,
    times.toSorted((a: number, b: number) => b - a),
  )
})

t.test('pages of any size give the order of the whole, ties and what lacks the key included', async (t) => {
  for (const sort of ['date', '-date', 'code', '-code,date', 'value-quantity', '-value-quantity', '_id'])
    for (const size of [1, 2, 3, 5]) {
      const whole = await call('GET', `Observation?_sort=${sort}`)
      const walked: string[] = []
      let pages = 0
      for (let url: string | undefined = `/Observation?_sort=${sort}&_count=${size}`; url; pages++) {
        const { body } = await call('GET', url)
        walked.push(...matchesOf(body))
        const next = body.link.find(({ relation }: { relation: string }) => relation === 'next')
        url = next?.url.replace(/^.*?\/fhir/, '')
      }
      t.same(walked, matchesOf(whole.body), `${sort} by ${size}`)
      t.equal(pages, Math.ceil(5 / size), `${sort} by ${size}: no page is empty`)
    }
})
