// Rules of R4 by hand: those that are met all the time, and those that the FHIRPath engine cannot run as R4 writes them. https://hl7.org/fhir/R4/conformance-rules.html#constraints

import { decimalText, isNumber, parseDateTime, toNumber } from '../primitives.ts'
import { DEFINITIONS } from './native-definitions.ts'
import { excludes, type Native, needs, on } from './rule.ts'
import { isDistinct, isObject, itemsOf, listOf, present, presentChoice, type Row } from './values.ts'

const UCUM = 'http://unitsofmeasure.org'

function named(): Native {
  return {
    expression: "name.matches('[A-Z]([A-Za-z0-9_]){0,254}')",
    holds: (value) => !isObject(value) || typeof value['name'] !== 'string' || /[A-Z]/.test(value['name']),
  }
}

function hasCode(concept: unknown, system: string, ...codes: readonly string[]): boolean {
  return itemsOf(concept).some((one) =>
    listOf(one['coding']).some(
      (coding) => coding['system'] === system && codes.includes(String(coding['code'])),
    ),
  )
}

const ALLERGY = 'http://terminology.hl7.org/CodeSystem/allergyintolerance-verification'
const VERIFICATION = 'http://terminology.hl7.org/CodeSystem/condition-ver-status'
const CLINICAL = 'http://terminology.hl7.org/CodeSystem/condition-clinical'

// Times that share no common precision cannot be compared: no violation.
function isNotAfter(first: unknown, second: unknown): boolean {
  if (typeof first !== 'string' || typeof second !== 'string') return true
  const [a, b] = [parseDateTime(first, 'UTC'), parseDateTime(second, 'UTC')]
  return !a || !b || !(a.start >= b.end)
}

function isNotAbove(low: unknown, high: unknown): boolean {
  if (!isObject(low) || !isObject(high) || !isNumber(low['value']) || !isNumber(high['value'])) return true
  if (low['code'] !== high['code'] || low['system'] !== high['system']) return true
  return toNumber(low['value']) <= toNumber(high['value'])
}

function isUcum(value: Row): boolean {
  return !present(value, 'system') || value['system'] === UCUM
}

function isPercent(bound: unknown): boolean {
  return !isObject(bound) || (bound['code'] === '%' && bound['system'] === UCUM)
}

function codesBeneath(concepts: unknown): string[] {
  return listOf(concepts).flatMap((each) => [
    ...(typeof each['code'] === 'string' ? [each['code']] : []),
    ...codesBeneath(each['concept']),
  ])
}

function linkIdsBeneath(items: unknown): string[] {
  return listOf(items).flatMap((each) => [
    ...(typeof each['linkId'] === 'string' ? [each['linkId']] : []),
    ...linkIdsBeneath(each['item']),
  ])
}

function isNotNegative(value: unknown): boolean {
  return !isNumber(value) || toNumber(value) >= 0
}

function matches(name: string, pattern: RegExp): (value: Row) => boolean {
  return (value) => typeof value[name] !== 'string' || pattern.test(value[name])
}

const DIR_ENTRY =
  "verificationStatus.coding.where(system = 'http://terminology.hl7.org/CodeSystem/allergyintolerance-verification' and code = 'entered-in-error')"

/** By key. */
export const NATIVE: Readonly<Record<string, Native>> = {
  ...DEFINITIONS,
  'dom-6': on('text.`div`.exists()', (value) => isObject(value['text']) && present(value['text'], 'div')),
  'qty-3': needs('code', 'system'),
  'age-1': on(
    '(code.exists() or value.empty()) and (system.empty() or system = %ucum) and (value.empty() or value.hasValue().not() or value > 0)',
    (value) =>
      (present(value, 'code') || !present(value, 'value')) &&
      isUcum(value) &&
      (!isNumber(value['value']) || toNumber(value['value']) > 0),
  ),
  'cnt-3': on(
    "(code.exists() or value.empty()) and (system.empty() or system = %ucum) and (code.empty() or code = '1') and (value.empty() or value.hasValue().not() or value.toString().contains('.').not())",
    (value) =>
      (present(value, 'code') || !present(value, 'value')) &&
      isUcum(value) &&
      (!present(value, 'code') || value['code'] === '1') &&
      (!isNumber(value['value']) || !decimalText(value['value']).includes('.')),
  ),
  'dis-1': on(
    '(code.exists() or value.empty()) and (system.empty() or system = %ucum)',
    (value) => (present(value, 'code') || !present(value, 'value')) && isUcum(value),
  ),
  'drt-1': on(
    'code.exists() implies ((system = %ucum) and value.exists())',
    (value) => !present(value, 'code') || (value['system'] === UCUM && present(value, 'value')),
  ),
  'sqty-1': on('comparator.empty()', (value) => !present(value, 'comparator')),
  'per-1': on('start.hasValue().not() or end.hasValue().not() or (start <= end)', (value) =>
    isNotAfter(value['start'], value['end']),
  ),
  'rng-2': on('low.empty() or high.empty() or (low <= high)', (value) =>
    isNotAbove(value['low'], value['high']),
  ),
  'rat-1': on(
    '(numerator.empty() xor denominator.exists()) and (numerator.exists() or extension.exists())',
    (value) =>
      present(value, 'numerator') === present(value, 'denominator') &&
      (present(value, 'numerator') || present(value, 'extension')),
  ),
  'att-1': needs('data', 'contentType'),
  'cpt-2': needs('value', 'system'),
  'exp-1': on(
    'expression.exists() or reference.exists()',
    (value) => present(value, 'expression') || present(value, 'reference'),
  ),
  'tim-1': needs('duration', 'durationUnit'),
  'tim-2': needs('period', 'periodUnit'),
  'tim-4': on('duration.exists() implies duration >= 0', (value) => isNotNegative(value['duration'])),
  'tim-5': on('period.exists() implies period >= 0', (value) => isNotNegative(value['period'])),
  'tim-6': needs('periodMax', 'period'),
  'tim-7': needs('durationMax', 'duration'),
  'tim-8': needs('countMax', 'count'),
  'tim-10': excludes('timeOfDay', 'when'),
  'obs-3': on(
    'low.exists() or high.exists() or text.exists()',
    (value) => present(value, 'low') || present(value, 'high') || present(value, 'text'),
  ),
  'obs-6': on(
    'dataAbsentReason.empty() or value.empty()',
    (value) => !present(value, 'dataAbsentReason') || !presentChoice(value, 'value'),
  ),
  'obs-7': on(
    'value.empty() or component.code.where(coding.intersect(%resource.code.coding).exists()).empty()',
    (value, { resource }) => {
      const parts = listOf(value['component'])
      if (parts.length === 0 || !presentChoice(value, 'value')) return true
      const own = codingsOf(resource['code'])
      return !parts.some((part) => codingsOf(part['code']).some((coding) => own.includes(coding)))
    },
  ),
  'pat-1': on('name.exists() or telecom.exists() or address.exists() or organization.exists()', (value) =>
    ['name', 'telecom', 'address', 'organization'].some((name) => present(value, name)),
  ),
  'ait-1': on(
    `${DIR_ENTRY}.exists() or clinicalStatus.exists()`,
    (value) =>
      hasCode(value['verificationStatus'], ALLERGY, 'entered-in-error') || present(value, 'clinicalStatus'),
  ),
  'ait-2': on(
    `${DIR_ENTRY}.empty() or clinicalStatus.empty()`,
    (value) =>
      !hasCode(value['verificationStatus'], ALLERGY, 'entered-in-error') || !present(value, 'clinicalStatus'),
  ),
  'con-4': on(
    "abatement.empty() or clinicalStatus.coding.where(system='http://terminology.hl7.org/CodeSystem/condition-clinical' and (code='resolved' or code='remission' or code='inactive')).exists()",
    (value) =>
      !presentChoice(value, 'abatement') ||
      hasCode(value['clinicalStatus'], CLINICAL, 'resolved', 'remission', 'inactive'),
  ),
  'con-5': on(
    "verificationStatus.coding.where(system='http://terminology.hl7.org/CodeSystem/condition-ver-status' and code='entered-in-error').empty() or clinicalStatus.empty()",
    (value) =>
      !hasCode(value['verificationStatus'], VERIFICATION, 'entered-in-error') ||
      !present(value, 'clinicalStatus'),
  ),
  'con-1': on(
    'summary.exists() or assessment.exists()',
    (value) => present(value, 'summary') || present(value, 'assessment'),
  ),
  'con-2': on(
    'code.exists() or detail.exists()',
    (value) => present(value, 'code') || present(value, 'detail'),
  ),
  'cpl-3': excludes('detail', 'reference'),
  'sev-1': excludes('name', 'query'),
  'cmp-1': on(
    'text.exists() or entry.exists() or section.exists()',
    (value) => present(value, 'text') || present(value, 'entry') || present(value, 'section'),
  ),
  'cmp-2': excludes('emptyReason', 'entry'),
  'lst-1': excludes('emptyReason', 'entry'),
  'mad-1': on(
    'dose.exists() or rate.exists()',
    (value) => present(value, 'dose') || presentChoice(value, 'rate'),
  ),
  'mdd-1': on('whenHandedOver.empty() or whenPrepared.empty() or whenHandedOver >= whenPrepared', (value) =>
    isNotAfter(value['whenPrepared'], value['whenHandedOver']),
  ),
  'prr-1': needs('orderDetail', 'code'),
  'org-1': on(
    '(identifier.count() + name.count()) > 0',
    (value) => present(value, 'identifier') || present(value, 'name'),
  ),
  'org-2': on("where(use = 'home').empty()", (value) => value['use'] !== 'home'),
  'org-3': on("where(use = 'home').empty()", (value) => value['use'] !== 'home'),
  'bdl-3': on(
    "entry.all(request.exists() = (%resource.type = 'batch' or %resource.type = 'transaction' or %resource.type = 'history'))",
    (value, { resource }) => {
      const wanted = ['batch', 'transaction', 'history'].includes(String(resource['type']))
      return listOf(value['entry']).every((entry) => present(entry, 'request') === wanted)
    },
  ),
  'bdl-4': on(
    "entry.all(response.exists() = (%resource.type = 'batch-response' or %resource.type = 'transaction-response' or %resource.type = 'history'))",
    (value, { resource }) => {
      const wanted = ['batch-response', 'transaction-response', 'history'].includes(String(resource['type']))
      return listOf(value['entry']).every((entry) => present(entry, 'response') === wanted)
    },
  ),
  'bdl-5': on(
    'resource.exists() or request.exists() or response.exists()',
    (value) => present(value, 'resource') || present(value, 'request') || present(value, 'response'),
  ),
  'bdl-7': on(
    "(type = 'history') or entry.where(fullUrl.exists()).select(fullUrl&resource.meta.versionId).isDistinct()",
    (value) => {
      if (value['type'] === 'history') return true
      const keys = listOf(value['entry']).flatMap(({ fullUrl, resource }) => {
        const meta = isObject(resource) && isObject(resource['meta']) ? resource['meta'] : {}
        return typeof fullUrl === 'string' ? [`${fullUrl}${meta['versionId'] ?? ''}`] : []
      })
      return isDistinct(keys)
    },
  ),
  'bdl-8': on(
    "fullUrl.contains('/_history/').not()",
    ({ fullUrl }) => typeof fullUrl !== 'string' || !fullUrl.includes('/_history/'),
  ),
  'csd-1': on('concept.code.combine($this.descendants().concept.code).isDistinct()', (value) =>
    isDistinct(codesBeneath(value['concept'])),
  ),
  'que-2': on('descendants().linkId.isDistinct()', (value) => isDistinct(linkIdsBeneath(value['item']))),
  // FHIRPath's Boolean is not R4's boolean, which the rule means.
  'que-7': on(
    "operator = 'exists' implies (answer is Boolean)",
    (value) => value['operator'] !== 'exists' || present(value, 'answerBoolean'),
  ),
  'eld-16': on(
    "sliceName.empty() or sliceName.matches('^[a-zA-Z0-9\\\\/\\\\-_\\\\[\\\\]\\\\@]+$')",
    matches('sliceName', /^[a-zA-Z0-9/\-_[\]@]+$/),
  ),
  'eld-19': on(
    "path.matches('[^\\\\s\\\\.,:;\\\\\\'\"\\\\/|?!@#$%&*()\\\\[\\\\]{}]{1,64}(\\\\.[^\\\\s\\\\.,:;\\\\\\'\"\\\\/|?!@#$%&*()\\\\[\\\\]{}]{1,64}(\\\\[x\\\\])?(\\\\:[^\\\\s\\\\.]+)?)*')",
    matches('path', /[^\s.,:;'"/|?!@#$%&*()[\]{}]{1,64}/),
  ),
  'eld-20': on(
    "path.matches('[A-Za-z][A-Za-z0-9]*(\\\\.[a-z][A-Za-z0-9]*(\\\\[x])?)*')",
    matches('path', /[A-Za-z]/),
  ),
  'ras-1': on(
    "(low.empty() or ((low.code = '%') and (low.system = %ucum))) and (high.empty() or ((high.code = '%') and (high.system = %ucum)))",
    (value) => isPercent(value['low']) && isPercent(value['high']),
  ),
  'ctm-1': on(
    'onBehalfOf.exists() implies (member.resolve().iif(empty(), true, ofType(Practitioner).exists()))',
    ({ onBehalfOf, member }) => {
      if (onBehalfOf === undefined || !isObject(member) || typeof member['reference'] !== 'string')
        return true
      const type = /(?:^|\/)([A-Z][A-Za-z]+)\/[A-Za-z0-9\-.]{1,64}(?:\/_history\/.*)?$/.exec(
        member['reference'],
      )?.[1]
      return type === undefined || type === 'Practitioner'
    },
  ),
  ...Object.fromEntries(
    'adf cpb cid csd cpd cmd ees evd evi evv esc gdf ig lib mea msd nsd opd pdf que rsd red rvs spd sdf smp tcp tst vsd'
      .split(' ')
      .map((stem) => [`${stem}-0`, named()]),
  ),
}

function codingsOf(concept: unknown): readonly string[] {
  return itemsOf(concept).flatMap((one) =>
    listOf(one['coding']).map((coding) => JSON.stringify(sorted(coding))),
  )
}

function sorted(row: Row): Row {
  return Object.fromEntries(Object.entries(row).sort(([a], [b]) => (a < b ? -1 : 1)))
}
