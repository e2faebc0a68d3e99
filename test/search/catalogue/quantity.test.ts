// Number and quantity searches, case by case. https://hl7.org/fhir/R4/search.html#quantity
import { openCatalogue, type Row, refused } from '../../support/naive-search.ts'

const UCUM = 'http://unitsofmeasure.org'
const observation = (id: string, value: string) =>
  `{"resourceType":"Observation","id":"${id}","status":"final","code":{"text":"x"},"valueQuantity":${value}}`
const ucum = (id: string, value: string, code: string, comparator?: string) =>
  observation(
    id,
    `{"value":${value},${comparator ? `"comparator":"${comparator}",` : ''}"unit":"${code}","system":"${UCUM}","code":"${code}"}`,
  )
const risk = (id: string, prediction: string) =>
  `{"resourceType":"RiskAssessment","id":"${id}","status":"final","subject":{"reference":"Patient/p"},"prediction":[${prediction}]}`
const condition = (id: string, onset: string) =>
  `{"resourceType":"Condition","id":"${id}","subject":{"reference":"Patient/p"},${onset}}`

const { check } = await openCatalogue([
  risk('r5', '{"probabilityDecimal":0.5}'),
  risk('r500', '{"probabilityDecimal":0.500}'),
  risk('r51', '{"probabilityDecimal":0.51}'),
  risk('rsci', '{"probabilityDecimal":5e-3}'),
  risk(
    'rrange',
    '{"probabilityRange":{"low":{"value":0.6,"system":"http://unitsofmeasure.org","code":"%"},"high":{"value":0.8,"system":"http://unitsofmeasure.org","code":"%"}}}',
  ),
  risk('rboth', '{"probabilityDecimal":0.1},{"probabilityDecimal":0.9}'),
  observation('n5', '{"value":5}'),
  observation('n5000', '{"value":5.000}'),
  observation('nneg', '{"value":-12.5}'),
  observation('nbig', '{"value":1.5e6}'),
  ucum('g', '2.5', 'g'),
  ucum('mg', '2500', 'mg'),
  ucum('kg', '0.0025', 'kg'),
  ucum('mmHg', '120', 'mm[Hg]'),
  ucum('kPa', '16', 'kPa'),
  observation('own', '{"value":2.5,"unit":"pieces","system":"urn:units","code":"pc"}'),
  observation('other', '{"value":2.5,"system":"urn:others","code":"pc"}'),
  observation('unit', '{"value":2.5,"unit":"tablets"}'),
  ucum('less', '30', '%', '<'),
  ucum('more', '30', '%', '>'),
  ucum('least', '30', '%', '>='),
  ucum('plain', '30', '%'),
  condition('age', `"onsetAge":{"value":40,"unit":"a","system":"${UCUM}","code":"a"}`),
  condition(
    'ages',
    `"onsetRange":{"low":{"value":30,"system":"${UCUM}","code":"a"},"high":{"value":50,"system":"${UCUM}","code":"a"}}`,
  ),
  condition('ageless', `"onsetRange":{"low":{"value":60,"system":"${UCUM}","code":"a"}}`),
  '{"resourceType":"Patient","id":"p"}',
])

const of = (path: string, rows: readonly Row[]) =>
  rows.map(([value, expected]): Row => [`${path}=${value}`, expected])

check(
  'a number has the precision it is written with',
  of('RiskAssessment?probability', [
    ['0.5', 'r5 r500 r51'],
    ['0.50', 'r500'],
    ['0.500', 'r500'],
    ['0.51', 'r51'],
    ['.5', refused('probability')],
    ['5e-1', 'r5 r500 r51'],
    ['0.005', 'rsci'],
    ['5e-3', 'rsci'],
    ['5.0e-3', ''],
    ['ne0.5', 'rsci rrange rboth'],
    ['gt0.5', 'r51 rrange rboth'],
    ['ge0.5', 'r5 r500 r51 rrange rboth'],
    ['lt0.5', 'rsci rboth'],
    ['le0.5', 'r5 r500 rsci rboth'],
    ['ap0.5', 'r5 r500 r51'],
    ['0.1,0.9', 'rboth'],
    ['five', refused('probability')],
    ['', refused('probability')],
    ['eq', refused('probability')],
    ['NaN', refused('probability')],
    ['1e999', refused('probability')],
    ['0x10', refused('probability')],
  ]),
)

check(
  'a range is met by what lies in it, and is after or before what lies outside',
  of('RiskAssessment?probability', [
    ['gt0.7', 'rrange rboth'],
    ['lt0.7', 'r5 r500 r51 rsci rrange rboth'],
    ['sa0.55', 'rrange rboth'],
    ['sa0.65', 'rboth'],
    ['eb0.85', 'r5 r500 r51 rsci rrange rboth'],
    ['eb0.65', 'r5 r500 r51 rsci rboth'],
    ['0.7', ''],
    ['ap0.7', 'rrange'],
  ]),
)

check('two number parameters may be met by two values of one resource', [
  ['RiskAssessment?probability=lt0.2&probability=gt0.8', 'rboth'],
  ['RiskAssessment?probability=gt0.5&probability=lt0.6', 'r51 rboth'],
])

check(
  'a quantity without unit is a number in any unit',
  of('Observation?value-quantity', [
    ['5', 'n5 n5000'],
    ['5.000', 'n5000'],
    ['5.0', 'n5000'],
    ['-12.5', 'nneg'],
    ['-12.50', ''],
    ['lt0', 'nneg less'],
    ['1500000', ''],
    ['ap1500000', 'nbig more least'],
    ['1.5e6', 'nbig'],
    ['15e5', 'nbig'],
    ['2.5', 'g own other unit'],
    ['gt1e6', 'nbig more least'],
    ['ne2.5||', 'n5 n5000 nneg nbig mg kg mmHg kPa less more least plain'],
    ['0.0025', 'kg'],
  ]),
)

check(
  'a unit is compared by its code and system, by either of its spellings, or by its system alone',
  of('Observation?value-quantity', [
    ['2.5|urn:units|pc', 'own'],
    ['2.5|urn:others|pc', 'other'],
    ['2.5|urn:units|pieces', ''],
    ['2.5||pc', 'own other'],
    ['2.5||pieces', 'own'],
    ['2.5||tablets', 'unit'],
    ['2.5|urn:units|', 'own'],
    [`2.5|${UCUM}|`, 'g'],
    ['2.5|urn:nothing|pc', ''],
    ['2.5|urn:nothing|', ''],
    ['gt2||pc', 'own other'],
    ['gt3||pc', ''],
    ['2.5|pc', refused('value-quantity')],
    ['2.5|a|b|c', refused('value-quantity')],
    ['|urn:units|pc', refused('value-quantity')],
    ['2.5|urn:units|pc,5', 'own n5 n5000'],
  ]),
)

check(
  'UCUM units of one dimension compare with each other',
  of('Observation?value-quantity', [
    [`2.5|${UCUM}|g`, 'g mg kg'],
    // 2.5 g may be anything from 2450 to 2550 mg, which 2500 does not contain.
    [`2500|${UCUM}|mg`, 'mg'],
    [`ap2500|${UCUM}|mg`, 'g mg kg'],
    [`0.0025|${UCUM}|kg`, 'g mg kg'],
    [`gt2400|${UCUM}|mg`, 'g mg kg'],
    [`lt2.4|${UCUM}|g`, ''],
    [`120|${UCUM}|mm[Hg]`, 'mmHg'],
    [`16|${UCUM}|kPa`, 'mmHg kPa'],
    [`gt15|${UCUM}|kPa`, 'mmHg kPa'],
    [`gt119|${UCUM}|mm[Hg]`, 'mmHg kPa'],
    [`2.5|${UCUM}|s`, ''],
    ['2500||mg', 'mg'],
  ]),
)

check(
  'a value with a comparator is the range that it stands for',
  of('Observation?value-quantity', [
    [`30|${UCUM}|%`, 'plain'],
    [`lt20|${UCUM}|%`, 'less'],
    [`lt30|${UCUM}|%`, 'less'],
    [`gt30|${UCUM}|%`, 'more least'],
    [`gt40|${UCUM}|%`, 'more least'],
    [`ge30|${UCUM}|%`, 'less more least plain'],
    [`le20|${UCUM}|%`, 'less'],
    [`sa29|${UCUM}|%`, 'more least plain'],
    [`eb31|${UCUM}|%`, 'less plain'],
    [`eb30|${UCUM}|%`, ''],
  ]),
)

check('an Age is a quantity, a Range of quantities a range in their unit', [
  [`Condition?onset-age=40|${UCUM}|a`, 'age'],
  [`Condition?onset-age=gt45|${UCUM}|a`, 'ages ageless'],
  [`Condition?onset-age=lt35|${UCUM}|a`, 'ages'],
  [`Condition?onset-age=sa55|${UCUM}|a`, 'ageless'],
  [`Condition?onset-age=eb55|${UCUM}|a`, 'age ages'],
  [`Condition?onset-age=ap48|${UCUM}|a`, 'ages'],
  ['Condition?onset-age=ge100', 'ageless'],
])
