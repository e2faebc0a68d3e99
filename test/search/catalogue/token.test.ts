// Token searches, case by case. https://hl7.org/fhir/R4/search.html#token
import { openCatalogue, refused } from '../../support/naive-search.ts'

const LOINC = 'http://loinc.org'
const SNOMED = 'http://snomed.info/sct'
const UCUM = 'http://unitsofmeasure.org'
const CATEGORY = 'http://terminology.hl7.org/CodeSystem/observation-category'
const TYPES = 'http://terminology.hl7.org/CodeSystem/v2-0203'
const GENDERS = 'http://hl7.org/fhir/administrative-gender'
const MARITAL = 'http://terminology.hl7.org/CodeSystem/v3-MaritalStatus'
const LONG = 'c'.repeat(300)
const LONGER = 'd'.repeat(600)

const observation = (id: string, code: object, more: object = {}) => ({
  resourceType: 'Observation',
  id,
  status: 'final',
  code,
  ...more,
})
const coded = (id: string, ...coding: object[]) => observation(id, { coding })
const patient = (id: string, more: object) => ({ resourceType: 'Patient', id, ...more })

const { check } = await openCatalogue([
  coded('sys', { system: 'urn:s', code: 'a' }),
  coded('other', { system: 'urn:t', code: 'a' }),
  coded('none', { code: 'a' }),
  coded('both', { system: 'urn:s', code: 'a' }, { system: 'urn:t', code: 'b' }),
  coded('upper', { system: 'urn:s', code: 'A' }),
  coded('prefix', { system: 'urn:s', code: 'ab' }),
  coded('escaped', { system: 'urn:s', code: 'x|y,z$w' }),
  coded('shown', { display: 'Blood Pressure' }),
  observation('worded', { text: 'Blood sugar, fasting' }),
  coded('long1', { system: 'urn:s', code: `${LONG}1` }),
  coded('long2', { system: 'urn:s', code: `${LONG}2` }),
  coded('longer1', { system: 'urn:s', code: `${LONGER}1` }),
  coded('longer2', { system: 'urn:s', code: `${LONGER}2` }),
  coded('loinc', { system: LOINC, code: '8480-6', display: 'Systolic' }),
  coded('ucum', { system: UCUM, code: 'mA' }),
  observation(
    'vital',
    { coding: [{ system: SNOMED, code: '75367002' }] },
    { category: [{ coding: [{ system: CATEGORY, code: 'vital-signs' }] }], status: 'amended' },
  ),
  patient('male', {
    gender: 'male',
    active: true,
    identifier: [
      {
        system: 'urn:mrn',
        value: 'M1',
        type: { coding: [{ system: TYPES, code: 'MR' }], text: 'Record number' },
      },
    ],
    telecom: [
      { system: 'phone', value: '+81-3-1234' },
      { system: 'email', value: 'taro@example.org' },
    ],
    deceasedBoolean: false,
  }),
  patient('female', {
    gender: 'female',
    active: false,
    identifier: [
      { system: 'urn:mrn', value: 'm1' },
      { system: 'urn:ssn', value: 'S 2', type: { coding: [{ system: TYPES, code: 'SS' }] } },
    ],
    deceasedDateTime: '2020-01-01',
    maritalStatus: { coding: [{ system: MARITAL, code: 'M' }] },
  }),
  patient('unsaid', { identifier: [{ value: 'M1' }], maritalStatus: { text: 'it is complicated' } }),
])

const coded_ = 'both escaped long1 long2 longer1 longer2 loinc none other prefix sys ucum upper vital'

check('the four spellings', [
  ['Observation?code=a', 'sys other none both upper'],
  ['Observation?code=urn:s|a', 'sys both upper'],
  ['Observation?code=urn:t|a', 'other'],
  ['Observation?code=|a', 'none'],
  ['Observation?code=urn:s|', 'sys both upper prefix escaped long1 long2 longer1 longer2'],
  ['Observation?code=urn:t|', 'other both'],
  ['Observation?code=urn:nothing|', ''],
  ['Observation?code=urn|a', ''],
  ['Observation?code=ab', 'prefix'],
  ['Observation?code=urn:t|a,urn:s|ab', 'other prefix'],
  ['Observation?code=urn:s|a&code=urn:t|b', 'both'],
  ['Observation?code=urn:t|b&code=urn:t|a', ''],
])

check('separators in a code are escaped', [
  ['Observation?code=x\\|y\\,z\\$w', 'escaped'],
  ['Observation?code=urn:s|x\\|y\\,z\\$w', 'escaped'],
  ['Observation?code=x\\|y\\,z$w', 'escaped'],
  ['Observation?code=x|y', ''],
  ['Observation?code=x\\|y', ''],
])

check('the system says whether case matters', [
  ['Observation?code=urn:s|A', 'sys both upper'],
  ['Observation?code=A', 'sys other none both upper'],
  [`Observation?code=${UCUM}|mA`, 'ucum'],
  [`Observation?code=${UCUM}|ma`, ''],
  ['Observation?code=mA', 'ucum'],
  ['Observation?code=MA', ''],
  ['Patient?gender=male', 'male'],
  ['Patient?identifier=urn:mrn|m1', 'male female'],
])

check('long codes that begin alike are told apart', [
  [`Observation?code=${LONG}`, ''],
  [`Observation?code=${LONG}1`, 'long1'],
  [`Observation?code=urn:s|${LONG}2`, 'long2'],
  [`Observation?code=${LONGER}`, ''],
  [`Observation?code=${LONGER}1`, 'longer1'],
  [`Observation?code=urn:s|${LONGER}2`, 'longer2'],
  [`Observation?code=urn:s|${LONGER}3`, ''],
])

check(':not is what has no such code, what has none at all among it', [
  [
    'Observation?code:not=urn:s|a',
    coded_.replace('both ', '').replace('sys ', '').replace('upper ', '').concat(' shown worded'),
  ],
  ['Patient?gender:not=male', 'female unsaid'],
  ['Patient?gender:not=male,female', 'unsaid'],
  ['Patient?gender:not=male&gender:not=female', 'unsaid'],
  ['Patient?gender:not=other', 'male female unsaid'],
  ['Patient?identifier:not=urn:mrn|M1', 'unsaid'],
  ['Patient?_id:not=male', 'female unsaid'],
  ['Patient?_id:not=male,female', 'unsaid'],
  ['Patient?_id:not=male&_id:not=female', 'unsaid'],
  ['Patient?active:not=true', 'female unsaid'],
  ['Patient?gender:not=', refused('gender')],
])

check('booleans, codes, identifiers and contact points are tokens', [
  ['Patient?active=true', 'male'],
  ['Patient?active=false', 'female'],
  ['Patient?active=true,false', 'male female'],
  ['Patient?deceased=true', 'female'],
  ['Patient?deceased=false', 'male unsaid'],
  ['Patient?gender=female', 'female'],
  [`Patient?gender=${GENDERS}|female`, 'female'],
  ['Patient?gender=urn:other|female', ''],
  ['Observation?status=amended', 'vital'],
  ['Patient?identifier=M1', 'male female unsaid'],
  ['Patient?identifier=urn:mrn|M1', 'male female'],
  ['Patient?identifier=|M1', 'unsaid'],
  ['Patient?identifier=urn:ssn|', 'female'],
  ['Patient?identifier=S 2', 'female'],
  ['Patient?telecom=taro@example.org', 'male'],
  ['Patient?email=taro@example.org', 'male'],
  ['Patient?phone=taro@example.org', ''],
  ['Patient?phone=%2B81-3-1234', 'male'],
  ['Patient?_id=male,unsaid', 'male unsaid'],
  ['Patient?_id=male&_id=unsaid', ''],
  ['Patient?_id=MALE', ''],
])

check(':text looks at what is shown and written', [
  ['Observation?code:text=blood', 'shown worded'],
  ['Observation?code:text=BLOOD PRESS', 'shown'],
  ['Observation?code:text=systolic', 'loinc'],
  ['Observation?code:text=pressure', ''],
  ['Observation?code=Blood Pressure', ''],
  ['Patient?identifier:text=record', 'male'],
  ['Observation?code:text=', refused('code')],
])

check(':of-type takes the type of an identifier', [
  [`Patient?identifier:of-type=${TYPES}|MR|M1`, 'male'],
  [`Patient?identifier:of-type=${TYPES}|SS|S 2`, 'female'],
  [`Patient?identifier:of-type=${TYPES}|SS|M1`, ''],
  [`Patient?identifier:of-type=${TYPES}|MR`, refused('identifier')],
  ['Patient?identifier:of-type=MR|M1', refused('identifier')],
  [`Patient?identifier:of-type=${TYPES}||M1`, refused('identifier')],
])

check(':in and :not-in expand a value set', [
  ['Patient?gender:in=http://hl7.org/fhir/ValueSet/administrative-gender', 'male female'],
  ['Patient?gender:not-in=http://hl7.org/fhir/ValueSet/administrative-gender', 'unsaid'],
  ['Patient?gender:not-in=http://hl7.org/fhir/ValueSet/administrative-gender|4.0.1', 'unsaid'],
  ['Observation?category:in=http://hl7.org/fhir/ValueSet/observation-category', 'vital'],
  ['Patient?gender:in=http://hl7.org/fhir/ValueSet/observation-category', ''],
  ['Patient?gender:in=http://example.org/ValueSet/unknown', refused('http://example.org/ValueSet/unknown')],
  [
    'Patient?gender:not-in=http://example.org/ValueSet/unknown',
    refused('http://example.org/ValueSet/unknown'),
  ],
  ['Patient?gender:in=unknown', refused('gender')],
  ['Patient?name:in=http://hl7.org/fhir/ValueSet/administrative-gender', refused('in')],
])

check(':above and :below follow a hierarchy that is known', [
  [`Observation?code:below=${SNOMED}|75367002`, refused('code')],
  ['Observation?code:below=75367002', refused('code')],
])

check('an empty or overfull value, and a modifier that is none, are refused by name', [
  ['Observation?code=', refused('code')],
  ['Observation?code=|', refused('code')],
  ['Observation?code=a,', refused('code')],
  ['Observation?code=a|b|c', refused('code')],
  ['Observation?code:exact=a', refused('exact')],
  ['Observation?code:nonsense=a', refused('nonsense')],
  ['Observation?nonsense=a', refused('nonsense')],
])

check(':missing of a token counts what only shows or words it', [
  ['Observation?code:missing=true', ''],
  ['Patient?gender:missing=true', 'unsaid'],
  ['Patient?gender:missing=false', 'male female'],
  ['Patient?marital-status:missing=false', refused('marital-status')],
  ['Observation?category:missing=false', 'vital'],
  ['Patient?gender:missing=maybe', refused('gender')],
])
