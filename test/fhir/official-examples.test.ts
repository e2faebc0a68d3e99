// Every official example is accepted, but for those that break R4's structure themselves.
import t from 'tap'
import { loadDefinitions } from '../../src/fhir/definitions.ts'
import { createValidator } from '../../src/fhir/validate.ts'
import { examplesMissing, officialExamples, syntheaBundles, syntheaMissing } from '../support/examples.ts'

const NO_BASE = { expression: 'SearchParameter', rule: 'SearchParameter.base is 1..*' }
const NO_STATUS = { expression: 'ImplementationGuide', rule: 'ImplementationGuide.status and name are 1..1' }

/** File → where it is refused first and what R4 rule it breaks. */
const BROKEN: Readonly<Record<string, { readonly expression: string; readonly rule: string }>> = {
  'Bundle-v2-valuesets.json': {
    expression: 'Bundle.entry[814].resource.concept[74].code',
    rule: 'code: no white space at the end (a no-break space)',
  },
  'Bundle-valueset-expansions.json': {
    expression: 'Bundle.entry[354].resource.expansion.parameter[2].value',
    rule: 'uri: what follows urn:oid: is an OID, without a version',
  },
  'CodeSystem-v2-0550.json': {
    expression: 'CodeSystem.concept[74].code',
    rule: 'code: no white space at the end (a no-break space)',
  },
  'ImplementationGuide-fhir.json': NO_STATUS,
  'Library-zika-virus-intervention-logic.json': {
    expression: 'Library.dataRequirement[0].codeFilter[0].valueSet',
    rule: 'uri: what follows urn:oid: is an OID (X.Y.Z is none)',
  },
  'Questionnaire-qs1.json': {
    expression: 'Questionnaire.item[0].item[0]',
    rule: 'Questionnaire.item.linkId is 1..1',
  },
  'SearchParameter-codesystem-extensions-CodeSystem-author.json': NO_BASE,
  'SearchParameter-codesystem-extensions-CodeSystem-effective.json': NO_BASE,
  'SearchParameter-codesystem-extensions-CodeSystem-end.json': NO_BASE,
  'SearchParameter-codesystem-extensions-CodeSystem-keyword.json': NO_BASE,
  'SearchParameter-codesystem-extensions-CodeSystem-workflow.json': NO_BASE,
  'SearchParameter-questionnaireresponse-extensions-QuestionnaireResponse-item-subject.json': {
    expression: 'SearchParameter.id',
    rule: 'id: at most 64 characters (it has 67)',
  },
  'SearchParameter-valueset-extensions-ValueSet-author.json': NO_BASE,
  'SearchParameter-valueset-extensions-ValueSet-effective.json': NO_BASE,
  'SearchParameter-valueset-extensions-ValueSet-end.json': NO_BASE,
  'SearchParameter-valueset-extensions-ValueSet-keyword.json': NO_BASE,
  'SearchParameter-valueset-extensions-ValueSet-workflow.json': NO_BASE,
  'ig-r4.json': NO_STATUS,
}

t.test(
  'of the official examples only those that break R4 are refused',
  { skip: examplesMissing },
  async (t) => {
    const validate = createValidator(loadDefinitions())
    const refused: Record<string, string | undefined> = {}
    let read = 0
    for (const { file, resource } of officialExamples()) {
      read++
      const [issue] = validate(resource)
      if (issue) refused[file] = issue.expression?.[0]
    }
    t.equal(read, 5306)
    t.same(refused, Object.fromEntries(Object.entries(BROKEN).map(([file, row]) => [file, row.expression])))
  },
)

t.test('every resource of the Synthea bundles is accepted', { skip: syntheaMissing }, async (t) => {
  const validate = createValidator(loadDefinitions())
  let read = 0
  for (const { file, resource } of syntheaBundles()) {
    read++
    t.same(validate(resource), [], file)
  }
  t.ok(read > 0)
})
